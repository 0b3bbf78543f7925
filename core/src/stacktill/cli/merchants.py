"""``stacktill merchant``: register stores, and list them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from stacktill.cli.addresses import address
from stacktill.cli.branding import brand
from stacktill.cli.opening import on_appliance, on_storage
from stacktill.cli.options import config_option, json_option
from stacktill.cli.output import moment, say, say_json, say_table

if TYPE_CHECKING:
    from stacktill.application.merchants import NewMerchant
    from stacktill.domain.merchants import Merchant
    from stacktill.plugin import Storage
    from stacktill.runtime.appliance import Appliance

__all__ = ["merchant"]


@click.group()
def merchant() -> None:
    """Register and list merchants (stores)."""


@merchant.command()
@config_option
@click.option("--name", required=True, help="The store's name, as payers see it.")
@click.option("--email", help="Where the store's people can be reached.")
@click.option("--live", is_flag=True, help="Make live keys instead of test keys.")
@json_option
def create(*, config: Path | None, name: str, email: str | None, live: bool, as_json: bool) -> None:
    """Register a store and print its first keys; nothing can show them again."""
    from stacktill.runtime.registration import register_merchant

    async def work(appliance: Appliance) -> NewMerchant:
        return await register_merchant(appliance, name, email, livemode=live)

    made = on_appliance(config, work)
    if as_json:
        say_json(
            {
                "merchant": {
                    "id": made.merchant.id,
                    "name": made.merchant.name,
                    "email": made.merchant.email,
                    "livemode": live,
                },
                "secret_key": made.secret.text,
                "publishable_key": made.publishable.text,
            }
        )
        return
    say(f"merchant         {made.merchant.id}  {made.merchant.name}")
    say(f"secret key       {made.secret.text}")
    say(f"publishable key  {made.publishable.text}")
    say("Keep the secret key safe: it is not shown again.")


@merchant.command()
@click.argument("name", required=False)
@config_option
@click.option("--merchant", help="Whose; not needed while there is only one merchant.")
def tier(name: str | None, config: Path | None, merchant: str | None) -> None:
    """Put a merchant into the fee tier NAME of [fees]; without a NAME, into the default one."""
    from stacktill.application.fees import set_fee_tier
    from stacktill.cli.listing import the_merchant

    async def work(appliance: Appliance) -> Merchant:
        id = await the_merchant(appliance.storage, merchant)
        return await appliance.storage.write(set_fee_tier, appliance.services, id, name)

    changed = on_appliance(config, work)
    say(f"{changed.id} is in the tier {changed.fee_tier or 'that is the default'} from now on.")


@merchant.command("list")
@config_option
@json_option
def list_(config: Path | None, as_json: bool) -> None:
    """List all stores, the oldest first."""
    from stacktill.cli.listing import all_of

    async def work(storage: Storage) -> list[Merchant]:
        return await all_of(storage, lambda uow: uow.merchants, {})

    found = on_storage(config, work)
    if as_json:
        say_json(
            [
                {
                    "id": one.id,
                    "name": one.name,
                    "email": one.email,
                    "status": one.status,
                    "created": one.created,
                }
                for one in found
            ]
        )
        return
    rows = [[one.id, one.status, moment(one.created), one.name, one.email or "-"] for one in found]
    say_table(["ID", "STATUS", "CREATED (UTC)", "NAME", "EMAIL"], rows)


merchant.add_command(address)


merchant.add_command(brand)
