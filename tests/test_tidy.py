"""The code's own shape: names, sizes, words and neighbours that no other tool watches."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import stacktill

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = [
    ROOT,
    ROOT / "core",
    *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml")),
]
PLUGINS = FOLDERS[2:]
PUBLIC_PACKAGES = ("stacktill.domain", "stacktill.plugin", "stacktill.testing")

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
MAX_POSITIONAL = 5

# Ratchets: what is longer than it should be, and how long it may be. An entry may only shrink, and
# leaves the list when it is no longer needed. Nothing joins it without a second look.
LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}

# Hosts, machine paths and the like, in pieces so that this file does not contain them.
BANNED = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "--" + "index-url",
    "--extra-" + "index-url",
    "--find-" + "links",
    "/opt/" + "pypi",
    "/opt/" + "wheels",
    "/wo" + "rk/",
    "/ro" + "ot/",
    "/ho" + "me/",
    "/tmp/" + "bash",
    "house" + ".md",
    "brief" + ".md",
    "promises" + ".md",
    "issues " + "show",
]
LEFTOVERS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
TEXT = {
    ".cfg",
    ".css",
    ".html",
    ".ini",
    ".j2",
    ".js",
    ".json",
    ".mako",
    ".md",
    ".mjs",
    ".py",
    ".pyi",
    ".sh",
    ".sql",
    ".svg",
    ".toml",
    ".txt",
    ".xml",
    ".yaml",
    ".yml",
}

# Imported by name at run time, by a library rather than by our own code.
LOADED_BY_OTHERS = {
    "aiosqlite": "the driver that SQLAlchemy loads",
    "httptools": "the parser that uvicorn loads",
    "uvloop": "the loop that uvicorn loads",
}


@cache
def files() -> list[Path]:
    """Return every file of the repository: tracked, or new and not ignored."""
    if (ROOT / ".git").exists():
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
        command += ["--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        skipped = {"node_modules", "data", "dist", "build", "__pycache__"}
        found = [
            path
            for path in ROOT.rglob("*")
            if not any(p in skipped or p.startswith(".") for p in path.relative_to(ROOT).parts)
        ]
    return sorted(path for path in found if path.is_file())


def python_files() -> list[Path]:
    """Return every Python file of the repository."""
    return [path for path in files() if path.suffix == ".py"]


def source_files() -> list[Path]:
    """Return the Python files that ship: those below a ``src`` folder."""
    return [path for path in python_files() if "src" in path.relative_to(ROOT).parts]


@cache
def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def project(folder: Path) -> dict[str, Any]:
    """Return the ``[project]`` table of one distribution."""
    table: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return table


def name_of(path: Path) -> str:
    """Return a file's path as the ratchets and the messages write it."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef, bool]]:
    """Yield each function of a file: its dotted name, its node, and whether it is a method."""

    def walk(node: ast.AST, prefix: str, in_class: bool) -> Iterator[Any]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{prefix}{child.name}", child, in_class
                yield from walk(child, f"{prefix}{child.name}.", in_class=False)
            elif isinstance(child, ast.ClassDef):
                yield from walk(child, f"{prefix}{child.name}.", in_class=True)
            else:
                yield from walk(child, prefix, in_class)

    yield from walk(tree(path), "", in_class=False)


def imports(path: Path) -> set[str]:
    """Return the dotted names of all modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def normalized(name: str) -> str:
    """Return a distribution's name as indexes compare it, without extras and versions."""
    bare = re.match(r"[A-Za-z0-9._-]+", name)
    assert bare is not None
    return re.sub(r"[-_.]+", "-", bare.group()).lower()


# ------------------------------------------------------------------------------------ one name


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_has_one_name(folder: Path) -> None:
    name = folder.name
    package = folder / "src" / f"stacktill_{name}"
    assert project(folder)["name"] == f"stacktill-{name}".replace("_", "-")
    assert project(folder)["entry-points"] == {
        "stacktill.plugins": {name: f"stacktill_{name}.plugin"}
    }
    assert [path.name for path in (folder / "src").iterdir() if path.is_dir()] == [package.name]
    for expected in ("__init__.py", "plugin.py", "py.typed"):
        assert (package / expected).is_file(), f"{name_of(package)} has no {expected}"
    assert (folder / "README.md").is_file()
    assert list((folder / "tests").glob("test_*.py")), f"{name} has no tests"


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_can_be_loaded_by_its_name(folder: Path) -> None:
    (entry,) = importlib.metadata.entry_points(group="stacktill.plugins", name=folder.name)
    entry.load()


