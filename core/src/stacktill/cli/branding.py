"""``stacktill merchant brand``: a store's colours, logo, and the sites that may frame its checkout."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from stacktill.cli.opening import on_appliance
from stacktill.cli.options import config_option, json_option
from stacktill.cli.output import say, say_json

if TYPE_CHECKING:
    from stacktill.application.services import Caller, Services
    from stacktill.plugin import UnitOfWork
    from stacktill.runtime.appliance import Appliance

__all__ = ["brand"]

NONE = "none"


@click.command()
@config_option
@click.option("--merchant", help="Whose; not needed while there is only one merchant.")
@click.option("--primary-color", help="Of buttons and marks, such as #0a6e4f, or none.")
@click.option("--secondary-color", help="Of what stands behind them, or none.")
@click.option("--logo", help="A PNG, JPEG or WebP file, or none.")
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    help="A site that may show the checkout in a frame, or none; all of them at once.",
)
@json_option
def brand(
    *,
    config: Path | None,
    merchant: str | None,
    primary_color: str | None,
    secondary_color: str | None,
    logo: str | None,
    origins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Set how a store's pages look and who may frame them; what is not named stays."""
    colours = {"primary_color": primary_color, "secondary_color": secondary_color}
    branding = {name: _value(given) for name, given in colours.items() if given is not None}
    settings: dict[str, Any] = {"branding": branding}
    if origins:
        settings["checkout"] = {"allowed_origins": [] if origins == (NONE,) else list(origins)}
    if logo not in (None, NONE):
        logo = b64encode(Path(str(logo)).read_bytes()).decode()

    async def work(appliance: Appliance) -> dict[str, Any]:
        from stacktill.application.services import Caller
        from stacktill.cli.listing import the_merchant

        services, owner = appliance.services, await the_merchant(appliance.storage, merchant)
        # A store has one face in both modes; those who listen where the money is real are told.
        caller = Caller(owner, services.live_chain is not None, actor="operator")
        return await appliance.storage.write(_change, services, caller, settings, logo=logo)

    shown = on_appliance(config, work)
    if as_json:
        say_json(shown)
        return
    say(f"primary color    {shown['branding']['primary_color'] or '-'}")
    say(f"secondary color  {shown['branding']['secondary_color'] or '-'}")
    say(f"logo             {shown['branding']['logo_url'] or '-'}")
    say(f"may frame it     {', '.join(shown['checkout']['allowed_origins']) or 'nobody'}")


def _value(given: str) -> str | None:
    return None if given == NONE else given


def _change(
    uow: UnitOfWork,
    services: Services,
    caller: Caller,
    settings: dict[str, Any],
    *,
    logo: str | None,
) -> dict[str, Any]:
    """Change what is named, all of it or nothing; the settings as the API shows them."""
    from stacktill.application.logos import remove_logo, set_logo
    from stacktill.application.merchants import account_of, update_account
    from stacktill.application.views.account import account_view
    from stacktill.web.resources.account import LOGO, UPDATE

    if settings["branding"] or "checkout" in settings:
        params = UPDATE.parse({"settings": settings}, typed=True)
        update_account(uow, services, caller, params)
    if logo == NONE:
        remove_logo(uow, services, caller)
    elif logo is not None:
        set_logo(uow, services, caller, LOGO.parse({"data": logo}, typed=True)["data"])
    shown: dict[str, Any] = account_view(services, account_of(uow, caller))["settings"]
    return shown
