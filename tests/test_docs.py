"""The docs keep up: every hook, setting, error code and command is described, every link leads on.

How the reference pages are written, so that this test can read them:

- ``hooks.md`` has one heading per hook, and below it every argument in backticks;
- ``settings.md`` has tables whose first cell is the setting in backticks, such as ``server.port``
  or ``plugins.notify_webhook.timeout_seconds``;
- ``errors.md`` has tables whose first cell is the error code in backticks;
- ``commands.md`` has one heading per command, such as ``stacktill keys list``, and below it every
  option in backticks.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
DECISIONS = DOCS / "decisions"
SECTIONS = ("tutorial", "how-to", "reference", "explanation", "decisions", "changelog")
DECISION_HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "References"]
FRAGMENT = re.compile(r"[a-z0-9-]+\.(added|changed|fixed|removed|security)\.md")
ADDRESS = re.compile(r"^(?:[a-z]+:|//)")


# ------------------------------------------------------------------------------------ markdown


def prose(text: str) -> str:
    """Return a page without its fenced blocks, keeping the number of lines."""
    return re.sub(
        r"^(```|~~~).*?^\1",
        lambda match: "\n" * match.group().count("\n"),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


@cache
def page(name: str) -> str:
    """Return one page of the reference."""
    path = REFERENCE / name
    assert path.is_file(), f"docs/reference/{name} is missing"
    return path.read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """Return each heading of a page, without backticks, with the prose below it."""
    parts = re.split(r"^#+ +(.+?) *$", prose(text), flags=re.MULTILINE)
    return {
        heading.replace("`", ""): body
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def first_cells(text: str) -> set[str]:
    """Return what stands in backticks in the first cell of any table row."""
    return set(re.findall(r"^\| *`([^`]+)` *\|", text, flags=re.MULTILINE))


def anchors(text: str) -> set[str]:
    """Return the anchors that a page's headings make."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+?) *$", prose(text), flags=re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        base = slug = re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
        count = 0
        while slug in found:
            count += 1
            slug = f"{base}-{count}"
        found.add(slug)
    return found


def pages() -> list[Path]:
    """Return every page a reader may come to: the docs and the notes beside the code."""
    outside = [
        *ROOT.glob("*.md"),
        *ROOT.glob("core/*.md"),
        *ROOT.glob("plugins/*/*.md"),
        *ROOT.glob("contracts/*.md"),
    ]
    return sorted([*DOCS.rglob("*.md"), *outside, *ROOT.glob("bench/*.md")])


# ------------------------------------------------------------------------------------ reference


def hooks() -> dict[str, list[str]]:
    """Return every hook with the names of its arguments."""
    module = importlib.import_module("stacktill.plugin.hookspecs")
    return {
        name: list(inspect.signature(function).parameters)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if hasattr(function, f"{module.PROJECT}_spec")
    }


