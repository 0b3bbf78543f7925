"""The languages of receipts: which one a payer reads, its sentences, its numbers and its dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_decimal_symbol

__all__ = ["CATALOGUES", "LANGUAGES", "Tongue", "chosen_language", "tongue"]

CATALOGUES = Path(__file__).parent / "locales"
"""One catalogue per language but English, whose sentences stand in the sources."""
LANGUAGES = {
    "en": "en_GB",
    "de": "de",
    "es": "es",
    "fr": "fr",
    "pt": "pt",
    "ja": "ja",
    "ar": "ar",
}
"""Each language with the locale of its numbers and dates."""
SATS_PER_BTC = 100_000_000


def chosen_language(wishes: Iterable[str], default: str) -> str:
    """The first language of the wishes, such as ``pt-BR`` or ``auto``, that is spoken here."""
    for wish in wishes:
        code = wish.replace("_", "-").partition("-")[0].strip().lower()
        if code in LANGUAGES:
            return code
    return default


@cache
def tongue(code: str) -> Tongue:
    """The one tongue of a language; its catalogue is read once."""
    return Tongue(code)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What goes around words of another direction, so that they do not disturb their neighbours."""

    first: str = ""
    last: str = ""


class Tongue:
    """Speaks one language; what it says is plain text."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._locale = Locale.parse(LANGUAGES[code])
        self._sentences = _sentences(code)
        self.direction = self._locale.text_direction
        self._marks = _Marks("\u2068", "\u2069") if self.direction == "rtl" else _Marks()

    def say(self, sentence: str, **values: str) -> str:
        """The sentence with its ``%(name)s`` replaced by the values."""
        marks = self._marks
        isolated = {name: f"{marks.first}{one}{marks.last}" for name, one in values.items()}
        return self._sentences.gettext(sentence) % isolated

    def number(self, count: int) -> str:
        """A whole number, grouped as usual."""
        return format_decimal(count, locale=self._locale)

    def sats(self, sats: int) -> str:
        """An amount in sats."""
        return f"{self.number(sats)} sats"

    def btc(self, sats: int) -> str:
        """An amount in BTC with all eight decimals, by whole numbers only."""
        whole, rest = divmod(sats, SATS_PER_BTC)
        return f"{self.number(whole)}{get_decimal_symbol(self._locale)}{rest:08d} BTC"

    def moment(self, seconds: int) -> str:
        """A moment of Unix seconds, as date and time in UTC."""
        when = datetime.fromtimestamp(seconds, UTC)
        return f"{format_datetime(when, 'medium', locale=self._locale)} UTC"


def _sentences(code: str) -> NullTranslations:
    path = CATALOGUES / f"{code}.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
