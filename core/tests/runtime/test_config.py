"""Settings: defaults, file, environment, and faults that say where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacktill.domain.errors import ConfigError
from stacktill.runtime.config import DEFAULT_PLUGINS, Settings, load_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, text: str) -> Path:
    """Write a config file and return its path, as an operator would name it."""
    (folder / "config.toml").write_text(text)
    return Path("config.toml")


def faults(config: Path | None, environ: dict[str, str] | None = None) -> list[str]:
    """Return the lines with which a configuration is refused."""
    with pytest.raises(ConfigError) as refused:
        load_settings(config, environ or {})
    return refused.value.message.splitlines()


def test_without_anything_the_defaults_are_taken(folder: Path) -> None:
    settings = load_settings(environ={})
    assert settings == Settings()
    assert tuple(settings.plugins) == DEFAULT_PLUGINS
    assert settings.server.url == "http://127.0.0.1:8080"
    assert settings.data_dir == Path("data")
    assert settings.plugins_dir is None


def test_the_file_is_named_or_found(folder: Path) -> None:
    (folder / "one.toml").write_text("[server]\nport = 1")
    (folder / "two.toml").write_text("[server]\nport = 2")
    environ = {"STACKTILL_CONFIG": "two.toml"}
    assert load_settings(Path("one.toml"), environ).server.port == 1
    assert load_settings(None, environ).server.port == 2
    (folder / "stacktill.toml").write_text("[server]\nport = 3")
    assert load_settings(None, {}).server.port == 3


def test_a_missing_file_is_a_fault(folder: Path) -> None:
    (line,) = faults(Path("gone.toml"))
    assert line == "gone.toml: cannot be read: No such file or directory"


def test_a_syntax_error_has_its_line(folder: Path) -> None:
    (line,) = faults(written(folder, "[server]\nport 80\n"))
    assert line.startswith("config.toml: ")
    assert "line 2" in line


def test_all_faults_come_at_once_and_say_where(folder: Path) -> None:
    config = written(
        folder,
        """
        [server]
        port = "80"
        prot = 1
        [limits]
        requests_per_second = -1
        [log]
        level = "loud"
        [chian]
        """,
    )
    assert faults(config, {"STACKTILL__LIMITS__BODY_BYTES": "many"}) == [
        "config.toml [server]: port: expected a whole number, found '80'",
        "config.toml [server]: unknown field 'prot' (did you mean 'port'?)",
        "config.toml [limits]: requests_per_second: expected a number >= 0.0, found -1",
        "STACKTILL__LIMITS__BODY_BYTES: expected a whole number, found 'many'",
        "config.toml [log]: level: expected one of debug, info, warning, error",
        "config.toml: unknown table or field 'chian' (did you mean 'chain'?)",
    ]


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("SERVER__DATA_DIR", "/srv/till", ("server", "data_dir", "/srv/till")),
        ("SERVER__PORT", "9000", ("server", "port", 9000)),
        ("SERVER__DOCS", "false", ("server", "docs", False)),
        ("SERVER__DRAIN_SECONDS", "1.5", ("server", "drain_seconds", 1.5)),
        ("SERVER__PUBLIC_URL", "", ("server", "public_url", None)),
        (
            "SERVER__TRUSTED_PROXIES",
            "10.0.0.0/8, ::1",
            ("server", "trusted_proxies", ("10.0.0.0/8", "::1")),
        ),
        ("SERVER__CORS_ORIGINS", "", ("server", "cors_origins", ())),
        ("LIMITS__REQUESTS_PER_SECOND", "0", ("limits", "requests_per_second", 0.0)),
        ("LOG__FORMAT", "console", ("log", "format", "console")),
    ],
)
def test_the_environment_goes_before_the_file(
    folder: Path, variable: str, text: str, expected: tuple[str, str, object]
) -> None:
    config = written(folder, "[server]\nport = 1\ncors_origins = ['*']")
    table, key, value = expected
    settings = load_settings(config, {f"STACKTILL__{variable}": text})
    assert getattr(getattr(settings, table), key) == value


@pytest.mark.parametrize(
    ("variable", "text", "fault"),
    [
        ("SERVER__PROT", "1", "there is no setting 'server.prot' (did you mean 'port'?)"),
        ("SERVR__PORT", "1", "there is no setting 'servr' (did you mean 'server'?)"),
        ("SERVER__PORT__X", "1", "expected a whole number, found a table"),
        ("SERVER__PORT", "70000", "expected a whole number <= 65535, found '70000'"),
        ("SERVER__DOCS", "maybe", "expected true or false, found 'maybe'"),
        ("SERVER__", "1", "write STACKTILL__TABLE__KEY, such as STACKTILL__SERVER__PORT"),
        (
            "PLUGINS__TIP_JAR",
            "maybe",
            "write STACKTILL__PLUGINS__NAME=true or =false, or add __KEY",
        ),
    ],
)
def test_a_wrong_variable_is_named(folder: Path, variable: str, text: str, fault: str) -> None:
    (line,) = faults(None, {f"STACKTILL__{variable}": text})
    assert line.endswith(fault)
    assert line.startswith((f"STACKTILL__{variable}: ", "[server]: port: "))


def test_a_secret_may_lie_in_a_file(folder: Path) -> None:
    (folder / "host").write_text("::1\n")
    settings = load_settings(None, {"STACKTILL__SERVER__HOST_FILE": "host"})
    assert settings.server.host == "::1"
    assert settings.server.url == "http://[::1]:8080"
    both = {"STACKTILL__SERVER__HOST_FILE": "host", "STACKTILL__SERVER__HOST": "::1"}
    assert faults(None, both) == [
        "STACKTILL__SERVER__HOST_FILE: STACKTILL__SERVER__HOST is set too; keep one of them"
    ]
    gone = {"STACKTILL__SERVER__HOST_FILE": "gone"}
    assert faults(None, gone) == [
        "STACKTILL__SERVER__HOST_FILE: cannot read gone: No such file or directory"
    ]


def test_plugins_are_those_of_the_file_in_its_order(folder: Path) -> None:
    config = written(folder, "[plugins.b]\nx = 1\n[plugins.a]\n")
    settings = load_settings(config, {"STACKTILL__PLUGINS__C__KEY": "1"})
    assert list(settings.plugins) == ["b", "a", "c"]
    assert settings.plugins["b"] == {"x": 1}


def test_the_environment_switches_plugins_on_and_off(folder: Path) -> None:
    environ = {
        "STACKTILL__PLUGINS__TIP_JAR": "true",
        "STACKTILL__PLUGINS__NOTIFY_WEBHOOK": "false",
    }
    settings = load_settings(None, environ)
    assert list(settings.plugins) == ["storage_sqlite", "chain_sandbox", "tip_jar"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("plugins = 5", "config.toml [plugins]: expected one table per plugin"),
        ("[plugins]\na = 1", "config.toml [plugins]: 'a' is no table; write [plugins.a]"),
        ("server = 5", "config.toml: server: expected a table, found a whole number"),
        ("[server]\ntls_key = 'k'", "config.toml [server]: tls_key is set, but tls_certificate"),
        ("[server]\npublic_url = 'x.org'", "config.toml [server]: public_url: 'x.org' must be"),
        ("[server]\npublic_url = 'http://x/'", "config.toml [server]: public_url: 'http://x/'"),
        ("[server]\ncors_origins = ['http://x/y']", "config.toml [server]: cors_origins: "),
        ("[server]\ntrusted_proxies = ['here']", "config.toml [server]: trusted_proxies: 'here'"),
        ("[server]\ncors_origins = [1]", "config.toml [server]: cors_origins: expected a text"),
    ],
)
def test_values_are_seen_together(folder: Path, text: str, fault: str) -> None:
    (line,) = faults(written(folder, text))
    assert line.startswith(fault)


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ({"PUBLIC_URL": "https://pay.example.com/till"}, "https://pay.example.com/till"),
        ({"HOST": "0.0.0.0", "PORT": "81"}, "http://localhost:81"),
        ({"TLS_CERTIFICATE": "c.pem"}, "https://127.0.0.1:8080"),
    ],
)
def test_the_box_knows_its_address(folder: Path, server: dict[str, str], url: str) -> None:
    environ = {f"STACKTILL__SERVER__{key}": value for key, value in server.items()}
    assert load_settings(None, environ).server.url == url
