#!/usr/bin/env bash
# daphne 4.2.3: an application that closes a WebSocket may give a `reason` (ASGI's WebSocket specification, 2.3).
# The code reaches the client, the reason does not. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap '[ -z "${server:-}" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'daphne==4.2.3' 'websockets==17.4'
cat > "$folder/closing.py" <<'PY'
async def application(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 4401, "reason": "signed out"})
PY
cat > "$folder/client.py" <<'PY'
import socket
import sys
import time

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

place = ("127.0.0.1", int(sys.argv[1]))
for _ in range(100):
    try:
        socket.create_connection(place).close()
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
with connect(f"ws://127.0.0.1:{place[1]}/") as closing:
    try:
        closing.recv()
    except ConnectionClosed as closed:
        print("daphne 4.2.3:", closed.rcvd.code, repr(closed.rcvd.reason))
PY
cd "$folder"
port=$("$folder/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/venv/bin/daphne" -v 0 -b 127.0.0.1 -p "$port" closing:application &
server=$!
"$folder/venv/bin/python" client.py "$port" | tee said
diff said - <<'SAID'
daphne 4.2.3: 4401 ''
SAID
