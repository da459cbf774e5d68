import pytest

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HERE = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


async def execute(api, headers=()):
    return await api.post("/api/v1/tools/execute", {"tool": "double", "payload": {"number": 2}}, headers=headers)


async def test_a_call_joins_the_trace_of_its_caller(api, spans):
    assert (await execute(api, HERE)).status_code == 200
    [span] = spans.get_finished_spans()
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SPAN)
    await execute(api)
    assert spans.get_finished_spans()[-1].parent is None, "the next request is on its own again"


@pytest.mark.parametrize("header", ["", "nonsense", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01"])
async def test_a_header_that_makes_no_sense_begins_a_trace(api, spans, header):
    assert (await execute(api, {"traceparent": header})).status_code == 200
    [span] = spans.get_finished_spans()
    assert span.parent is None


async def test_without_a_key_nobody_writes_into_a_trace(api_as, spans):
    assert (await execute(api_as(""), HERE)).status_code in {401, 403}
    assert [span for span in spans.get_finished_spans() if span.parent] == []
