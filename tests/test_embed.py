"""The module over HTTP: for every site, kept by browsers, under names that last."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from tests.served import Served

from stacktill.web.embed.routes import FOLDER, MODULE_PATH, PINNED_PATH, TYPES_PATH
from stacktill.web.pages.i18n.languages import LANGUAGES

ORIGIN = {"Origin": "https://shop.example"}


@pytest.mark.parametrize("path", [MODULE_PATH, PINNED_PATH, TYPES_PATH])
def test_every_site_may_read_it_and_nobody_frames_it(served: Served, path: str) -> None:
    answer = served.http.get(served.url + path, headers=ORIGIN)
    assert answer.status_code == 200
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


def test_the_module_is_asked_for_again_only_when_it_changed(served: Served) -> None:
    first = served.http.get(served.url + MODULE_PATH)
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.content == (FOLDER / "stacktill.js").read_bytes()
    assert first.headers["content-location"] == PINNED_PATH
    again = served.http.get(
        served.url + MODULE_PATH, headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["access-control-allow-origin"] == "*"


def test_the_name_with_a_digest_never_changes_its_content(served: Served) -> None:
    pinned = served.http.get(served.url + PINNED_PATH)
    assert "immutable" in pinned.headers["cache-control"]
    assert hashlib.sha256(pinned.content).hexdigest()[:16] in PINNED_PATH
    assert served.http.get(served.url + "/v1/stacktill.0000000000000000.js").status_code == 404


def test_it_speaks_every_language_of_the_pages() -> None:
    """Its few words stand in it, one list per language, as long as the list of their names."""
    source = (FOLDER / "stacktill.js").read_text(encoding="utf-8")
    texts = dict(re.findall(r"^  ([a-z]{2}): (\[.*\]),$", source, re.MULTILINE))
    assert texts.keys() == LANGUAGES.keys()
    (names,) = re.findall(r"^const WORDS = (\[.*\]);$", source, re.MULTILINE)
    counts = {code: len(json.loads(text)) for code, text in texts.items()}
    assert set(counts.values()) == {len(json.loads(names))}


def test_it_is_small_enough_to_load_with_every_page(served: Served) -> None:
    answer = served.http.get(served.url + MODULE_PATH, headers={"Accept-Encoding": "br"})
    assert int(answer.headers["content-length"]) < 10_000
