"""Protobuf's wire format, as far as it takes to cut a message into parts and to count what is in one. No I/O.

A body made into objects at once stops all other threads for as long as that takes, and an empty message of two
bytes becomes dozens: so it is made span by span, and what could hold very many values is counted first.
"""

from collections.abc import Iterator
from typing import NamedTuple

from google.protobuf.descriptor import Descriptor

from telemetry.ingest.received import MAX_PART_VALUES, LeftOut, Malformed, check_length, too_many

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
FIXED_BYTES = {FIXED64: 8, FIXED32: 4}
# A value takes two bytes at least: what is shorter need not be counted.
COUNTED_BYTES = 2 * MAX_PART_VALUES
# What a span counts beside its attributes: ids, name, times.
VALUES_OF_A_SPAN = 5
# An attribute has so many: itself, its key, its value, and what that is.
FIELDS_OF_A_VALUE = 4


class Field(NamedTuple):
    """A field of a message: where it begins with its tag, and where its value lies."""

    number: int
    has_length: bool
    at: int
    begins: int
    ends: int


def fields(body: bytes, at: int, ends: int) -> Iterator[Field]:
    """The fields of the message that is ``body[at:ends]``. Raises Malformed."""
    while at < ends:
        tag, after = _varint(body, at, ends)
        kind = tag & 7
        if kind == LENGTH:
            length, begins = _varint(body, after, ends)
            end = begins + length
        elif kind == VARINT:
            begins, (_, end) = after, _varint(body, after, ends)
        elif kind in FIXED_BYTES:
            begins, end = after, after + FIXED_BYTES[kind]
        else:
            raise _malformed("it has a group, or a field of no known kind")
        if end > ends:
            raise _malformed("it is cut off")
        yield Field(tag >> 3, kind == LENGTH, at, begins, end)
        at = end


def split(body: bytes, at: int, ends: int, number: int, left_out: LeftOut) -> tuple[bytes, list[Field]]:
    """The fields *number* of a message, and what is left of it without them. Raises Malformed, TooMuch."""
    found, rest = [], []
    for field in fields(body, at, ends):
        left_out.count(VALUES_OF_A_SPAN)
        if field.number == number and field.has_length:
            found.append(field)
        else:
            rest.append(body[field.at : field.ends])
    return b"".join(rest), found


def check_part(part: bytes, kind: Descriptor, name: str) -> bytes:
    """*part* itself, a message of *kind* in bytes. Raises PartTooLarge, or Malformed."""
    check_length(part, name)
    if len(part) > COUNTED_BYTES:
        waiting, values = [(0, len(part), kind)], 0
        while waiting:
            at, ends, kind = waiting.pop()
            for field in fields(part, at, ends):
                values += 1
                if values > FIELDS_OF_A_VALUE * MAX_PART_VALUES:
                    raise too_many(name)
                known = kind.fields_by_number.get(field.number) if field.has_length else None
                if known is not None and known.message_type is not None:
                    waiting.append((field.begins, field.ends, known.message_type))
    return part


def _varint(body: bytes, at: int, ends: int) -> tuple[int, int]:
    """The number at *at*, and where it ends."""
    value = shift = 0
    while at < ends and shift < 64:
        byte = body[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise _malformed("a number in it does not end")


def _malformed(why: str) -> Malformed:
    return Malformed(f"The body is no ExportTraceServiceRequest: {why}.")
