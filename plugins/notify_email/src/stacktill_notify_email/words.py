"""Other people's words, made fit for a letter: one line, visible, and not too long."""

from __future__ import annotations

import unicodedata

__all__ = ["one_line"]

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of text; in a name they could turn the rest of the letter too."""
_INVISIBLE = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})


def one_line(text: str, longest: int) -> str:
    """The text as one line of at most ``longest`` characters.

    Line breaks and control characters become spaces, so nothing of it can begin a header, and marks
    of direction go.
    """
    # What is far too long need not be looked at whole.
    kept = unicodedata.normalize("NFC", text[: longest * 8])
    shown = "".join(
        " " if unicodedata.category(letter) in _INVISIBLE else letter
        for letter in kept
        if letter not in _DIRECTIONS
    )
    line = " ".join(shown.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
