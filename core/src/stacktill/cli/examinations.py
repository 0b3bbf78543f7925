"""What ``stacktill doctor`` looks at, one finding after the other."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stacktill.application.unread import unread_blocks
from stacktill.cli.options import settings_from
from stacktill.cli.server_link import ServerLink, running_server
from stacktill.domain.errors import StacktillError
from stacktill.plugin import Chain, ChainUnavailable, Health, StorageUnavailable
from stacktill.runtime.appliance import Appliance, open_appliance
from stacktill.runtime.config import Settings
from stacktill.runtime.plugin_host import load_plugins
from stacktill.runtime.sponsor_line import SponsorLine

__all__ = ["Finding", "examine"]

LOW_DISK_BYTES = 1_000_000_000
SKEW_SECONDS = 60
MOST_TOLD = 20
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, what was seen, and how to mend it."""

    ok: bool
    what: str
    detail: str
    mend: str = ""


def examine(config: Path | None) -> Iterator[Finding]:
    """Look at everything; what cannot be looked at because of an earlier fault is left out."""
    try:
        settings = settings_from(config)
        count = len(load_plugins(settings).plugins)
    except StacktillError as error:
        for line in error.message.splitlines():
            yield Finding(False, "configuration", line, "Mend it; 'stacktill check' looks again.")
        return
    yield Finding(True, "configuration", f"{count} plugins are on")
    folder = _folder(settings.data_dir)
    yield folder
    if not folder.ok and not os.access(settings.data_dir, os.W_OK):
        return
    yield _secrets(settings.data_dir)
    yield _disk(settings.data_dir)
    server, finding = _server(settings)
    yield finding
    if server is not None:
        yield from _ready(server)
    yield from asyncio.run(_inside(settings))


def _folder(path: Path) -> Finding:
    what = "data folder"
    if not path.exists():
        parent = next(one for one in path.absolute().parents if one.exists())
        if os.access(parent, os.W_OK):
            return Finding(True, what, f"{path} is not there yet; the server makes it")
        return Finding(
            False, what, f"{path} cannot be made in {parent}", "Give it to the server's user."
        )
    if not path.is_dir() or not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            False,
            what,
            f"{path} cannot be written by this user",
            "Run this as the server's user, or give the folder to it with chown.",
        )
    if path.stat().st_mode & OTHERS:
        return Finding(False, what, f"{path} is open to other users", f"Close it: chmod 700 {path}")
    return Finding(True, what, f"{path} is writable, and closed to other users")


def _secrets(folder: Path) -> Finding:
    """Files with secrets may be read by their owner alone."""
    secrets = [folder / "operator.token", *folder.glob("keys*")]
    secrets += [inner for path in secrets if path.is_dir() for inner in path.rglob("*")]
    wide = [str(path) for path in secrets if path.exists() and path.stat().st_mode & OTHERS]
    if wide:
        mend = f"Close them: chmod -R go= {' '.join(wide)}"
        return Finding(False, "secrets", f"{', '.join(wide)} can be read by other users", mend)
    return Finding(True, "secrets", "no other user can read them")


def _disk(folder: Path) -> Finding:
    there = folder if folder.exists() else next(p for p in folder.absolute().parents if p.exists())
    usage = shutil.disk_usage(there)
    detail = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.1f} GB are free"
    return Finding(
        usage.free >= LOW_DISK_BYTES and usage.free / usage.total >= 0.05,
        "disk",
        detail,
        "Make room: without it payments cannot be written down.",
    )


def _server(settings: Settings) -> tuple[ServerLink | None, Finding]:
    try:
        server = running_server(settings)
    except StacktillError as error:
        return None, Finding(False, "server", error.message)
    if server is not None:
        return server, Finding(True, "server", f"runs at {server.url} (process {server.pid})")
    host, port = settings.server.host, settings.server.port
    fault = _port_fault(host, port)
    if fault is None:
        return None, Finding(True, "server", f"does not run; {host} port {port} is free")
    mend = "Stop what listens there, or set server.host and server.port."
    return None, Finding(False, "server", f"{host} port {port} cannot be used: {fault}", mend)


