"""The one conftest of the house: what every test, of whatever part, may rely on.

Shared fixtures come from ``stacktill.testing``, where plugin authors find them too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser.chromium import chromium, visitors
from tests.browser.sites import site
from tests.contract import check_answer
from tests.grouping import pytest_collection_modifyitems
from tests.live import devnet
from tests.served import Mailbox, Served, Shop

__all__ = ["chromium", "devnet", "pytest_collection_modifyitems", "site", "visitors"]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of this checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One served appliance for all tests of a process; each test has its own shop on it.

    Every answer is held against the published document, whatever a test is about.
    """
    with Served.running(tmp_path_factory.mktemp("served") / "data") as appliance:
        appliance.http.event_hooks = {"response": [check_answer]}
        yield appliance


@pytest.fixture
def shop(served: Served) -> Shop:
    """A fresh merchant on the served appliance."""
    return served.shop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A webhook receiver."""
    with Mailbox() as receiver:
        yield receiver