def structs_of(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs that an annotation mentions, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for inner in get_args(annotation):
        yield from structs_of(inner)


def settings_of(struct: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """Yield the dotted name of every setting of a struct; nested structs are tables."""
    for field in msgspec.structs.fields(struct):
        name = f"{prefix}{field.encode_name}"
        inner = list(structs_of(field.type))
        if not inner:
            yield name
        for table in inner:
            yield from settings_of(table, f"{name}.")


def settings() -> set[str]:
    """Return every setting of the appliance and of the plugins in this repository."""
    found = set(settings_of(importlib.import_module("stacktill.runtime.config").Settings))
    found.discard("plugins")
    for folder in sorted(ROOT.glob("plugins/*/pyproject.toml")):
        name = folder.parent.name
        (entry,) = importlib.metadata.entry_points(group="stacktill.plugins", name=name)
        info = entry.load().stacktill_plugin()
        found |= set(settings_of(info.config, f"plugins.{name}."))
    return found


def error_codes() -> set[str]:
    """Return every error code that the sources write, as ``code=`` or as a class's default."""
    found = set()
    for path in [*ROOT.glob("core/src/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")]:
        if "testing" in path.parts:
            continue  # No caller is ever answered by the testing kit.
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            value: ast.expr | None = None
            if isinstance(node, ast.keyword) and node.arg == "code":
                value = node.value
            elif isinstance(node, ast.AnnAssign | ast.Assign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if [getattr(target, "id", None) for target in targets] == ["default_code"]:
                    value = node.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.add(value.value)
    return found


def commands() -> dict[str, list[str]]:
    """Return every command that can be run, with its options."""
    module = importlib.import_module("stacktill.cli")
    names = ("cli", "main")
    groups = [getattr(module, name, None) for name in names]
    root = next(group for group in groups if isinstance(group, click.Group))

    def walk(command: click.Command, path: str) -> Iterator[tuple[str, list[str]]]:
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=path)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                if child is not None and not child.hidden:
                    yield from walk(child, f"{path} {name}")
        else:
            options = [max(p.opts, key=len) for p in command.params if isinstance(p, click.Option)]
            yield path, options

    found = dict(walk(root, "stacktill"))
    for command in plugin_commands():
        found |= walk(command, f"stacktill {command.name}")
    return found


def plugin_commands() -> Iterator[click.Command]:
    """Yield the commands that the plugins in this repository add, each with settings that will do."""
    testing = importlib.import_module("stacktill.testing")
    for folder in sorted(ROOT.glob("plugins/*/pyproject.toml")):
        name = folder.parent.name
        (entry,) = importlib.metadata.entry_points(group="stacktill.plugins", name=name)
        plugin = entry.load()
        if hasattr(plugin, "stacktill_commands"):
            config = plugin.stacktill_plugin().config
            needed = [field.name for field in msgspec.structs.fields(config) if field.required]
            given = config(**{each: f"{each}@example.com" for each in needed})
            yield from plugin.stacktill_commands(testing.plugin_context(name, given, ROOT))


def test_every_hook_is_described_with_its_arguments() -> None:
    described = sections(page("hooks.md"))
    missing = []
    for hook, arguments in hooks().items():
        text = described.get(hook)
        if text is None:
            missing.append(hook)
            continue
        missing += [f"{hook}({name})" for name in arguments if f"`{name}`" not in text]
    assert not missing
    gone = {name for name in described if name.startswith("stacktill_")} - hooks().keys()
    assert not gone, "described, but no hook"


def test_every_setting_is_described() -> None:
    described = first_cells(page("settings.md"))
    assert not sorted(settings() - described), "not described in docs/reference/settings.md"
    assert not sorted(described - settings()), "described, but no setting"


def test_every_error_code_is_described() -> None:
    described = first_cells(page("errors.md"))
    assert not sorted(error_codes() - described), "not described in docs/reference/errors.md"
    assert not sorted(described - error_codes()), "described, but no code"


def test_every_command_is_described_with_its_options() -> None:
    described = sections(page("commands.md"))
    known = commands()
    missing = []
    for command, options in known.items():
        text = described.get(command)
        if text is None:
            missing.append(command)
            continue
        missing += [f"{command} {name}" for name in options if f"`{name}" not in text]
    assert not missing
    groups = {command.rsplit(" ", 1)[0] for command in known}
    gone = {name for name in described if name.startswith("stacktill ")} - known.keys() - groups
    assert not gone, "described, but no command"


# ------------------------------------------------------------------------------------ pages


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", prose(path.read_text(encoding="utf-8")))
    targets = re.findall(r"\]\(<?([^)\s>]+)", text)
    targets += re.findall(r"^\[[^\]]+\]: *(\S+)", text, flags=re.MULTILINE)
    broken = []
    for target in targets:
        if ADDRESS.match(target):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if not there.exists() or (
            anchor and anchor not in anchors(there.read_text(encoding="utf-8"))
        ):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("section", SECTIONS)
def test_every_page_is_reached_from_its_index(section: str) -> None:
    index = DOCS / section / "index.md"
    assert index.is_file()
    assert f"({section}/index.md)" in (DOCS / "index.md").read_text(encoding="utf-8")
    text = index.read_text(encoding="utf-8")
    if section == "changelog":
        return
    pages_here = {path.name for path in (DOCS / section).glob("*.md")} - {"index.md"}
    assert not [name for name in sorted(pages_here) if f"({name})" not in text]


def test_decisions_are_numbered_and_have_one_form() -> None:
    records = sorted(path for path in DECISIONS.glob("*.md") if path.name != "index.md")
    assert [path.name[:5] for path in records] == [f"{n:04}-" for n in range(1, len(records) + 1)]
    for path in records:
        text = prose(path.read_text(encoding="utf-8"))
        title, *rest = text.splitlines()
        assert title.startswith(f"# {path.name[:4]} "), f"{path.name}: the title has its number"
        found = [line[3:].strip() for line in rest if line.startswith("## ")]
        assert found == DECISION_HEADINGS, path.name


def test_changelog_fragments_have_names_that_sort_them() -> None:
    fragments = [path.name for path in (DOCS / "changelog").iterdir() if path.name != "index.md"]
    assert not [name for name in fragments if not FRAGMENT.fullmatch(name)]
