"""What a test needs of the machine: loudly skipped without it, and failed in CI, where it must not lack."""

from __future__ import annotations

import os
import warnings
from typing import NoReturn

import pytest

__all__ = ["skip_loudly"]


def skip_loudly(what: str, lack: str) -> NoReturn:
    """Skip the test with a warning that names what is not tested and why; fail it in CI."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"{lack}, and in CI no test is skipped")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.warn(f"NOT TESTED, {what}: {lack}", stacklevel=2)
    pytest.skip(lack)
