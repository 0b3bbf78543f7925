"""A language at work: sentences from its catalogue, amounts and times as its readers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stacktill.web.pages.i18n.languages import Language
from stacktill.web.pages.money import SATS_PER_BTC, as_btc

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["CATALOGUES", "Tongue", "catalogue_path", "tongue"]

CATALOGUES = Path(__file__).parent
USTX_PER_STX = 1_000_000
BTC_GROUPS = (2, 5, 8)
"""Where the groups of a bitcoin amount's eight decimals end: 0.00 020 000."""


def catalogue_path(code: str) -> Path:
    """Where the sentences of a language are kept."""
    return CATALOGUES / f"{code}.po"


@cache
def tongue(language: Language) -> Tongue:
    """The one tongue of a language; its catalogue is read when the first page asks for it."""
    return Tongue(language)


class Tongue:
    """Speaks one language. What it says is safe to put into a page, values included."""

    def __init__(self, language: Language) -> None:
        # Both are heavy, and needed with the first page only.
        from babel import Locale
        from markupsafe import escape

        self.language = language
        self._locale = Locale.parse(language.locale)
        self._sentences = _sentences(language.code)
        self._escape = escape

    def gettext(self, sentence: str, **values: Any) -> Markup:
        """The sentence with its ``%(name)s`` replaced by the escaped values."""
        return self._escape(self._sentences.gettext(sentence)) % values

    def ngettext(self, one: str, many: str, count: int, **values: Any) -> Markup:
        """The sentence in the form that a count asks for; ``%(count)s`` is that count."""
        values.setdefault("count", self.number(count))
        return self._escape(self._sentences.ngettext(one, many, count)) % values

    def number(self, count: int) -> str:
        """A whole number, grouped as usual."""
        from babel.numbers import format_decimal

        return format_decimal(count, locale=self._locale)

    def sats(self, sats: int) -> Markup:
        """An amount in sats."""
        return self.ngettext("%(count)s sat", "%(count)s sats", sats)

    def btc(self, sats: int) -> str:
        """An amount in BTC with all eight decimals."""
        return as_btc(sats).replace(".", self._point())

    def stx(self, ustx: int) -> str:
        """An amount of micro-STX in STX, with the decimals that it has."""
        whole, rest = divmod(ustx, USTX_PER_STX)
        text = f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
        return text.replace(".", self._point())

    def digits(self, sats: int) -> list[list[tuple[str, bool]]]:
        """An amount in BTC to be set in groups: each a few digits and whether they still mean nothing.

        The groups in a row are exactly ``btc``.
        """
        text = self.btc(sats)
        whole = len(text) - 8
        ends = [whole, *(whole + end for end in BTC_GROUPS)]
        begin = next((i for i, letter in enumerate(text) if letter in "123456789"), len(text))
        if sats >= SATS_PER_BTC:
            begin = 0
        groups, start = [], 0
        for end in ends:
            middle = min(max(begin, start), end)
            parts = ((text[start:middle], True), (text[middle:end], False))
            groups.append([part for part in parts if part[0]])
            start = end
        return groups

    def moment(self, seconds: int) -> str:
        """A moment of Unix seconds, as date and time in UTC."""
        from babel.dates import format_datetime

        when = datetime.fromtimestamp(seconds, UTC)
        return f"{format_datetime(when, 'medium', locale=self._locale)} UTC"

    def clock(self, seconds: int) -> str:
        """The time of day of Unix seconds, in UTC."""
        from babel.dates import format_time

        when = datetime.fromtimestamp(seconds, UTC)
        return f"{format_time(when, 'short', locale=self._locale)} UTC"

    def span(self, seconds: int) -> str:
        """How long something takes, in one unit."""
        from babel.dates import format_timedelta

        return format_timedelta(max(seconds, 0), locale=self._locale, threshold=1.0)

    def _point(self) -> str:
        from babel.numbers import get_decimal_symbol

        return get_decimal_symbol(self._locale)


def _sentences(code: str) -> NullTranslations:
    """A language's catalogue; English has none, its sentences stand in the sources."""
    path = catalogue_path(code)
    if not path.exists():
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
