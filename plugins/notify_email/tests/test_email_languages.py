"""The languages: complete, true to their sources, and chosen as the payer wishes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import stacktill_notify_email
from stacktill_notify_email.commands import LANGUAGE_CODES
from stacktill_notify_email.config import EmailConfig
from stacktill_notify_email.languages import CATALOGUES, LANGUAGES, chosen_language, tongue

FOREIGN = sorted(LANGUAGES.keys() - {"en"})
PLACES = re.compile(r"%\((\w+)\)s|%.")


def sentences() -> set[str]:
    """Return every sentence that the sources say."""
    folder = Path(stacktill_notify_email.__file__).parent
    found = extract_from_dir(folder, [("**.py", "python")], keywords={"say": None})
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def catalogue(code: str) -> Catalog:
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)


def test_there_is_a_catalogue_for_each_language_and_no_other() -> None:
    assert sorted(path.stem for path in CATALOGUES.glob("*.po")) == FOREIGN
    assert tuple(LANGUAGES) == LANGUAGE_CODES
    (default,) = [one for one in EmailConfig.__annotations__ if one == "default_language"]
    assert all(code in EmailConfig.__annotations__[default] for code in LANGUAGES)


@pytest.mark.parametrize("code", FOREIGN)
def test_nothing_is_left_untranslated_and_nothing_is_left_over(code: str) -> None:
    said = sentences()
    assert len(said) > 20
    messages = {str(message.id): message for message in catalogue(code) if message.id}
    assert set(messages) == said
    for source, message in messages.items():
        assert message.string, f"{code}: {source}"
        assert not message.fuzzy
        assert sorted(PLACES.findall(source)) == sorted(PLACES.findall(str(message.string)))


@pytest.mark.parametrize("code", FOREIGN)
def test_a_translation_is_one(code: str) -> None:
    same = [m.id for m in catalogue(code) if m.id and m.id == m.string]
    assert set(same) <= {"Test: %(subject)s", "Transaction"}


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_amounts_are_exact(code: str) -> None:
    words = tongue(code)
    for sats in (1, 20_000, 99_999_999, 100_000_000, 2_100_000_000_000_000):
        assert re.sub(r"\D", "", words.sats(sats)) == str(sats)
        assert int(re.sub(r"\D", "", words.btc(sats))) == sats
        assert len(re.split(r"[.,]", words.btc(sats).removesuffix(" BTC"))[-1]) == 8
    assert "UTC" in words.moment(1_795_360_000)


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ((), "en"),
        (("auto",), "en"),
        (("de",), "de"),
        (("pt-BR", "de"), "pt"),
        (("zh-TW", "fr_CA"), "fr"),
        (("auto", "AR"), "ar"),
        (("../../etc", "", "deutsch"), "en"),
    ],
)
def test_the_first_wish_that_is_spoken(wishes: tuple[str, ...], code: str) -> None:
    assert chosen_language(wishes, "en") == code
    assert chosen_language((), "ja") == "ja"


def test_words_of_another_direction_are_set_apart() -> None:
    said = tongue("ar").say("Questions? Please ask %(store)s.", store="Bakery")
    assert "\u2068Bakery\u2069" in said
    assert tongue("en").say("Questions? Please ask %(store)s.", store="مخبز") == (
        "Questions? Please ask مخبز."
    )
