"""What tests of streaming share: taking a stream to its end."""

from contextlib import aclosing

import pytest

from tools.calls.chunks import Chunk


@pytest.fixture
def take():
    """The values of a stream's chunks, in order, and its last item."""

    async def taken(stream):
        async with aclosing(stream):
            items = [item async for item in stream]
        chunks = items[:-1]
        assert all(isinstance(chunk, Chunk) for chunk in chunks)
        assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
        assert {chunk.tool_call_id for chunk in chunks} <= {items[-1].tool_call_id}
        return [chunk.value for chunk in chunks], items[-1]

    return taken
