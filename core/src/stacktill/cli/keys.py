"""``stacktill keys``: list, create, roll and revoke API keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import rich_click as click

from stacktill.cli.opening import on_appliance, on_storage
from stacktill.cli.options import config_option, json_option
from stacktill.cli.output import moment, say, say_json, say_table
from stacktill.domain.merchants import KeyKind

if TYPE_CHECKING:
    from stacktill.application.keys import NewKey
    from stacktill.domain.merchants import ApiKey
    from stacktill.plugin import Storage
    from stacktill.runtime.appliance import Appliance

__all__ = ["keys"]

DAY_SECONDS = 86_400


@click.group()
def keys() -> None:
    """List, create, roll and revoke API keys."""


@keys.command("list")
@config_option
@click.option("--merchant", help="Only this merchant's keys.")
@json_option
def list_(config: Path | None, merchant: str | None, as_json: bool) -> None:
    """List keys: what they are for, never the keys themselves."""
    from stacktill.cli.listing import all_of

    async def work(storage: Storage) -> list[ApiKey]:
        where = {} if merchant is None else {"merchant_id": merchant}
        return await all_of(storage, lambda uow: uow.api_keys, where)

    found = on_storage(config, work)
    if as_json:
        say_json([_shown(key) for key in found])
        return
    rows = [
        [
            key.id,
            key.merchant_id,
            "live" if key.livemode else "test",
            key.kind,
            key.hint,
            _state(key),
            key.name or "-",
        ]
        for key in found
    ]
    say_table(["ID", "MERCHANT", "MODE", "KIND", "KEY", "STATE (UTC)", "NAME"], rows)


@keys.command()
@config_option
@click.option("--merchant", help="Whose key; not needed while there is only one merchant.")
@click.option(
    "--kind",
    type=click.Choice(get_args(KeyKind)),
    default="secret",
    show_default=True,
    help="What the key may do: everything, what a payer's page may, or what --scopes says.",
)
@click.option(
    "--scopes",
    default="",
    help="For a restricted key, by comma: such as payment_intents:write,events:read.",
)
@click.option("--name", help="A name to know the key by.")
@click.option("--live", is_flag=True, help="Make a live key instead of a test key.")
@json_option
def create(
    *,
    config: Path | None,
    merchant: str | None,
    kind: KeyKind,
    scopes: str,
    name: str | None,
    live: bool,
    as_json: bool,
) -> None:
    """Make a key and print it; nothing can show it again."""
    wanted = tuple(scope.strip() for scope in scopes.split(",") if scope.strip())
    if (kind == "restricted") != bool(wanted):
        raise click.UsageError("--scopes and --kind restricted belong together")

    async def work(appliance: Appliance) -> NewKey:
        from stacktill.application.keys import create_key
        from stacktill.cli.listing import the_merchant

        if live:
            appliance.services.chain(livemode=True)
        return await appliance.storage.write(
            create_key,
            appliance.services,
            await the_merchant(appliance.storage, merchant),
            livemode=live,
            kind=kind,
            name=name,
            scopes=wanted,
        )

    _say_new(on_appliance(config, work), as_json=as_json)


@keys.command()
@click.argument("key_id")
@config_option
@click.option(
    "--overlap",
    type=click.IntRange(0, 30 * DAY_SECONDS),
    default=DAY_SECONDS,
    show_default=True,
    help="For how many seconds the old key still opens.",
)
@json_option
def roll(key_id: str, config: Path | None, overlap: int, as_json: bool) -> None:
    """Make a successor of the key KEY_ID (key_…) and print it."""

    async def work(appliance: Appliance) -> NewKey:
        from stacktill.application.keys import roll_key

        return await appliance.storage.write(
            roll_key, appliance.services, key_id, overlap_seconds=overlap
        )

    _say_new(on_appliance(config, work), as_json=as_json)


@keys.command()
@click.argument("key_id")
@config_option
def revoke(key_id: str, config: Path | None) -> None:
    """Close the key KEY_ID (key_…) at once."""

    async def work(appliance: Appliance) -> ApiKey:
        from stacktill.application.keys import revoke_key

        return await appliance.storage.write(revoke_key, appliance.services, key_id)

    closed = on_appliance(config, work)
    say(f"{closed.id} ({closed.hint}) opens nothing any more.")


def _say_new(made: NewKey, *, as_json: bool) -> None:
    if as_json:
        say_json({**_shown(made.record), "key": made.text})
        return
    say(f"{made.record.id}  {made.text}")
    say("Keep it safe: it is not shown again.")


def _shown(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "merchant": key.merchant_id,
        "livemode": key.livemode,
        "kind": key.kind,
        "hint": key.hint,
        "name": key.name,
        "scopes": list(key.scopes),
        "created": key.created,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {moment(key.revoked_at)}"
    if key.expires_at is not None:
        return f"until {moment(key.expires_at)}"
    return "open"
