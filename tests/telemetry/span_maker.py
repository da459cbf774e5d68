"""A process that makes spans as it is told on its standard input, for tests that stop, fork and kill one."""

import os
import sys

import django


def main() -> None:
    django.setup()
    from telemetry.tracing.provider import configure_tracing, flush_tracing

    configure_tracing()
    for line in sys.stdin:
        word, *numbers = line.split()
        match word:
            case "make":
                make(range(*map(int, numbers)))
                say("made")
            case "flush":
                say(flush_tracing(float(numbers[0])))
            case "fork":
                child = os.fork()
                if child == 0:
                    make(range(*map(int, numbers)))
                    flushed = flush_tracing(10)
                    os._exit(0 if flushed else 1)
                say(os.waitpid(child, 0)[1])
            case "endless":
                for number in range(1_000_000):
                    make([number])
                    say(number)


def make(numbers) -> None:
    from opentelemetry import trace

    from telemetry import semconv

    for number in numbers:
        with trace.get_tracer("tests").start_as_current_span("execute_tool crm") as span:
            span.set_attributes(
                {
                    semconv.OPERATION_NAME: semconv.OPERATION_EXECUTE_TOOL,
                    semconv.TOOL_NAME: "crm",
                    semconv.OUTCOME: "first_try",
                    semconv.CONVERSATION_ID: str(number),
                }
            )


def say(answer: object) -> None:
    print(answer, flush=True)


if __name__ == "__main__":
    main()
