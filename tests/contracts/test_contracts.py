"""The Clarity contracts and the local chain that runs them: the Node suites in ``contracts/``."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from stacktill.testing import skip_loudly

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
SUITES = ("tests/contracts.test.mjs", "devnet/tests/devnet.test.mjs")


def missing() -> str | None:
    """Say what these tests lack on this machine, if anything."""
    if shutil.which("node") is None:
        return "Node is not installed"
    if not (CONTRACTS / "node_modules/@stacks/clarinet-sdk").is_dir():
        return "the simulated network is not installed; run: make contracts"
    return None


@pytest.fixture(scope="module")
def node() -> str:
    """The path of Node; without it these tests are skipped with a warning, and fail in CI."""
    lack = missing()
    if lack is not None:
        skip_loudly("the contracts", lack)
    return str(shutil.which("node"))


@pytest.mark.parametrize("suite", SUITES)
def test_the_contracts(node: str, suite: str) -> None:
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", suite],
        cwd=CONTRACTS,
        env={"PATH": os.environ.get("PATH", "")},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) > 0, "a suite without tests would pass too"


def test_the_lock_pins_every_package_and_names_no_host() -> None:
    lock = json.loads((CONTRACTS / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
        assert not package.get("hasInstallScript"), name
    for name, version in lock["packages"][""]["devDependencies"].items():
        assert packages[f"node_modules/{name}"]["version"] == version
