"""``stacktill button``: HTML for a shop's page, whose price no visitor can edit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from stacktill.cli.opening import on_appliance
from stacktill.cli.options import config_option, json_option
from stacktill.cli.output import say, say_json
from stacktill.domain.money import MAX_SATS

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["button"]

DAY_SECONDS = 86_400
LABEL = "Pay with Bitcoin"


@click.command()
@config_option
@click.option("--merchant", help="Whose; not needed while there is only one merchant.")
@click.option("--amount", type=click.IntRange(1, MAX_SATS), help="What a press costs, in sats.")
@click.option("--link", help="Or a payment link (plink_…) that a press leads to.")
@click.option("--description", help="What it is for, as the payer reads it.")
@click.option("--return-url", help="Where the payer returns to.")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=30,
    show_default=True,
    help="For how many days it works.",
)
@click.option("--label", default=LABEL, show_default=True, help="What stands on the button.")
@click.option("--live", is_flag=True, help="Ask for real payments instead of test payments.")
@json_option
def button(
    *,
    config: Path | None,
    merchant: str | None,
    amount: int | None,
    link: str | None,
    description: str | None,
    return_url: str | None,
    days: int,
    label: str,
    live: bool,
    as_json: bool,
) -> None:
    """Print a pay button for a page of plain HTML."""
    if (amount is None) == (link is None):
        raise click.UsageError("give either --amount or --link")
    given: dict[str, Any] = {
        "amount": amount,
        "payment_link": link,
        "description": description,
        "return_url": return_url,
        "label": label,
    }

    async def work(appliance: Appliance) -> dict[str, Any]:
        from stacktill.application.services import Caller
        from stacktill.cli.listing import the_merchant
        from stacktill.web.api.operation import Ask
        from stacktill.web.resources.pay_buttons import CREATE, create_button

        services = appliance.services
        services.chain(livemode=live)
        caller = Caller(await the_merchant(appliance.storage, merchant), live)
        if amount is not None:
            given["expires_at"] = services.now(live) + days * DAY_SECONDS
        sent = {name: value for name, value in given.items() if value is not None}
        ask = Ask(services, caller, {}, CREATE.parse(sent, typed=True))
        return await appliance.storage.read(create_button, ask)

    made = on_appliance(config, work)
    if as_json:
        say_json(made)
    else:
        say(made["html"].rstrip())
