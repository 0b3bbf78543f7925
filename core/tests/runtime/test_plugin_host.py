"""Plugins are found by name or dropped as files, checked before use, and decoded strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacktill.domain.errors import ConfigError
from stacktill.domain.events import EVENT_TYPES
from stacktill.runtime.config import load_settings
from stacktill.runtime.plugin_checks import EVENT_HOOKS, HOOKS
from stacktill.runtime.plugin_host import PluginHost, load_plugins

HEAD = """
from stacktill.plugin import PluginConfig, PluginInfo, hookimpl

class Config(PluginConfig, frozen=True):
    greeting: str
    count: int = 1

@hookimpl
def stacktill_plugin():
    return PluginInfo(summary="Greets.", config=Config)
"""
BARE = """
from stacktill.plugin import PluginInfo, hookimpl

@hookimpl
def stacktill_plugin():
    return PluginInfo(summary="Does nothing.")
"""


def loaded(folder: Path, files: dict[str, str], config: str = "", **environ: str) -> PluginHost:
    """Load the default plugins and files from a drop-in folder."""
    (folder / "dropped").mkdir()
    for name, text in files.items():
        (folder / "dropped" / name).write_text(text)
    path = folder / "c.toml"
    path.write_text(f"[server]\nplugins_dir = '{folder / 'dropped'}'\n{config}")
    variables = {f"STACKTILL__PLUGINS__{name}": value for name, value in environ.items()}
    return load_plugins(load_settings(path, variables))


def faults(folder: Path, files: dict[str, str], config: str = "", **environ: str) -> list[str]:
    """Return why the plugins are refused, without the place that each line begins with."""
    with pytest.raises(ConfigError) as refused:
        loaded(folder, files, config, **environ)
    return [line.replace(f"{folder}/", "") for line in refused.value.message.splitlines()]


def test_the_default_plugins_are_found_by_their_entry_points() -> None:
    host = load_plugins(load_settings(environ={}))
    assert list(host.plugins) == ["storage_sqlite", "chain_sandbox", "notify_webhook"]
    for name, plugin in host.plugins.items():
        assert plugin.origin == f"stacktill-{name}".replace("_", "-")
        assert plugin.version
        assert plugin.info.summary
    assert list(host.implementations("stacktill_chain")) == ["chain_sandbox"]


def test_a_dropped_file_is_on_and_its_table_is_optional(tmp_path: Path) -> None:
    host = loaded(
        tmp_path,
        {"zebra.py": BARE, "_helper.py": "x", "greeter.py": HEAD},
        "[plugins.greeter]\ngreeting = 'hi'\n[plugins.storage_sqlite]",
        GREETER__COUNT="3",
    )
    assert list(host.plugins) == ["greeter", "storage_sqlite", "zebra"]
    assert host.plugins["greeter"].config.greeting == "hi"  # type: ignore[attr-defined]
    assert host.plugins["greeter"].config.count == 3  # type: ignore[attr-defined]
    assert host.plugins["greeter"].version == "file"
    assert list(host.implementations("stacktill_plugin")) == list(host.plugins)


def test_settings_of_plugins_are_strict(tmp_path: Path) -> None:
    lines = faults(
        tmp_path,
        {"greeter.py": HEAD},
        "[plugins.greeter]\ngreting = 'hi'\n[plugins.notify_webhook]\ntimeout_seconds = 'long'",
        GREETER__COUNT="some",
    )
    assert lines == [
        "c.toml [plugins.greeter]: unknown field 'greting' (did you mean 'greeting'?)",
        "STACKTILL__PLUGINS__GREETER__COUNT: expected a whole number, found 'some'",
        "c.toml [plugins.greeter]: 'greeting' is missing and has no default",
        "c.toml [plugins.notify_webhook]: timeout_seconds: expected a number, found 'long'",
    ]


def test_names_that_are_not_there_or_twice_are_refused(tmp_path: Path) -> None:
    lines = faults(
        tmp_path,
        {"chain_sandbox.py": BARE, "Tip-Jar.py": BARE},
        "[plugins.storage_sqlte]",
    )
    assert lines == [
        "dropped/Tip-Jar.py: name it in lower case with underscores, such as tip_jar.py",
        (
            "dropped/chain_sandbox.py: a plugin of the name 'chain_sandbox' is installed; "
            "rename the file"
        ),
        (
            "c.toml [plugins.storage_sqlte]: no plugin of the name 'storage_sqlte' is installed "
            "(did you mean 'storage_sqlite'?)"
        ),
    ]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    settings = load_settings(None, {"STACKTILL__SERVER__PLUGINS_DIR": str(tmp_path / "gone")})
    with pytest.raises(ConfigError, match=r"there is no folder .*gone"):
        load_plugins(settings)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit: 3"),
        ("x = (", "cannot be imported: SyntaxError: '(' was never closed"),
        ("y = 1", "it has no stacktill_plugin()"),
        (BARE.replace("@hookimpl", ""), "stacktill_plugin() is not marked with @hookimpl"),
        (BARE.replace("PluginInfo(", "dict("), "must answer a PluginInfo, not dict"),
        (BARE.replace("return", "return 1 / 0,"), "stacktill_plugin() failed: ZeroDivisionError"),
        (BARE.replace('.")', '.", config=int)'), "must be a class derived from PluginConfig"),
        (BARE.replace('.")', '.", api=(2, 0))'), "2.0 of the plugin API and this is 1.0; update s"),
        (BARE.replace('.")', '.", api=(1, 9))'), "1.9 of the plugin API and this is 1.0; update s"),
        (BARE.replace('.")', '.", api=(0, 9))'), "this is 1.0; update the plugin"),
        (BARE.replace("@hookimpl", "@hookimpl(wrapper=True)"), "plugins may not wrap each other"),
        (BARE.replace("@hookimpl", "@hookimpl(specname='x')"), "give the function the hook's own"),
        (
            BARE + "@hookimpl\ndef stacktill_pay_intent(): ...",
            "there is no hook stacktill_pay_intent()",
        ),
        (
            BARE + "@hookimpl\ndef stacktill_evnt(event): ...",
            "there is no hook stacktill_evnt() (did you mean 'stacktill_event'?)",
        ),
        (
            BARE + "@hookimpl\ndef stacktill_event(event): ...",
            "stacktill_event() must be async def, as every event hook",
        ),
        (
            BARE + "@hookimpl\nasync def stacktill_platform_fee(intent): ...",
            "stacktill_platform_fee() must be a plain def",
        ),
        (
            BARE + "@hookimpl\ndef stacktill_platform_fee(intend): ...",
            "stacktill_platform_fee() takes intend, but it may take intent, merchant, context",
        ),
    ],
)
def test_a_plugin_that_cannot_work_stops_the_start(tmp_path: Path, text: str, fault: str) -> None:
    (line,) = faults(tmp_path, {"broken.py": text})
    assert line.startswith("[plugins.broken]: ")
    assert fault in line


def test_every_event_hook_has_its_type() -> None:
    for hook, event_type in EVENT_HOOKS.items():
        assert event_type == "*" or event_type in EVENT_TYPES
        assert event_type == "*" or hook == f"stacktill_{event_type.replace('.', '_')}"
        assert list(HOOKS[hook].__annotations__) == ["event", "context", "return"]
