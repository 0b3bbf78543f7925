"""What a newcomer reads on the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacktill.runtime.config import load_settings
from stacktill.web.serve import _hides_itself
from stacktill.web.welcome import welcome


@pytest.mark.parametrize(
    ("host", "public_url", "hides"),
    [
        ("127.0.0.1", None, False),
        ("localhost", None, False),
        ("192.168.1.7", None, False),
        ("0.0.0.0", None, True),
        ("::", None, True),
        ("0.0.0.0", "https://till.example", False),
    ],
)
def test_a_box_knows_when_its_links_lead_nowhere(
    tmp_path: Path, host: str, public_url: str | None, hides: bool
) -> None:
    environ = {"STACKTILL__SERVER__DATA_DIR": str(tmp_path), "STACKTILL__SERVER__HOST": host}
    if public_url is not None:
        environ["STACKTILL__SERVER__PUBLIC_URL"] = public_url
    assert _hides_itself(load_settings(None, environ=environ)) is hides


def test_the_newcomer_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    welcome("http://0.0.0.0:8080", None, hides_itself=True)
    assert "server.public_url" in capsys.readouterr().out
    welcome("http://127.0.0.1:8080", None)
    assert "server.public_url" not in capsys.readouterr().out
