"""JSON that comes in pieces, made small: texts that are too long to matter are emptied on the way."""

from __future__ import annotations

import re

__all__ = ["LONGEST_TEXT_BYTES", "Shortener"]

LONGEST_TEXT_BYTES = 1_024
"""No name, hash, amount or memo is as long; what contracts print may be a thousand times so."""
_QUOTE, _ESCAPE = b'"', b"\\"
_TURN = re.compile(rb'["\\]')


class Shortener:
    """Empties every text that is too long, and passes everything else on, byte for byte."""

    def __init__(self) -> None:
        self._text: bytearray | None = None
        """What a text holds so far, without its quotes; None outside of texts."""
        self._is_long = False
        self._is_escaped = False

    def feed(self, piece: bytes) -> bytes:
        """The next piece in short; the end of a text may come with a later one."""
        made = bytearray()
        at = 0
        while at < len(piece):
            at = (
                self._outside(piece, at, made)
                if self._text is None
                else self._inside(piece, at, made)
            )
        return bytes(made)

    def _outside(self, piece: bytes, at: int, made: bytearray) -> int:
        quote = piece.find(_QUOTE, at)
        end = len(piece) if quote < 0 else quote + 1
        made += piece[at:end]
        if quote >= 0:
            self._text, self._is_long = bytearray(), False
        return end

    def _inside(self, piece: bytes, at: int, made: bytearray) -> int:
        if self._is_escaped:
            self._is_escaped = False
            return self._more(piece, at, at + 1)
        turn = _TURN.search(piece, at)
        if turn is None:
            return self._more(piece, at, len(piece))
        if turn.group() == _ESCAPE:
            self._is_escaped = True
            return self._more(piece, at, turn.end())
        self._more(piece, at, turn.start())
        made += (self._text or b"") + _QUOTE
        self._text = None
        return turn.end()

    def _more(self, piece: bytes, at: int, end: int) -> int:
        """Take in a part of a text, or drop all of it when it has become too long."""
        if self._text is not None and not self._is_long:
            self._text += piece[at:end]
            if len(self._text) > LONGEST_TEXT_BYTES:
                self._text.clear()
                self._is_long = True
        return end
