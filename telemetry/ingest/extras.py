"""What OTLP says beside attributes and has no column: kept as attributes ``otel.*``, and only where it is set."""

from typing import Any

NAMES = {
    name: f"otel.{name}"
    for name in (
        *("trace_state", "flags", "schema_url"),
        *("dropped_attributes_count", "dropped_events_count", "dropped_links_count"),
    )
}


def add(attributes: dict[str, Any], **said: Any) -> None:
    """Put into *attributes* what is *said* and set, as ``otel.<name>``."""
    for name, value in said.items():
        if value:
            attributes[NAMES[name]] = value
