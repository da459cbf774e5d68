#!/usr/bin/env bash
# litellm 1.106.2 is told by tool_choice which tool a model of Mistral has to call. It asks without any tool_choice and
# says nothing, though Mistral's interface takes one, and "required" goes through as "any". So a call that has to be
# made is left to the model. The same request to OpenAI keeps it. Fails if that changes.
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

ANSWER = {
    "id": "cmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "any",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Sunny."}}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13},
}
ASKED = []


class Vendor(BaseHTTPRequestHandler):
    def do_POST(self):
        ASKED.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Vendor)
threading.Thread(target=server.serve_forever, daemon=True).start()
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "description": "Its weather.", "parameters": CITY}}
NAMED = {"type": "function", "function": {"name": "weather"}}
print("litellm", version("litellm"))
for model in ("mistral/mistral-large-latest", "openai/gpt-5.2"):
    for choice in (NAMED, "required"):
        litellm.completion(
            model=model,
            messages=[{"role": "user", "content": "How is the weather in Rome?"}],
            tools=[TOOL],
            tool_choice=choice,
            api_base=f"http://127.0.0.1:{server.server_port}/v1",
            api_key="any",
            _skip_mcp_handler=True,
        )
        print(model.partition("/")[0], "told:", json.dumps(choice), "asked:", json.dumps(ASKED[-1].get("tool_choice")))
PY
LITELLM_LOCAL_MODEL_COST_MAP=True HF_HUB_OFFLINE=1 "$folder/venv/bin/python" "$folder/asking.py" 2>/dev/null | tee "$folder/said"
diff "$folder/said" - <<'SAID'
litellm 1.106.2
mistral told: {"type": "function", "function": {"name": "weather"}} asked: null
mistral told: "required" asked: "any"
openai told: {"type": "function", "function": {"name": "weather"}} asked: {"type": "function", "function": {"name": "weather"}}
openai told: "required" asked: "required"
SAID
