"""A body before it was compressed. No I/O."""

import zlib
from io import BytesIO

from telemetry.ingest.received import Malformed, TooMuch

PIECE_BYTES = 1 << 20
# What is compressed in parts and joined is one stream by gzip's own rule; nobody sends more parts than so many.
MOST_MEMBERS = 1_000
GZIP = b"\x1f\x8b"


def inflated(body: bytes, most: int) -> bytes:
    """*body*, gzip of any number of members or zlib, decompressed: *most* bytes.

    In pieces: one of 64 MB would be copied while all else waits. Raises zlib.error, Malformed, TooMuch.
    """
    text, at = BytesIO(), 0
    for _ in range(MOST_MEMBERS):
        at = _inflate(body, at, text, most)
        if at == len(body):
            return text.getvalue()
        if not (body.startswith(GZIP) and body.startswith(GZIP, at)):
            raise Malformed(f"Behind the compressed body stand {len(body) - at:,} bytes that do not belong to it.")
    raise TooMuch(f"The body is compressed in more than {MOST_MEMBERS:,} parts: compress it as a whole.")


def _inflate(body: bytes, at: int, text: BytesIO, most: int) -> int:
    """Write what begins at *at* to *text*; returns where it ends."""
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # tells gzip from zlib by its header
    while not stream.eof:
        packed = body[at : at + PIECE_BYTES]
        if not packed:
            raise Malformed("The compressed body is cut off.")
        at += len(packed)
        while piece := stream.decompress(packed, PIECE_BYTES):
            text.write(piece)
            packed = stream.unconsumed_tail
            if text.tell() > most:
                raise TooMuch(f"The body unpacks to more than {most >> 20} MiB: send less at a time.")
    return at - len(stream.unused_data)
