"""The languages that the pages speak, and which of them a visitor wants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

__all__ = ["ENGLISH", "LANGUAGES", "Language", "choose_language", "wanted_language"]

LONGEST_HEADER = 500


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its code, its own name, its direction, and the locale of its numbers and dates."""

    code: str
    name: str
    locale: str
    direction: str = "ltr"


ENGLISH = Language("en", "English", "en_GB")
LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        ENGLISH,
        Language("de", "Deutsch", "de"),
        Language("es", "Español", "es"),
        Language("fr", "Français", "fr"),
        Language("pt", "Português", "pt"),
        Language("ja", "日本語", "ja"),
        Language("ar", "العربية", "ar", "rtl"),
    )
}
"""By code, in the order of the menu."""


def choose_language(
    asked: str | None, promised: str | None, accept_language: str | None
) -> Language:
    """The language of a page: what its visitor chose, what the shop said, what the browser accepts.

    ``asked`` is ``?lang=``, ``promised`` is a session's ``locale`` (``auto`` leaves it to the browser).
    What nobody speaks here is passed over; English is what remains.
    """
    return (
        wanted_language(asked)
        or wanted_language(promised)
        or _accepted((accept_language or "")[:LONGEST_HEADER])
        or ENGLISH
    )


def wanted_language(tag: str | None) -> Language | None:
    """The language of a tag such as ``de``, ``pt-BR`` or ``fr_CA``, if it is spoken here."""
    if tag is None:
        return None
    return LANGUAGES.get(tag.replace("_", "-").partition("-")[0].strip().lower())


@lru_cache(maxsize=256)
def _accepted(header: str) -> Language | None:
    """The spoken language that an ``Accept-Language`` header likes best; the first of equals."""
    wishes: list[tuple[float, Language]] = []
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        language = wanted_language(tag)
        quality = _quality(parameter)
        if language is not None and quality > 0:
            wishes.append((quality, language))
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else None


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