def test_all_distributions_carry_one_version_and_one_licence() -> None:
    assert {project(folder)["version"] for folder in FOLDERS} == {stacktill.__version__}
    assert len({(folder / "LICENSE").read_text() for folder in FOLDERS}) == 1
    ours = [name for name in project(ROOT)["dependencies"] if name.startswith("stacktill-")]
    assert {name.partition("==")[2] for name in ours} == {stacktill.__version__}
    assert {normalized(name) for name in ours} >= {"stacktill-core"}
    assert (ROOT / "core/src/stacktill/py.typed").is_file()


def test_every_tool_knows_every_plugin() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    packages = {f"stacktill_{folder.name}" for folder in PLUGINS}
    assert set(settings["importlinter"]["root_packages"]) == {"stacktill", *packages}
    assert set(settings["ruff"]["lint"]["isort"]["known-first-party"]) == {"stacktill", *packages}
    assert set(settings["mypy"]["mypy_path"]) == {f"{name_of(f)}/src" for f in FOLDERS[1:]}
    workspace = {name for name, source in settings["uv"]["sources"].items() if source["workspace"]}
    assert workspace == {project(folder)["name"] for folder in FOLDERS[1:]}


# ------------------------------------------------------------------------------------ sizes


def held(measured: dict[str, int], limit: int, ratchet: dict[str, int]) -> list[str]:
    """Return what is wrong with a set of sizes, given a limit and a ratchet."""
    faults = []
    for name, size in measured.items():
        allowed = ratchet.get(name, limit)
        if size > allowed:
            faults.append(f"{name} has {size} lines, {allowed} are allowed: split it")
    for name, allowed in ratchet.items():
        size = measured.get(name, 0)
        if size <= limit:
            faults.append(f"{name} needs its place in the ratchet no longer: remove it")
        elif size < allowed:
            faults.append(f"{name} has shrunk to {size} lines: write that in the ratchet")
    return faults


def test_no_file_grows_without_a_second_look() -> None:
    sizes = {name_of(path): len(path.read_text().splitlines()) for path in python_files()}
    assert not held(sizes, MAX_FILE_LINES, LONG_FILES)


def test_no_function_grows_without_a_second_look() -> None:
    sizes = {
        f"{name_of(path)}:{name}": (node.end_lineno or 0) - node.lineno + 1
        for path in python_files()
        for name, node, _ in functions(path)
    }
    assert not held(sizes, MAX_FUNCTION_LINES, LONG_FUNCTIONS)


def test_the_ratchet_turns_one_way() -> None:
    assert held({"a": 80}, 70, {}) == ["a has 80 lines, 70 are allowed: split it"]
    assert held({"a": 80}, 70, {"a": 80}) == []
    assert held({"a": 80}, 70, {"a": 90}) == ["a has shrunk to 80 lines: write that in the ratchet"]
    assert held({"a": 9}, 70, {"a": 90}) == [
        "a needs its place in the ratchet no longer: remove it"
    ]


def test_no_function_takes_many_positional_parameters() -> None:
    faults = []
    for path in python_files():
        for name, node, is_method in functions(path):
            is_bound = is_method and not any(
                isinstance(mark, ast.Name) and mark.id == "staticmethod"
                for mark in node.decorator_list
            )
            count = len(node.args.posonlyargs) + len(node.args.args) - is_bound
            if count > MAX_POSITIONAL:
                faults.append(f"{name_of(path)}:{node.lineno} {name} takes {count}")
    assert not faults, f"make them keyword-only after {MAX_POSITIONAL}"


# ------------------------------------------------------------------------------------ every module


def test_every_module_says_what_it_is_for() -> None:
    faults = [name_of(path) for path in python_files() if not ast.get_docstring(tree(path))]
    assert not faults, "a module begins with one sentence about itself"


def test_every_module_reads_annotations_late() -> None:
    faults = []
    for path in python_files():
        has_code = any(not isinstance(node, ast.Expr) for node in tree(path).body)
        if has_code and "__future__.annotations" not in imports(path):
            faults.append(name_of(path))
    assert not faults, "write: from __future__ import annotations"