def _port_fault(host: str, port: int) -> str | None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _ready(server: ServerLink) -> Iterator[Finding]:
    """What the running server says of its own parts."""
    try:
        _, answer = server.get("/health/ready")
    except StacktillError as error:
        mend = "Look at its log; restart it if it hangs."
        yield Finding(False, "server", error.message, mend)
        return
    for name, part in answer.get("parts", {}).items():
        yield Finding(bool(part["ok"]), f"server's {name}", str(part["detail"]), "See its log.")


async def _inside(settings: Settings) -> list[Finding]:
    """What only the opened appliance shows: the books, the chains, the clock."""
    try:
        async with open_appliance(settings, loops=False) as appliance:
            findings = await _parts(appliance)
            findings += await _sponsors(appliance)
            for chain in (appliance.services.test_chain, appliance.services.live_chain):
                if chain is not None:
                    findings += await _chain(chain)
                    findings += await _unread(appliance, chain)
            return findings
    except (StacktillError, StorageUnavailable, ChainUnavailable, OSError) as error:
        return [Finding(False, "opening", str(error), "Mend it, then run the doctor again.")]


async def _parts(appliance: Appliance) -> list[Finding]:
    health = await appliance.health()
    mends = {
        "storage": "Restore the newest backup if it is damaged.",
        "notification": "Look at [plugins.notify_…] in the configuration.",
        "notices": "Look at [plugins.notify_email] in the configuration.",
        "outbox": "Start the server: it sends what waits.",
    }
    return [_finding(name, health[name], mend) for name, mend in mends.items() if name in health]


async def _sponsors(appliance: Appliance) -> list[Finding]:
    """Whether each account that pays payers' network fees has enough for a while."""
    if not appliance.services.sponsoring.daily_budget_ustx:
        return []
    findings = [await _purse(line) for line in appliance.sponsor_lines.values()]
    if appliance.services.live_chain is not None and True not in appliance.sponsor_lines:
        detail = "[sponsor] has a budget, and nothing in live mode has a key that pays"
        mend = "Set sponsor_key of the chain's plugin: docs/how-to/sponsor-payments.md."
        findings.append(Finding(False, "sponsor", detail, mend))
    return findings


async def _purse(line: SponsorLine) -> Finding:
    mend = "Send that account STX: docs/how-to/sponsor-payments.md."
    try:
        return Finding(await line.look_at_purse(), "sponsor", line.health().detail, mend)
    except ChainUnavailable as error:
        return Finding(False, "sponsor", str(error), "Look at the chain below.")


async def _chain(chain: Chain) -> list[Finding]:
    what = f"chain {chain.chain_id}"
    health = await chain.health()
    findings = [_finding(what, health, "Look at the chain's plugin in the configuration.")]
    if not health.ok:
        return findings
    ahead = (await chain.tip()).time - chain.clock.now()
    if ahead > SKEW_SECONDS:
        detail = f"the newest block of {chain.chain_id} is {ahead} s in the future"
        findings.append(
            Finding(False, "clock", detail, "Set this machine's clock: timedatectl set-ntp true")
        )
    else:
        findings.append(Finding(True, "clock", f"agrees with {chain.chain_id}"))
    return findings


async def _unread(appliance: Appliance, chain: Chain) -> list[Finding]:
    """A finding for each block that is in the books without what nobody could read."""
    unread = await appliance.storage.read(unread_blocks, chain.chain_id)
    return [
        Finding(
            False,
            f"block {one.height} of {chain.chain_id}",
            f"{', '.join(one.transactions)} could not be read: {one.why}",
            "It is tried again and again; look there whether it pays one of your stores.",
        )
        for one in unread[:MOST_TOLD]
    ]


def _finding(what: str, health: Health, mend: str) -> Finding:
    return Finding(health.ok, what, health.detail, mend)
