"""Claude's thinking in a stream: litellm gives its blocks in pieces, and only whole ones can be sent back."""

from typing import Any


class ThinkingBlocks:
    """Puts the blocks of one stream together."""

    def __init__(self) -> None:
        self._text = ""

    def put_together(self, delta: dict[str, Any]) -> None:
        """Have *delta* hold the blocks that are whole with it, and no pieces."""
        pieces = delta.pop("thinking_blocks", None) or ()
        if whole := [block for piece in pieces if (block := self._added(piece))]:
            delta["thinking_blocks"] = whole

    def _added(self, piece: dict[str, Any]) -> dict[str, Any] | None:
        """The block that ends with *piece*: a signature is its last, and what nobody may read is in one piece."""
        if piece.get("type") != "thinking":
            return piece
        self._text += piece.get("thinking") or ""
        if not piece.get("signature"):
            return None
        block, self._text = {**piece, "thinking": self._text}, ""
        return block
