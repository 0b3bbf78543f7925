"""QR codes as inline SVG, drawn once for each text."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["qr_code"]

QUIET_ZONE = 4
"""Empty modules around the code, as ISO/IEC 18004 asks for."""


MASK = 3
"""Which of the eight patterns is laid over the code. To try them all takes four times as long, in which the
server does nothing else; every reader takes any of them."""


@lru_cache(maxsize=256)
def qr_code(text: str, *, keeps_case: bool = False) -> Markup:
    """The QR code of a text: dark on light whatever the page's colours are, sized by its box.

    What reads the same in capitals is made of them, unless it ``keeps_case``.
    """
    import segno  # Only pages that show where to pay need it.
    from markupsafe import Markup

    # Capitals are packed tighter; the scheme and Bech32 read the same in either case.
    letters = text if keeps_case else text.upper()
    code = segno.make(letters, error="m", micro=False, boost_error=False, mask=MASK)
    svg = code.svg_inline(
        border=QUIET_ZONE, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return Markup(svg)  # noqa: S704 - made by the library of numbers alone
