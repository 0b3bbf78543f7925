"""The types of ``stacktill.js``: a shop's compiler takes them, and they name what the module has."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import stacktill
from stacktill.web.embed.routes import FOLDER

TYPES = Path(__file__).parent / "types"
COMPILER = Path(__file__).parent / "node/node_modules/typescript/bin/tsc"
STRICT = ["--strict", "--noEmit", "--target", "es2022", "--module", "esnext"]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A shop's folder with the module installed in it, as a package manager would."""
    installed = tmp_path / "node_modules/stacktill"
    shutil.copytree(FOLDER, installed)
    for path in TYPES.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


def run(*command: str, folder: Path) -> str:
    """What a program said; it must have succeeded."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def node() -> str:
    """The path of Node; without it, or without the compiler, a test is skipped."""
    found = shutil.which("node")
    if found is None or not COMPILER.is_file():
        pytest.skip("Node or the compiler is not installed; run: make node-sdk")
    return found


def test_a_shop_compiles_against_the_types(package: Path) -> None:
    how = [*STRICT, "--moduleResolution", "bundler", "--lib", "es2022,dom"]
    run(node(), str(COMPILER), *how, "shop.ts", folder=package)


def test_the_module_itself_has_no_faults_that_a_compiler_sees(package: Path) -> None:
    how = ["--allowJs", "--checkJs", "--noEmit", "--target", "es2022", "--module", "esnext"]
    how += ["--moduleResolution", "bundler", "--lib", "es2024,dom,dom.iterable"]
    shutil.copy(FOLDER / "stacktill.js", package / "module.js")
    run(node(), str(COMPILER), *how, "module.js", folder=package)


def test_a_server_may_import_it_and_finds_what_the_types_name(package: Path) -> None:
    script = "import * as all from 'stacktill'; console.log(JSON.stringify([all.version, Object.keys(all)]))"
    said = run(node(), "--input-type=module", "-e", script, folder=package)
    version, names = json.loads(said)
    assert version == stacktill.__version__
    types = (FOLDER / "stacktill.d.ts").read_text()
    for name in names:
        assert f" {name}" in types, f"{name} is exported without a type"
    assert set(names) >= {"Stacktill", "StacktillCheckoutElement", "StacktillError", "default"}


def test_the_package_carries_the_version_of_all_the_rest() -> None:
    described = json.loads((FOLDER / "package.json").read_text())
    assert described["version"] == stacktill.__version__
    assert all((FOLDER / name).is_file() for name in described["files"])
