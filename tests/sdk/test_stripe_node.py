"""Stripe's own Node SDK, unmodified, against a served appliance: the suite in ``tests/sdk/node``."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.served import Shop

from stacktill.testing import skip_loudly

FOLDER = Path(__file__).parent / "node"
SUITES = sorted(path.name for path in FOLDER.glob("*.test.mjs"))


def missing() -> str | None:
    """Say what these tests lack on this machine, if anything."""
    if shutil.which("node") is None:
        return "Node is not installed"
    if not (FOLDER / "node_modules/stripe").is_dir():
        return "the Node SDK is not installed; run: make node-sdk"
    return None


@pytest.fixture(scope="module")
def node() -> str:
    """The path of Node; without it these tests are skipped with a warning, and fail in CI."""
    lack = missing()
    if lack is not None:
        skip_loudly("Stripe's Node SDK", lack)
    return str(shutil.which("node"))


@pytest.mark.parametrize("suite", SUITES)
def test_the_node_sdk(node: str, shop: Shop, suite: str) -> None:
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", suite],
        cwd=FOLDER,
        env={
            "PATH": os.environ.get("PATH", ""),
            "STACKTILL_URL": shop.url,
            "STACKTILL_SECRET_KEY": shop.secret_key,
            "STACKTILL_PUBLISHABLE_KEY": shop.publishable_key,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) > 0, "a suite without tests would pass too"


def test_the_lock_pins_the_sdk_and_names_no_host() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    sdk = lock["packages"]["node_modules/stripe"]
    assert sdk["version"] == "23.1.0"
    assert sdk["integrity"].startswith("sha512-")
    assert all("resolved" not in package for package in lock["packages"].values())
    assert all(not package.get("hasInstallScript") for package in lock["packages"].values())
