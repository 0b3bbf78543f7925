"""Many lives of one box: killed at named points and at random, under eight writers, then judged."""

from __future__ import annotations

import random
import time
from contextlib import closing
from pathlib import Path

from tests.processes.checker import check_answers, check_books, check_post
from tests.processes.mortal import READY_SECONDS, Mortal, close_mailbox, open_mailbox
from tests.processes.writers import Writers
from tests.served import Mailbox

from stacktill.plugin.crash_points import CRASH_POINTS

__all__ = ["live_and_die"]

POINT_SECONDS = 30.0


def live_and_die(folder: Path, mailbox: Mailbox, *, kills: int, seed: int, points: bool) -> Mortal:
    """Run a box through its deaths and judge what is left; ``points`` adds every named point."""
    box = Mortal(folder / "data")
    with closing(box):
        _live_and_die(box, mailbox, kills=kills, seed=seed, points=points)
    return box


def _live_and_die(box: Mortal, mailbox: Mailbox, *, kills: int, seed: int, points: bool) -> None:
    chance = random.Random(seed)
    box.live()
    shop = box.shop()
    secret = mailbox.open_at(shop)["secret"]
    plan: list[str | None] = [None] * kills
    if points:
        plan += [f"{point}:{chance.randrange(1, 12)}" for point in CRASH_POINTS]
    chance.shuffle(plan)
    is_open = True
    with Writers(shop, seed) as writers:
        for crash_at in plan:
            _die(box, crash_at, chance)
            if chance.random() < 0.3:
                (close_mailbox if is_open else open_mailbox)(mailbox)
                is_open = not is_open
        box.live()
        if not is_open:
            open_mailbox(mailbox)
        time.sleep(0.5)
        writers.stop()
        shop.sandbox("mine", count=2)
        check_answers(shop, writers)
        check_books(shop)
        check_post(shop, mailbox, secret)
    box.end()
    assert min(box.lives) <= READY_SECONDS, f"ready again after {box.lives} s"
    assert max(box.work) <= READY_SECONDS, f"to be ready took {box.work} s of work"


def _die(box: Mortal, crash_at: str | None, chance: random.Random) -> None:
    """End the life before with a kill, if it still lives, and live up to the next death."""
    if not box.is_dead:
        box.kill()
    if not box.live(crash_at):
        return
    if crash_at is None:
        time.sleep(chance.uniform(0.05, 1.2))
        box.kill()
    else:
        box.wait_for_death(POINT_SECONDS)
