"""``stacktill button``, ``pos`` and ``merchant brand``, on a box without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from core.tests.domain.test_pictures import PNG, SVG

from stacktill.cli import main


class Box:
    """A box with one merchant."""

    def __init__(self, folder: Path) -> None:
        self._environment = {
            "STACKTILL__SERVER__DATA_DIR": str(folder),
            "STACKTILL__SERVER__PUBLIC_URL": "https://till.example",
        }
        self.run("merchant", "create", "--name", "Bakery")

    def run(self, *args: str, status: int = 0) -> str:
        done = CliRunner().invoke(main, args, env=self._environment, prog_name="stacktill")
        assert done.exit_code == status, (done.stderr, done.exception)
        return done.stderr if status else done.stdout


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Box:
    return Box(tmp_path_factory.mktemp("box"))


def test_a_button_is_html_to_paste(box: Box) -> None:
    html = box.run("button", "--amount", "1500", "--description", "Tea", "--label", 'Buy "tea"')
    assert html.startswith('<form action="https://till.example/button" method="post">')
    assert html.count("<input") == 1
    assert '<button type="submit">Buy &quot;tea&quot;</button>' in html
    made = json.loads(box.run("button", "--amount", "1500", "--days", "1", "--json"))
    assert made["url"].startswith("https://till.example/button?token=")


@pytest.mark.parametrize(
    ("args", "status"),
    [
        ((), 2),
        (("--amount", "5", "--link", "plink_1"), 2),
        (("--amount", "0"), 2),
        (("--link", "plink_none"), 1),
        (("--amount", "5", "--return-url", "javascript:alert(1)"), 1),
        (("--amount", "5", "--description", "x" * 501), 1),
        (("--amount", "5", "--merchant", "acct_none"), 1),
    ],
)
def test_what_no_button_can_be(box: Box, args: tuple[str, ...], status: int) -> None:
    assert box.run("button", *args, status=status).startswith("stacktill: ")


def test_a_pairing_link(box: Box) -> None:
    made = json.loads(box.run("pos", "create", "--name", "Counter", "--json"))
    assert made["url"].startswith("https://till.example/pos/pair?key=rk_test_")
    assert (made["name"], made["livemode"]) == ("Counter", False)
    keys = json.loads(box.run("keys", "list", "--json"))
    shown = next(key for key in keys if key["id"] == made["api_key"])
    assert (shown["name"], shown["scopes"]) == ("Counter", ["pos:pair"])
    assert "https://till.example/pos/pair?key=rk_test_" in box.run("pos", "create")


def test_no_live_phone_without_a_live_chain(box: Box) -> None:
    assert "Live mode has no chain" in box.run("pos", "create", "--live", status=1)


def test_a_brand(box: Box, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    (tmp_path / "logo.svg").write_bytes(SVG)
    said = box.run(
        "merchant",
        "brand",
        *("--primary-color", "#0A6E4F", "--logo", str(tmp_path / "logo.png")),
        *("--allow-origin", "https://a.example", "--allow-origin", "https://b.example"),
    )
    assert "primary color    #0a6e4f" in said
    assert "https://till.example/logos/file_" in said
    assert "https://a.example, https://b.example" in said
    for wrong in (
        ("--primary-color", "red"),
        ("--allow-origin", "https://a.example/cart"),
        ("--logo", str(tmp_path / "logo.svg")),
        ("--logo", str(tmp_path / "none.png")),
    ):
        assert box.run("merchant", "brand", *wrong, status=1).startswith("stacktill: ")
    assert box.run("merchant", "brand") == said
    kept = ("--secondary-color", "#ffffff", "--logo", str(tmp_path / "logo.svg"))
    box.run("merchant", "brand", *kept, status=1)
    assert box.run("merchant", "brand") == said
    cleared = ("--primary-color", "none", "--logo", "none", "--allow-origin", "none")
    shown = json.loads(box.run("merchant", "brand", *cleared, "--json"))
    assert shown["branding"]["logo"] is shown["branding"]["primary_color"] is None
    assert shown["checkout"]["allowed_origins"] == []
