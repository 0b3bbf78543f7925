"""The sentences of the pages and what each language makes of them: compared by tests, mended by hand.

``python -m tests.catalogues`` brings every catalogue up to date with the sources: sentences that are gone
leave, new ones are added without a translation, for a person who speaks the language to write.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from stacktill.web.pages.i18n.languages import ENGLISH, LANGUAGES
from stacktill.web.pages.i18n.tongue import catalogue_path

__all__ = ["TRANSLATED", "catalogue", "sentences", "update"]

WEB = catalogue_path("").parent.parent.parent
KEYWORDS = ("_", "gettext", "ngettext")
TRANSLATED = [code for code in LANGUAGES if code != ENGLISH.code]
WIDTH = 100

HEADER = """msgid ""
msgstr ""
"Language: {code}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

Sentence = str | tuple[str, ...]


def sentences() -> dict[Sentence, list[str]]:
    """Every sentence of the pages, those with a plural as a pair, and the files that say it."""
    found: dict[Sentence, list[str]] = {}
    for path in sorted([*WEB.rglob("*.html"), *WEB.rglob("*.py")]):
        for sentence in _of_template(path) if path.suffix == ".html" else _of_source(path):
            found.setdefault(sentence, []).append(path.relative_to(WEB).as_posix())
    return found


def catalogue(code: str) -> Catalog:
    """A language's catalogue; an empty one when there is none."""
    path = catalogue_path(code)
    if not path.exists():
        return Catalog(locale=code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def update(code: str) -> list[Sentence]:
    """Bring one catalogue up to date; return what is not translated yet."""
    before = catalogue(code)
    after = Catalog(locale=code, fuzzy=False)
    missing: list[Sentence] = []
    for sentence in sentences():
        known = before.get(sentence if isinstance(sentence, str) else sentence[0])
        text = "" if known is None else known.string
        after.add(sentence, text, flags=() if known is None else known.flags)
        if not text or not all([text] if isinstance(text, str) else text):
            missing.append(sentence)
    with catalogue_path(code).open("wb") as file:
        file.write(HEADER.format(code=code, plurals=after.plural_forms).encode())
        write_po(file, after, width=WIDTH, sort_output=True, omit_header=True)
    return missing


def _of_template(path: Path) -> Iterator[Sentence]:
    with path.open("rb") as file:
        for _, _, words, _ in babel_extract(file, KEYWORDS, (), {}):
            parts = (words,) if isinstance(words, str) else words or ()
            yield _sentence(tuple(part for part in parts if isinstance(part, str)))


def _of_source(path: Path) -> Iterator[Sentence]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", None))
        words = [each.value for each in node.args if isinstance(each, ast.Constant)]
        texts = tuple(word for word in words if isinstance(word, str))
        if name in KEYWORDS and texts:
            yield _sentence(texts)


def _sentence(words: tuple[str, ...]) -> Sentence:
    return words[0] if len(words) == 1 else words[:2]


if __name__ == "__main__":
    for each in TRANSLATED:
        sys.stdout.write(f"{each}: {len(update(each))} sentences are not translated\n")
