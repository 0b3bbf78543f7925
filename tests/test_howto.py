"""The recipes work: each page is followed from top to bottom, against a served appliance."""

from __future__ import annotations

import tomllib
from base64 import b64decode
from pathlib import Path

import pytest
from tests.reader import Reader, blocks_of
from tests.served import Served, Shop

from stacktill.runtime.config import load_settings
from stacktill.web.pages.examples import example_params

PAGES = sorted((Path(__file__).resolve().parent.parent / "docs/how-to").glob("*.md"))
TEXTS = {page.stem: page.read_text(encoding="utf-8") for page in PAGES}
TYPED = [name for name, text in TEXTS.items() if "```sh" in text]


def follow(name: str, served: Served, shop: Shop, folder: Path) -> str:
    """All that a page's commands said."""
    return "\n".join(Reader(served, shop, folder).follow(TEXTS[name]))


@pytest.mark.parametrize("name", TYPED)
def test_every_command_of_a_page_works(
    name: str, served: Served, shop: Shop, tmp_path: Path
) -> None:
    picture = example_params("account.set_logo")["data"]
    (tmp_path / "logo.png").write_bytes(b64decode(picture))
    said = follow(name, served, shop, tmp_path)
    expected = {
        "brand-the-checkout": ["#0a6e4f", '"logo":"file_', "http://localhost:3000"],
        "sell-with-a-link-or-button": ["Buy coffee", "/button", '"preset":10000', '"expires_at"'],
        "take-payments-at-a-counter": ["/pos/pair?key=rk_test_", "Counter 1"],
        "give-money-back": ["sign_transaction", '"status":"requires_action"'],
        "answer-unmatched-money": ['"no_memo"', '"matched"', '"dismissed"', "sign_transaction"],
        "send-receipts": ["receipt_email", "/receipt", "ch_"],
        "say-where-you-are-paid": ['"email":"you@example.com"', '"locale":"en"'],
        "embed-the-checkout": ['"allowed_origins":["http://localhost:', "_secret_"],
        "receive-webhooks": ["whsec_", '"next_position"'],
        "rehearse-bad-weather": ['"amount_overpaid":500', '"intent_expired"', "is succeeded"],
    }
    for words in expected[name]:
        assert words in said.replace(": ", ":") or words in said, f"{name}: {words}"


def test_every_piece_of_configuration_is_in_order(tmp_path: Path) -> None:
    for text in TEXTS.values():
        for language, block in blocks_of(text):
            if language == "toml":
                tomllib.loads(block)
                config = tmp_path / "stacktill.toml"
                config.write_text(block)
                load_settings(config, {})
