"""``stacktill audit``: whether the audit log still is what was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from stacktill.cli.opening import on_storage
from stacktill.cli.options import config_option, json_option
from stacktill.cli.output import say, say_json, say_table

if TYPE_CHECKING:
    from stacktill.domain.audit import AuditEntry
    from stacktill.plugin import Storage

__all__ = ["audit"]


@click.group()
def audit() -> None:
    """Check the audit log."""


@audit.command()
@config_option
@click.option("--merchant", help="Only this merchant's; else every one's.")
@click.option(
    "--contains", help="A hash noted earlier, which an entry must have: nothing was cut off then."
)
@json_option
def verify(
    *, config: Path | None, merchant: str | None, contains: str | None, as_json: bool
) -> None:
    """Read every entry and its hash; the exit status is 1 if anything does not fit."""

    async def work(storage: Storage) -> tuple[list[dict[str, object]], bool]:
        return await _verify(storage, merchant, contains)

    chains, has_hash = on_storage(config, work)
    is_sound = all(chain["fault"] is None for chain in chains) and has_hash
    if as_json:
        say_json({"sound": is_sound, "chains": chains})
    else:
        rows = [
            [str(chain[name] if chain[name] is not None else "-") for name in HEADS]
            for chain in chains
        ]
        say_table([name.upper() for name in HEADS], rows)
        if not has_hash:
            say(f"No entry has the hash {contains}: the log is not the one that had it.")
        say("The audit log is whole." if is_sound else "The audit log is NOT whole.")
    if not is_sound:
        raise SystemExit(1)


HEADS = ("merchant", "mode", "entries", "head", "fault")


async def _verify(
    storage: Storage, merchant: str | None, contains: str | None
) -> tuple[list[dict[str, object]], bool]:
    from stacktill.cli.listing import all_of, the_merchant

    if merchant is None:
        owners = [one.id for one in await all_of(storage, lambda uow: uow.merchants, {})]
    else:
        owners = [await the_merchant(storage, merchant)]
    chains: list[dict[str, object]] = []
    for owner in owners:
        for livemode in (False, True):
            last, fault = await _chain(storage, owner, livemode=livemode)
            if last is None and fault is None:
                continue
            chains.append(
                {
                    "merchant": owner,
                    "mode": "live" if livemode else "test",
                    "entries": 0 if last is None else last.number,
                    "head": None if last is None else last.hash,
                    "fault": fault,
                }
            )
    if contains is None:
        return chains, True
    wanted = {"hash": contains.strip().lower()}
    found = await storage.scan(lambda uow: uow.audit_entries.find(wanted, limit=1))
    return chains, bool(found)


async def _chain(
    storage: Storage, owner: str, *, livemode: bool
) -> tuple[AuditEntry | None, str | None]:
    """The last good entry of a chain, and what is wrong behind it."""
    from stacktill.application.audit import check_page
    from stacktill.application.services import Caller

    caller, last = Caller(owner, livemode), None
    while True:
        check = await storage.scan(check_page, caller, last)
        last = check.last
        if check.fault is not None:
            return last, f"entry {check.fault.number}: {check.fault.reason}"
        if check.is_done:
            return last, None
