"""Every sentence of the pages is said in every language, with the same values in it."""

from __future__ import annotations

import re

import pytest
from tests.catalogues import TRANSLATED, Sentence, catalogue, sentences

from stacktill.web.pages.i18n.languages import LANGUAGES, Language, choose_language
from stacktill.web.pages.i18n.tongue import tongue

SAID = sentences()
PLACEHOLDER = re.compile(r"%\(\w+\)s|%[^(%]")


def translations(code: str) -> dict[Sentence, tuple[str, ...]]:
    """What a catalogue makes of each of its sentences, in every form that the language has."""
    found: dict[Sentence, tuple[str, ...]] = {}
    for message in catalogue(code):
        id, text = message.id, message.string or ""
        if id:
            sentence = id if isinstance(id, str) else tuple(id)
            found[sentence] = (text,) if isinstance(text, str) else tuple(text)
    return found


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_sentence_is_translated(code: str) -> None:
    known = translations(code)
    assert not sorted(map(str, SAID.keys() - known.keys())), "run: python -m tests.catalogues"
    assert not sorted(map(str, known.keys() - SAID.keys())), "said nowhere any more"
    assert not [sentence for sentence, forms in known.items() if not all(forms)], "not translated"
    assert not [message.id for message in catalogue(code) if message.id and message.fuzzy]


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_keep_the_values_and_the_breath(code: str) -> None:
    faults = []
    for sentence, forms in translations(code).items():
        model = sentence if isinstance(sentence, str) else sentence[1]
        for form in forms:
            same = sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(model))
            if not same or form.strip() != form or "<" in form:
                faults.append((sentence, form))
    assert not faults


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.code)
def test_what_a_button_says_is_part_of_its_longer_name(language: Language) -> None:
    say = tongue(language).gettext
    for name in ("Copy the amount", "Copy the address", "Copy the memo"):
        shown = {"de": "kopieren"}.get(language.code, say("Copy"))
        assert str(shown).lower() in say(name).lower()


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.code)
def test_amounts_and_times_read_as_usual(language: Language) -> None:
    say = tongue(language)
    assert "".join(text for group in say.digits(20_000) for text, _ in group) == say.btc(20_000)
    assert re.fullmatch(r"0[.,]00020000", say.btc(20_000))
    assert re.search(r"20.000", str(say.sats(20_000)))
    assert "UTC" in say.moment(0)
    assert say.span(600)


def test_english_amounts() -> None:
    say = tongue(LANGUAGES["en"])
    assert say.digits(20_000) == [
        [("0.", True)],
        [("00", True)],
        [("0", True), ("20", False)],
        [("000", False)],
    ]
    assert say.digits(123_456_789)[0] == [("1.", False)]
    assert str(say.sats(1)) == "1 sat"
    assert say.moment(1_795_361_645) == "22 Nov 2026, 15:34:05 UTC"
    assert say.span(1_800) == "30 minutes"


@pytest.mark.parametrize(
    ("asked", "promised", "accepted", "chosen"),
    [
        (None, None, None, "en"),
        ("de", "fr", "es", "de"),
        ("xx", "fr", "es", "fr"),
        (None, "auto", "es", "es"),
        (None, "pt-BR", None, "pt"),
        (None, "zh", "zh, ja;q=0.5, de;q=0.8", "de"),
        (None, None, "de-CH;q=0.9, fr;q=0", "de"),
        (None, None, "fr;q=x, *;q=1, ar", "ar"),
        (None, None, "en-US,en;q=0.9,de;q=0.9", "en"),
        ("<script>", "\x00", "x" * 10_000, "en"),
    ],
)
def test_the_language_of_a_page(
    asked: str | None, promised: str | None, accepted: str | None, chosen: str
) -> None:
    assert choose_language(asked, promised, accepted).code == chosen


def test_values_are_escaped_and_translations_are_too() -> None:
    said = tongue(LANGUAGES["fr"]).gettext("Back to %(store)s", store="<b>%(x)s&</b>")
    assert str(said) == "Retour à &lt;b&gt;%(x)s&amp;&lt;/b&gt;"
