"""The process dies once at every await of fixed scenes, one run for each.

Moments between which neither the books nor the world changed leave the same behind, so one of them
(the first) stands for all; ``soak.py`` takes every one.
"""

from __future__ import annotations

import pytest
from tests.simulation.plays import PLAYS, deaths
from tests.simulation.run import simulate

FEWEST_DEATHS = 50


@pytest.mark.parametrize("name", list(PLAYS))
def test_a_death_at_any_await_loses_nothing(name: str) -> None:
    whole = simulate(7, PLAYS[name])
    assert whole.error is None, f"{whole.error!r}"
    different = [
        moment
        for moment, state in enumerate(whole.states, 1)
        if moment == 1 or state != whole.states[moment - 2]
    ]
    assert len(different) > FEWEST_DEATHS
    assert deaths(name, different) == []
