#!/usr/bin/env bash
# litellm 1.106.2 streams from Groq, whose last chunk has the counts of tokens beside its choices, in x_groq.usage, as
# it does where nothing is asked for by stream_options. stream_chunk_builder makes an answer of the chunks that says
# 0 tokens in and 0 out, so a price reckoned from it is nothing. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'litellm==1.106.2'
cat > "$folder/asking.py" <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import litellm

HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "openai/gpt-oss-20b"}
USAGE = {"prompt_tokens": 111, "completion_tokens": 22, "total_tokens": 133}


def chunk(delta, finish=None, **more):
    return {**HEAD, **more, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


CHUNKS = [
    chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_1"}),
    chunk({"content": "Sunny."}),
    chunk({}, "stop", x_groq={"id": "req_1", "usage": USAGE}),
]


class Groq(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for each in CHUNKS:
            self.wfile.write(b"data: " + json.dumps(each).encode() + b"\n\n")
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Groq)
threading.Thread(target=server.serve_forever, daemon=True).start()
messages = [{"role": "user", "content": "How is the weather?"}]
stream = litellm.completion(
    model="groq/openai/gpt-oss-20b",
    messages=messages,
    api_base=f"http://127.0.0.1:{server.server_port}/openai/v1",
    api_key="any",
    stream=True,
)
built = litellm.stream_chunk_builder(list(stream), messages=messages)
print("litellm", version("litellm"), "text:", built.choices[0].message.content)
print("sent:", USAGE["prompt_tokens"], USAGE["completion_tokens"])
print("read:", built.usage.prompt_tokens, built.usage.completion_tokens)
PY
LITELLM_LOCAL_MODEL_COST_MAP=True HF_HUB_OFFLINE=1 "$folder/venv/bin/python" "$folder/asking.py" 2>/dev/null | tee "$folder/said"
diff "$folder/said" - <<'SAID'
litellm 1.106.2 text: Sunny.
sent: 111 22
read: 0 0
SAID
