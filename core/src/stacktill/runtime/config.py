"""The settings of the appliance: every one has a default that works."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from stacktill.domain.errors import ConfigError
from stacktill.domain.fees import FeeSchedule
from stacktill.domain.sponsorships import SponsorPolicy
from stacktill.runtime.config_decode import EnvText, Place, RawTable, decode_table
from stacktill.runtime.config_sources import environment_over, find_config, read_toml

__all__ = [
    "DEFAULT_PLUGINS",
    "ChainTable",
    "FaultySettings",
    "FeesTable",
    "LimitsTable",
    "LogTable",
    "ServerTable",
    "Settings",
    "SettlementTable",
    "SponsorTable",
    "load_settings",
]

DEFAULT_PLUGINS = ("storage_sqlite", "chain_sandbox", "notify_webhook")
"""What a box runs whose configuration names no plugin."""

_EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - compared with, not bound to


class ServerTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[server]``: where the appliance lives and listens."""

    data_dir: Annotated[
        str, Meta(min_length=1, description="The folder for everything that the box writes.")
    ] = "./data"
    host: Annotated[
        str,
        Meta(min_length=1, description="The address to listen on; 0.0.0.0 is every address."),
    ] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65_535, description="The port to listen on; 0 takes any free one.")
    ] = 8080
    public_url: Annotated[
        str | None,
        Meta(
            description="The address that payers and shops reach this box at, without a slash at "
            "the end. When not set: made of host and port.",
            examples=["https://pay.example.com"],
        ),
    ] = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Networks whose X-Forwarded-For and X-Forwarded-Proto are believed.",
            examples=[["10.0.0.0/8"]],
        ),
    ] = ()
    cors_origins: Annotated[
        tuple[str, ...],
        Meta(
            description='Origins whose pages may call the API from a browser; "*" allows all.',
            examples=[["https://shop.example.com"]],
        ),
    ] = ()
    tls_certificate: Annotated[
        str | None,
        Meta(
            description="A PEM file with the certificate and its chain. When not set: plain HTTP.",
            examples=["/etc/stacktill/tls.crt"],
        ),
    ] = None
    tls_key: Annotated[
        str | None,
        Meta(
            description="A PEM file with the private key, when it is not in tls_certificate.",
            examples=["/etc/stacktill/tls.key"],
        ),
    ] = None
    drain_seconds: Annotated[
        float,
        Meta(ge=0, le=600, description="How long requests in flight may take after SIGTERM."),
    ] = 8.0
    header_timeout_seconds: Annotated[
        float, Meta(gt=0, le=600, description="How long a client may take to send its headers.")
    ] = 10.0
    docs: Annotated[bool, Meta(description="Whether the API's documents are served.")] = True
    demo: Annotated[
        bool | None,
        Meta(
            description="Whether the demo shop is at /demo, in test mode. "
            "When not set: only while no live chain is configured.",
            examples=[False],
        ),
    ] = None
    plugins_dir: Annotated[
        str | None,
        Meta(
            description="A folder whose *.py files are plugins, each of them on. "
            "When not set: none are looked for.",
            examples=["./plugins.d"],
        ),
    ] = None

    def __post_init__(self) -> None:
        """Refuse what only shows when values are read as addresses, or seen together."""
        if self.tls_key is not None and self.tls_certificate is None:
            raise ValueError("tls_key is set, but tls_certificate is not; set both")
        if self.public_url is not None:
            _check_url("public_url", self.public_url, with_path=True)
        for origin in self.cors_origins:
            if origin != "*":
                _check_url("cors_origins", origin, with_path=False)
        for network in self.trusted_proxies:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError as error:
                raise ValueError(
                    f"trusted_proxies: '{network}' is no network; write it like 10.0.0.0/8"
                ) from error

    @property
    def url(self) -> str:
        """The address of this box: ``public_url``, or one made of host and port."""
        if self.public_url is not None:
            return self.public_url
        host = "localhost" if self.host in _EVERYWHERE else self.host
        scheme = "http" if self.tls_certificate is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"


class LimitsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[limits]``: how much one caller, and all of them, may ask for."""

    requests_per_second: Annotated[
        float,
        Meta(
            ge=0,
            description="Requests per second and secret key, or per address without one; "
            "0 switches the limit off.",
        ),
    ] = 100.0
    burst_seconds: Annotated[
        float,
        Meta(
            gt=0,
            le=3600,
            description="The sliding window: the requests of that many seconds may come at once.",
        ),
    ] = 2.0
    body_bytes: Annotated[int, Meta(ge=1024, description="The largest request body, in bytes.")] = (
        1_000_000
    )
    max_event_streams: Annotated[
        int, Meta(ge=0, description="How many live status streams may be open at once.")
    ] = 4096


class ChainTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[chain]``: how the chains are watched, and when that is called unhealthy."""

    poll_seconds: Annotated[
        float,
        Meta(
            gt=0,
            le=600,
            description="How often a chain is looked at when it does not say itself that it moved.",
        ),
    ] = 2.0
    unhealthy_after_seconds: Annotated[
        float,
        Meta(
            gt=0,
            description="The box is not ready when its books are behind a chain for that long.",
        ),
    ] = 60.0


class FeesTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[fees]``: what whoever runs the box asks of its merchants."""

    tiers: Annotated[
        dict[str, Annotated[int, Meta(ge=0, le=1_000)]],
        Meta(
            description="Basis points (hundredths of a percent, at most 1000) by the tier's name, "
            "such as { standard = 100, charity = 0 }. None: no fees."
        ),
    ] = msgspec.field(default_factory=dict)
    default_tier: Annotated[
        str | None,
        Meta(
            description="The tier of merchants that 'stacktill merchant tier' put into no other. "
            "When not set: they pay no fee.",
            examples=["standard"],
        ),
    ] = None
    min_sats: Annotated[int, Meta(ge=0, description="The least fee on a payment, in sats.")] = 0
    max_sats: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(
            description="The greatest fee on a payment, in sats. When not set: without a bound.",
            examples=[100_000],
        ),
    ] = None
    test_recipient: Annotated[
        str | None,
        Meta(
            description="The address that fees of test mode are paid to. When not set: none are.",
            examples=["ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP"],
        ),
    ] = None
    live_recipient: Annotated[
        str | None,
        Meta(
            description="The address that fees of live mode are paid to. When not set: none are.",
            examples=["SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"],
        ),
    ] = None

    def __post_init__(self) -> None:
        """Refuse what only shows when values are seen together."""
        if self.tiers and self.default_tier not in (None, *self.tiers):
            raise ValueError(f"default_tier: '{self.default_tier}' is none of tiers")
        if self.max_sats is not None and self.max_sats < self.min_sats:
            raise ValueError("max_sats is less than min_sats")

    @property
    def schedule(self) -> FeeSchedule:
        """The same as the use cases want it."""
        recipients = {False: self.test_recipient, True: self.live_recipient}
        return FeeSchedule(
            tiers=self.tiers,
            default_tier=self.default_tier,
            min_sats=self.min_sats,
            max_sats=self.max_sats,
            recipients={mode: one for mode, one in recipients.items() if one is not None},
        )


class SponsorTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[sponsor]``: what is spent on the network fees of payers without STX."""

    daily_budget_ustx: Annotated[
        int,
        Meta(
            ge=0,
            description="Micro-STX per UTC day and mode; 0 sponsors nobody. The chain's plugin has the "
            "key that pays.",
        ),
    ] = 0
    max_fee_ustx: Annotated[
        int, Meta(ge=1, description="The most that is paid for one payment, in micro-STX.")
    ] = 50_000
    payer_payments_per_day: Annotated[
        int, Meta(ge=1, le=1_000, description="How often one address is helped per UTC day.")
    ] = 5

    @property
    def policy(self) -> SponsorPolicy:
        """The same as the use cases want it."""
        return SponsorPolicy(
            daily_budget_ustx=self.daily_budget_ustx,
            max_fee_ustx=self.max_fee_ustx,
            payer_payments_per_day=self.payer_payments_per_day,
        )


class SettlementTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[settlement]``: how a store's own addresses change."""

    address_delay_seconds: Annotated[
        int,
        Meta(
            ge=3_600,
            le=30 * 86_400,
            description="How long a new settlement address is announced, and can be canceled, when "
            "the wallet of the one in force does not sign for it.",
        ),
    ] = 3 * 86_400


class LogTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[log]``: what is written to standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least that is logged.")
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "console"],
        Meta(
            description="One JSON object per line, or lines for people; auto: lines for people on "
            "a terminal, else JSON."
        ),
    ] = "auto"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings; ``plugins`` holds each plugin's table as it was written, in that order."""

    server: ServerTable = ServerTable()
    limits: LimitsTable = LimitsTable()
    chain: ChainTable = ChainTable()
    settlement: SettlementTable = SettlementTable()
    fees: FeesTable = FeesTable()
    sponsor: SponsorTable = SponsorTable()
    log: LogTable = LogTable()
    plugins: dict[str, dict[str, Any]] = msgspec.field(
        default_factory=lambda: {name: {} for name in DEFAULT_PLUGINS}
    )

    @property
    def data_dir(self) -> Path:
        """The folder for everything that the box writes."""
        return Path(self.server.data_dir)

    @property
    def plugins_dir(self) -> Path | None:
        """The folder of drop-in plugins, if there is one."""
        return None if self.server.plugins_dir is None else Path(self.server.plugins_dir)


class FaultySettings(ConfigError):
    """Some settings are wrong; ``rest`` has the defaults in their place, to look for more faults.

    It is None where a default would lead to faults that are none.
    """

    def __init__(self, message: str, *, rest: Settings | None) -> None:
        super().__init__(message)
        self.rest = rest


def load_settings(config: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the file, if there is one, and from the environment.

    ``config`` names the file, else ``STACKTILL_CONFIG`` does, else ./stacktill.toml is taken when
    it exists. Raise ``ConfigError`` with one line per fault. What is in a plugin's own table is
    decoded by the plugin host, because only the plugin knows its settings.
    """
    environ = os.environ if environ is None else environ
    path = find_config(config, environ)
    tables = {} if path is None else read_toml(path)
    file = None if path is None else str(path)
    if not tables.get("plugins"):
        tables["plugins"] = {name: {} for name in DEFAULT_PLUGINS}
    tables = environment_over(tables, environ)
    plugins, faults = _plugin_tables(tables.pop("plugins"), Place(file, "plugins"))
    decoded = decode_table(Settings, tables, Place(file, ""))
    faults = [*decoded.faults, *faults]
    if decoded.value is None or faults:
        raise FaultySettings("\n".join(faults), rest=_without_faults(tables, plugins))
    return msgspec.structs.replace(decoded.value, plugins=plugins)


def _without_faults(
    tables: Mapping[str, Any], plugins: dict[str, dict[str, Any]]
) -> Settings | None:
    """The settings that plugins are loaded by, when those can be relied on."""
    raw = tables.get("server", {})
    if not isinstance(raw, Mapping) or not raw.get("plugins_dir"):
        return Settings(plugins=plugins)
    server = decode_table(ServerTable, raw, Place(None, "server")).value
    return None if server is None else Settings(server=server, plugins=plugins)


def _plugin_tables(raw: Any, place: Place) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Each plugin's table with its place, and what is no table."""
    if not isinstance(raw, Mapping):
        return {}, [f"{place}: expected one table per plugin, such as [plugins.storage_sqlite]"]
    faults: list[str] = []
    tables: dict[str, dict[str, Any]] = {}
    for name, table in raw.items():
        if isinstance(table, Mapping):
            tables[name] = RawTable(table, place.inner(name))
        elif isinstance(table, EnvText):
            faults.append(f"{table.variable}: name a plugin and one of its settings")
        else:
            faults.append(f"{place}: '{name}' is no table; write [plugins.{name}]")
    return tables, faults


def _check_url(key: str, url: str, *, with_path: bool) -> None:
    parts = urlsplit(url)
    is_clean = not (parts.query or parts.fragment or "@" in parts.netloc or url.endswith("/"))
    if parts.path and not with_path:
        raise ValueError(f"{key}: '{url}' must have no path; write it like https://shop.example")
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_clean:
        raise ValueError(
            f"{key}: '{url}' must be http:// or https:// and a host, without a slash at the end"
        )
