# /// script
# dependencies = [
#   "openlit==1.45.0", "opentelemetry-sdk==1.39.1", "openai",
# ]
# ///
"""With OpenTelemetry 1.39: OpenLIT of that version cannot be installed beside the newest."""

import json
import os
from pathlib import Path

import openlit
from openai import OpenAI
from opentelemetry import trace

# Dollars for 1,000 tokens; without a file OpenLIT asks for its list elsewhere.
prices = {"chat": {"gpt-4o-mini": {"promptPrice": 0.00015, "completionPrice": 0.0006}}}
Path("prices.json").write_text(json.dumps(prices))
openlit.init(
    pricing_json="prices.json",
    otlp_endpoint=os.environ["LOOPBACK"],
    application_name="openlit-shop",
    environment="test",
    disable_metrics=True,
)
client = OpenAI()
tools = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": name,
            "parameters": {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]},
        },
    }
    for name, argument in (("get_weather", "city"), ("find_order", "order_id"), ("explode", "reason"))
]


def get_weather(city):
    return {"city": city, "temperature_c": 21}


def find_order(order_id):
    return {"success": False, "error": f"Order {order_id} not found"}


def explode(reason):
    raise RuntimeError("the kiln is cold")


messages = [{"role": "user", "content": "How is the weather?"}]
while True:
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=tools)
    message = answer.choices[0].message
    messages.append(message.model_dump(exclude_none=True))
    if not message.tool_calls:
        break
    for call in message.tool_calls:
        try:
            result = json.dumps(globals()[call.function.name](**json.loads(call.function.arguments)))
        except Exception as error:
            result = repr(error)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
# A model that no price list knows: OpenLIT states a cost of 0.
client.chat.completions.create(model="house-model-9", messages=messages[:1])

trace.get_tracer_provider().force_flush()
