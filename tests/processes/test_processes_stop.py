"""SIGTERM under load: exit 0 in time, nothing acknowledged is lost, live streams end by themselves."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from tests.processes.checker import check_answers, check_books
from tests.processes.mortal import Mortal
from tests.processes.writers import Writers
from tests.served import Shop, until

ROUNDS = 2


@pytest.mark.xdist_group("processes")
def test_sigterm_under_load_loses_nothing(tmp_path: Path) -> None:
    box = Mortal(tmp_path / "data")
    with closing(box):
        box.live()
        shop = box.shop()
        with Writers(shop, seed=2) as writers:
            for _ in range(ROUNDS):
                _wait_for_more(writers, 40)
                box.end(10.0)
                box.live()
            writers.stop()
            check_answers(shop, writers)
            check_books(shop)
        assert not [line for line in box.said if line["level"] in ("error", "critical")]
        box.end()


def _wait_for_more(writers: Writers, count: int) -> None:
    enough = len(writers.answers) + count
    until(lambda: len(writers.answers) >= enough, seconds=30)


@pytest.mark.xdist_group("processes")
def test_streams_end_when_the_box_does(tmp_path: Path) -> None:
    box = Mortal(tmp_path / "data")
    with closing(box):
        box.live()
        shop = box.shop()
        intent = shop.intent()
        heard: list[str] = []
        threads = [
            threading.Thread(target=_listen, args=(shop, intent["id"], heard)) for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        until(lambda: len(heard) >= len(threads))
        time.sleep(0.2)
        took = box.end(10.0)
        for thread in threads:
            thread.join(5)
        assert not any(thread.is_alive() for thread in threads)
        assert heard.count("ended") == len(threads), heard
        assert took < 5.0, "the streams were cut, they did not end"


def _listen(shop: Shop, id: str, heard: list[str]) -> None:
    url = f"{shop.url}/v1/payment_intents/{id}/events"
    headers = {"Authorization": f"Bearer {shop.secret_key}"}
    with (
        httpx.Client(timeout=30) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        heard.append("began")
        for _ in answer.iter_lines():
            pass
        heard.append("ended")