def test_only_the_command_line_prints() -> None:
    faults = [
        f"{name_of(path)}:{node.lineno}"
        for path in source_files()
        if "core/src/stacktill/cli/" not in name_of(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert not faults, "log an event instead"


def test_test_files_have_unique_names_and_each_distribution_one_conftest() -> None:
    """A plugin's own fixtures are its own: it could leave this repository with them."""
    names = Counter(path.name for path in python_files() if path.name.startswith("test_"))
    assert [name for name, count in names.items() if count > 1] == []
    conftests = [name_of(path) for path in python_files() if path.name == "conftest.py"]
    allowed = {"tests/conftest.py"}
    allowed |= {f"plugins/{path.name}/tests/conftest.py" for path in (ROOT / "plugins").iterdir()}
    assert set(conftests) <= allowed


@pytest.mark.parametrize("package", PUBLIC_PACKAGES)
def test_the_public_surface_is_named(package: str) -> None:
    module = importlib.import_module(package)
    names: list[str] = getattr(module, "__all__", [])
    assert names, f"{package} has no __all__"
    assert len(names) == len(set(names))
    for name in names:
        member = getattr(module, name)
        has_own_words = inspect.isclass(member) or inspect.isroutine(member)
        documented = member.__doc__ if has_own_words else True  # An alias has none to give.
        assert documented, f"{package}.{name} has no docstring"


# ------------------------------------------------------------------------------------ words


def test_nothing_is_left_over_and_nothing_names_a_machine() -> None:
    faults = []
    for path in files():
        if path.suffix not in TEXT and path.suffix:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            words = [word for word in BANNED if word in line]
            words += LEFTOVERS.findall(line)
            faults += [f"{name_of(path)}:{number} {word}" for word in words]
    assert not faults


def test_no_lock_that_names_hosts_is_kept() -> None:
    assert not [name_of(path) for path in files() if path.name in {"uv" + ".lock", "yarn.lock"}]


def test_the_locks_agree_and_pin_by_hash() -> None:
    locks = {}
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text()
        assert "://" not in text, f"{path.name} names an address"
        pins = re.findall(r"^([a-z0-9.-]+==\S+).*?\\\n    --hash=sha256:", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[^\s#]", text, re.MULTILINE))
        locks[path.stem] = set(pins)
    assert set(locks) == {"build", "dev", "runtime"}
    assert locks["build"] | locks["runtime"] <= locks["dev"]


# ------------------------------------------------------------------------------------ neighbours


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_uses_only_the_public_api(folder: Path) -> None:
    allowed = {f"stacktill_{folder.name}", "stacktill.domain", "stacktill.plugin"}
    if folder.name.startswith("storage_"):
        allowed.add("stacktill.sql")
    faults = []
    for path in python_files():
        if not path.is_relative_to(folder):
            continue
        shipped = path.is_relative_to(folder / "src")
        open_here = allowed if shipped else {*allowed, "stacktill.testing"}
        for module in imports(path):
            if module == "stacktill" or not module.startswith("stacktill"):
                continue
            if not any(module == name or module.startswith(f"{name}.") for name in open_here):
                faults.append(f"{name_of(path)} imports {module}")
    assert not faults


@pytest.mark.parametrize("folder", FOLDERS[1:], ids=lambda path: path.name)
def test_a_distribution_lists_just_what_it_imports(folder: Path) -> None:
    own = {path.name for path in (folder / "src").iterdir()}
    roots = {
        module.partition(".")[0]
        for path in source_files()
        if path.is_relative_to(folder / "src")
        and not path.is_relative_to(folder / "src/stacktill/testing")
        for module in imports(path)
    }
    providers = dict(importlib.metadata.packages_distributions())
    providers["stacktill"] = ["stacktill-core"]
    needed = {
        normalized(providers.get(root, [root])[0])
        for root in roots - own - set(sys.stdlib_module_names)
    }
    listed = {normalized(name) for name in project(folder)["dependencies"]}
    assert needed - listed == set(), "imported but not listed"
    assert listed - needed - LOADED_BY_OTHERS.keys() == set(), "listed but not imported"
