"""The one conftest of the house: what every test, of whatever part, may rely on.

Shared fixtures come from ``stacktill.testing``, where plugin authors find them too.
"""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of this checkout."""
    return Path(__file__).resolve().parent.parent
