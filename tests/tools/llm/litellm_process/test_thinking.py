from tools.llm.litellm_process.thinking import ThinkingBlocks


def put_together(*pieces):
    """What a stream of deltas holds that have *pieces*, one each."""
    blocks, deltas = ThinkingBlocks(), [{"thinking_blocks": [piece]} for piece in pieces]
    for delta in deltas:
        blocks.put_together(delta)
    return [delta.get("thinking_blocks") for delta in deltas]


def test_a_block_is_told_once_its_signature_is_there():
    pieces = [{"type": "thinking", "thinking": text} for text in ("Let ", "me see")]
    end = {"type": "thinking", "thinking": "", "signature": "s"}
    whole = {"type": "thinking", "thinking": "Let me see", "signature": "s"}
    assert put_together(*pieces, end) == [None, None, [whole]]


def test_the_next_block_begins_anew():
    first, second = ({"type": "thinking", "thinking": text, "signature": text} for text in ("one", "two"))
    assert put_together(first, second) == [[first], [second]]


def test_what_nobody_may_read_is_in_one_piece():
    block = {"type": "redacted_thinking", "data": "…"}
    assert put_together(block) == [[block]]


def test_a_delta_without_any_stays_as_it_is():
    delta = {"content": "Hi"}
    ThinkingBlocks().put_together(delta)
    assert delta == {"content": "Hi"}
