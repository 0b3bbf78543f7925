"""What commands say of a fault: a line each, and nothing in it that a terminal would obey."""

from __future__ import annotations

import pytest

from stacktill.cli.group import complain


def test_what_hosts_say_is_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    complain("a host says \x1b]0;title\x07\x1b[2J \x9b31m \u202eback\nand größer")
    assert capsys.readouterr().err.splitlines() == [
        "stacktill: a host says ?]0;title??[2J ?31m ?back",
        "stacktill: and größer",
    ]
