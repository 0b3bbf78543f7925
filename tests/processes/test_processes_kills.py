"""kill -9 at every named point and at random, under eight writers: nothing lost, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.processes.lives import live_and_die
from tests.served import Mailbox

from stacktill.plugin.crash_points import CRASH_POINTS, SPONSOR_POINTS

KILLS = 6


@pytest.mark.xdist_group("processes")
def test_kills_lose_nothing(tmp_path: Path, mailbox: Mailbox) -> None:
    box = live_and_die(tmp_path, mailbox, kills=KILLS, seed=1, points=True)
    assert len(box.lives) >= KILLS + 2


def test_every_point_is_in_the_code(repository: Path) -> None:
    sources = [*repository.glob("core/src/**/*.py"), *repository.glob("plugins/*/src/**/*.py")]
    text = "\n".join(path.read_text() for path in sources)
    points = (*CRASH_POINTS, *SPONSOR_POINTS)
    assert [point for point in points if f'reach("{point}")' not in text] == []
