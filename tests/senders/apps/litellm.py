# /// script
# dependencies = ["litellm==1.110.2", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"]
# ///
"""Calls of a model alone: litellm runs no tools."""

import asyncio
import os

os.environ |= {
    "OTEL_EXPORTER": "otlp_http",
    "OTEL_ENDPOINT": f"{os.environ['LOOPBACK']}/v1/traces",
    "OTEL_SERVICE_NAME": "litellm-shop",
}

import litellm

litellm.callbacks = ["otel"]


async def main() -> None:
    for _ in range(3):
        await litellm.acompletion(
            model="openai/gpt-4o-mini",
            api_base=os.environ["OPENAI_BASE_URL"],
            messages=[{"role": "user", "content": "How is the weather?"}],
            metadata={"session_id": "session-7"},
        )
    await asyncio.sleep(3)


asyncio.run(main())

from opentelemetry import trace  # noqa: E402

trace.get_tracer_provider().force_flush()
