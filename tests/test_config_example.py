"""``config.example.toml`` is what ``stacktill init`` writes: complete, true and loadable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from stacktill.cli import main
from stacktill.runtime.config import Settings, load_settings
from stacktill.runtime.plugin_host import load_plugins

NAME = "config.example.toml"


@pytest.fixture
def example(repository: Path) -> str:
    """Return the text of the example."""
    return (repository / NAME).read_text(encoding="utf-8")


def test_it_is_what_init_writes(example: str, tmp_path: Path) -> None:
    written = tmp_path / "stacktill.toml"
    assert CliRunner().invoke(main, ["init", str(written)]).exit_code == 0
    assert written.read_text(encoding="utf-8") == example, (
        f"the settings have changed; write the example again: stacktill init --force {NAME}"
    )


def test_as_it_stands_it_changes_nothing(repository: Path) -> None:
    settings = load_settings(repository / NAME, {})
    assert settings == Settings()
    assert list(settings.plugins) == list(Settings().plugins)
    defaults = load_plugins(Settings()).plugins
    for name, plugin in load_plugins(settings).plugins.items():
        assert plugin.config == defaults[name].config


def test_every_line_of_it_can_be_put_in_force(example: str, tmp_path: Path) -> None:
    folder = tmp_path / "plugins.d"
    folder.mkdir()
    text = re.sub(r"^#(?=\w)", "", example, flags=re.MULTILINE)
    assert text.count("\nport = 8080\n") == 1
    (tmp_path / "all.toml").write_text(text.replace("./plugins.d", str(folder)))
    settings = load_settings(tmp_path / "all.toml", {})
    assert settings.server.public_url == "https://pay.example.com"
    for name, table in settings.plugins.items():
        assert table.keys() == set(load_plugins(settings).plugins[name].config.__struct_fields__)
