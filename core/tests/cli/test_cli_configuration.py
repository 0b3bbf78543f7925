"""``check``, ``init``, ``plugins`` and ``doctor``, and what the root of all commands promises."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stacktill.cli import main
from stacktill.cli.showing import settings_lines
from stacktill.plugin import PluginConfig
from stacktill.runtime.config import Settings, load_settings

COMMAND = """
import click
from stacktill.plugin import PluginInfo, hookimpl

@hookimpl
def stacktill_plugin():
    return PluginInfo(summary="Greets.")

@click.command("greet")
@click.argument("name")
def greet(name):
    click.echo(f"Hello, {name}!")

@hookimpl
def stacktill_commands():
    return [greet]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, args, prog_name="stacktill")


def drop(folder: Path, name: str, text: str) -> None:
    """Put a plugin into ./plugins.d and a config file that names the folder."""
    (folder / "plugins.d").mkdir(exist_ok=True)
    (folder / "plugins.d" / f"{name}.py").write_text(text)
    (folder / "stacktill.toml").write_text("[server]\nplugins_dir = 'plugins.d'\n")


def test_help_comes_quickly() -> None:
    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    costs = []
    for _ in range(3):
        before = spent()
        subprocess.run(
            [sys.executable, "-m", "stacktill.cli", "--help"], check=True, capture_output=True
        )
        costs.append(spent() - before)
    assert min(costs) <= 0.6


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from stacktill.cli import main; "
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    heavy = {"litestar", "sqlalchemy", "msgspec", "asyncio", "httpx", "uvicorn", "pluggy"}
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize(
    ("args", "line", "status"),
    [
        (["srve"], "No such command 'srve'. Did you mean 'serve'? Try 'stacktill --help'.", 2),
        (["serve", "--port", "x"], "Invalid value for '--port': 'x' is not a valid", 2),
        (["sandbox", "reorg"], "Missing option '--depth'. Try 'stacktill sandbox reorg --help'", 2),
        (["check", "--config", "gone.toml"], "gone.toml: cannot be read: No such file", 1),
        (["--config", "gone.toml", "check"], "gone.toml: cannot be read: No such file", 1),
        (["sandbox", "mine"], "No server runs on data; start one with 'stacktill serve'.", 1),
        (["keys", "create", "--kind", "restricted"], "--scopes and --kind restricted belong", 2),
    ],
)
def test_an_error_is_one_line(folder: Path, args: list[str], line: str, status: int) -> None:
    result = run(*args)
    assert result.exit_code == status
    assert result.stdout == ""
    assert result.stderr.startswith(f"stacktill: {line}")
    assert result.stderr.count("\n") == 1


def test_check_prints_plugins_with_their_settings(folder: Path) -> None:
    (folder / "stacktill.toml").write_text("[plugins.storage_sqlite]\n[plugins.chain_sandbox]\n")
    result = run("check")
    assert result.exit_code == 0
    assert re.search(
        r"^storage_sqlite \d\S+ \(stacktill-storage-sqlite\): ", result.stdout, re.MULTILINE
    )
    assert '    seed = "stacktill"\n' in result.stdout
    assert "server.port = 8080\n" in result.stdout


def test_check_finds_the_faults_of_the_core_and_of_plugins_at_once(folder: Path) -> None:
    drop(folder, "broken", "import nothing_of_this_name")
    with (folder / "stacktill.toml").open("a") as file:
        file.write("[limits]\nburst = 1\n[plugins.notify_webhook]\ntimeout = 3\n")
    result = run("check")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0].startswith("stacktill: stacktill.toml [limits]: unknown field 'burst' (did ")
    assert lines[1].startswith("stacktill: stacktill.toml [plugins.notify_webhook]: unknown field")
    assert "[plugins.broken]: plugins.d/broken.py cannot be imported" in lines[2]
    assert len(lines) == 3


def test_secrets_are_not_shown() -> None:
    class Config(PluginConfig, frozen=True):
        api_key: str = "hidden-one"
        tokens: tuple[str, ...] = ("hidden-two",)
        url: str = "https://user:hidden-three@host/"
        monkey: str = "shown"

    shown = "\n".join(settings_lines(Config()))
    assert "hidden" not in shown
    assert 'monkey = "shown"' in shown


def test_init_writes_a_file_that_changes_nothing(folder: Path) -> None:
    assert run("init").exit_code == 0
    assert load_settings(Path("stacktill.toml"), {}) == Settings()
    again = run("init")
    assert again.exit_code == 1
    assert "--force replaces it" in again.stderr
    assert run("init", "--force").exit_code == 0


def test_plugins_says_what_is_on_and_off(folder: Path) -> None:
    drop(folder, "greeter", COMMAND)
    with (folder / "stacktill.toml").open("a") as file:
        file.write("[plugins.greeter]\n[plugins.storage_sqlite]\n")
    found = json.loads(run("plugins", "--json").stdout)
    assert [one["name"] for one in found["on"]] == ["greeter", "storage_sqlite"]
    assert found["on"][0]["hooks"] == ["stacktill_commands", "stacktill_plugin"]
    assert found["on"][0]["commands"] == ["greet"]
    assert {"chain_sandbox", "notify_webhook"} <= set(found["off"])
    text = run("plugins").stdout
    assert "commands: greet" in text
    assert "installed, but off: " in text


def test_a_plugins_command_is_found_when_it_is_called(folder: Path) -> None:
    drop(folder, "greeter", COMMAND)
    assert run("greet", "Ann").stdout == "Hello, Ann!\n"
    assert run("--config", "stacktill.toml", "greet", "Ann").stdout == "Hello, Ann!\n"
    assert "greet" not in run("--help").stdout
    twice = COMMAND.replace("Greets", "Greets too")
    drop(folder, "greeter_two", twice)
    result = run("greet", "Ann")
    assert result.exit_code == 1
    assert "both offer the command 'greet'; keep one of them" in result.stderr


def test_doctor_says_what_is_wrong_and_how_to_mend_it(folder: Path) -> None:
    (folder / "data").mkdir(mode=0o755)
    (folder / "data").chmod(0o755)
    healthy = run("doctor")
    assert healthy.exit_code == 1
    assert "!!  data folder: data is open to other users\n    Close it: chmod 700 data" in (
        healthy.stdout
    )
    (folder / "stacktill.toml").write_text("[serve]")
    result = run("doctor")
    assert result.exit_code == 1
    assert result.stdout.startswith("!!  configuration: stacktill.toml: unknown table")
