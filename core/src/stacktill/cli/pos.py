"""``stacktill pos``: turn a phone into a point of sale."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from stacktill.cli.opening import on_appliance
from stacktill.cli.options import config_option, json_option
from stacktill.cli.output import moment, say, say_json

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["pos"]


@click.group()
def pos() -> None:
    """Turn a phone into a point of sale."""


@pos.command()
@config_option
@click.option("--merchant", help="Whose; not needed while there is only one merchant.")
@click.option("--name", default="Point of sale", show_default=True, help="What to call the phone.")
@click.option("--live", is_flag=True, help="Take real payments instead of test payments.")
@json_option
def create(
    *, config: Path | None, merchant: str | None, name: str, live: bool, as_json: bool
) -> None:
    """Print a link that pairs one phone, within an hour; on a terminal also as a QR code."""
    from stacktill.application.pos import create_terminal, pairing_url

    async def work(appliance: Appliance) -> tuple[str, str, int | None]:
        from stacktill.cli.listing import the_merchant

        if live:
            appliance.services.chain(livemode=True)
        new = await appliance.storage.write(
            create_terminal,
            appliance.services,
            await the_merchant(appliance.storage, merchant),
            livemode=live,
            name=name,
        )
        return new.record.id, pairing_url(appliance.services, new.text), new.record.expires_at

    id, url, expires_at = on_appliance(config, work)
    if as_json:
        say_json(
            {"api_key": id, "name": name, "livemode": live, "url": url, "expires_at": expires_at}
        )
        return
    say(f"Open this on the phone before {moment(expires_at)} UTC; it works once:")
    say(url)
    if sys.stdout.isatty():
        import segno

        segno.make(url, micro=False).terminal(compact=True)
    say("Close a phone again with 'stacktill keys revoke'; 'stacktill keys list' names it.")
