"""An application of its own: makes as many spans as it is told to and exports them as any application does.

``python exporting_app.py <address> <api key> <spans>``. Says ``made`` when they have ended, ``flushed`` when the
exporter has got rid of them.
"""

import sys
import time

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def main() -> None:
    address, key, count = sys.argv[1:]
    exporter = OTLPSpanExporter(address, headers={"Authorization": f"Bearer {key}"}, timeout=60)
    processor = BatchSpanProcessor(exporter, schedule_delay_millis=200, max_export_batch_size=100)
    provider = TracerProvider()
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("app")
    for number in range(int(count)):
        with tracer.start_as_current_span("execute_tool crm") as span:
            span.set_attributes({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "crm"})
            span.set_attribute("gen_ai.conversation.id", str(number))
        if number == 100:
            print("began", flush=True)
        time.sleep(0.002)  # as an application that has something to do
    print("made", flush=True)
    print("flushed" if processor.force_flush(90_000) else "given up", flush=True)


if __name__ == "__main__":
    main()
