"""``stacktill merchant address``: where a store is paid, proven by its wallet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from stacktill.cli.opening import on_appliance
from stacktill.cli.options import config_option, json_option
from stacktill.cli.output import moment, say, say_json, say_table

if TYPE_CHECKING:
    from stacktill.application.services import Caller
    from stacktill.domain.addresses import AddressChange
    from stacktill.runtime.appliance import Appliance

__all__ = ["address"]

F = TypeVar("F", bound=Callable[..., Any])
MOST = 100


@click.group()
def address() -> None:
    """Show and change where a store is paid."""


def _shared(function: F) -> F:
    merchant = click.option(
        "--merchant", help="Whose; not needed while there is only one merchant."
    )
    live = click.option("--live", is_flag=True, help="The address of live mode, not of test mode.")
    return config_option(merchant(live(json_option(function))))


@address.command()
@_shared
def show(*, config: Path | None, merchant: str | None, live: bool, as_json: bool) -> None:
    """List the addresses that a store is, was or asked to be paid at, the newest first."""

    async def work(appliance: Appliance) -> list[AddressChange]:
        caller = await _caller(appliance, merchant, live=live)
        mine: dict[str, str | bool] = {"merchant_id": caller.merchant_id, "livemode": live}
        return await appliance.storage.read(
            lambda uow: uow.address_changes.find(mine, descending=True, limit=MOST)
        )

    found = on_appliance(config, work)
    if as_json:
        from stacktill.application.views.settlement import address_view

        say_json([address_view(one) for one in found])
        return
    rows = [
        [
            one.id,
            one.status,
            moment(one.effective_at),
            "yes" if one.is_proven else "no",
            one.address,
        ]
        for one in found
    ]
    say_table(["ID", "STATUS", "IN FORCE (UTC)", "PROVEN", "ADDRESS"], rows)


@address.command("set")
@click.argument("address")
@click.option(
    "--contract-can-send",
    is_flag=True,
    help="ADDRESS is a contract, and you know that it can send sBTC on.",
)
@_shared
def set_(
    *,
    address: str,
    contract_can_send: bool,
    config: Path | None,
    merchant: str | None,
    live: bool,
    as_json: bool,
) -> None:
    """Begin to pay a store at ADDRESS, and print the message that its wallet has to sign."""
    from stacktill.application.addresses import request_address

    knowingly = {"contract_can_send": contract_can_send}
    change = _act(config, merchant, request_address, address, live=live, **knowingly)
    if as_json:
        _say(change, as_json=True)
        return
    whose = "" if merchant is None else f" --merchant {merchant}"
    mode = " --live" if live else ""
    _say_what_to_sign(change, f"confirm {change.id}{whose}{mode}")


def _say_what_to_sign(change: AddressChange, confirm: str) -> None:
    can_sign = change.form == "wallet"
    if can_sign:
        say(f"{change.id}: sign this message with the wallet of {change.address}:")
    else:
        say(
            f"{change.id}: {change.address} has no single key that could sign, so that nothing proves"
        )
        say("that it is yours. Compare it to the letter. The message of the change is:")
    say()
    say(change.message)
    say()
    say(f"Then, before {moment(change.sign_before)} UTC:")
    say(f"  stacktill merchant address {confirm}{' --signature HEX' if can_sign else ''}")
    if change.replaces is not None:
        say()
        say(f"The change is announced, and takes effect some days later. If {change.replaces}")
        say("has a single key, its wallet's signature of the same message has it at once:")
        say("  --current-signature HEX")


@address.command()
@click.argument("id")
@click.option("--signature", help="The new wallet's signature of the message, in hex.")
@click.option("--current-signature", help="The same by the wallet in force: at once, then.")
@_shared
def confirm(
    *,
    id: str,
    signature: str | None,
    current_signature: str | None,
    config: Path | None,
    merchant: str | None,
    live: bool,
    as_json: bool,
) -> None:
    """Prove the address of the change ID (sa_…) by the signature of its wallet."""
    from stacktill.application.addresses import confirm_address

    signatures = {"signature": signature, "current_signature": current_signature}
    _say(_act(config, merchant, confirm_address, id, live=live, **signatures), as_json=as_json)


@address.command()
@click.argument("id")
@_shared
def cancel(
    *, id: str, config: Path | None, merchant: str | None, live: bool, as_json: bool
) -> None:
    """Cancel the change ID (sa_…), which is not in force yet."""
    from stacktill.application.addresses import cancel_address

    _say(_act(config, merchant, cancel_address, id, live=live), as_json=as_json)


def _act(
    config: Path | None,
    merchant: str | None,
    use_case: Callable[..., AddressChange],
    *arguments: str,
    live: bool,
    **named: str | bool | None,
) -> AddressChange:
    async def work(appliance: Appliance) -> AddressChange:
        caller = await _caller(appliance, merchant, live=live)
        return await appliance.storage.write(
            use_case, appliance.services, caller, *arguments, **named
        )

    return on_appliance(config, work)


async def _caller(appliance: Appliance, merchant: str | None, *, live: bool) -> Caller:
    from stacktill.application.services import Caller
    from stacktill.cli.listing import the_merchant

    appliance.services.chain(live)
    return Caller(await the_merchant(appliance.storage, merchant), live, actor="operator")


def _say(change: AddressChange, *, as_json: bool) -> None:
    if as_json:
        from stacktill.application.views.settlement import address_view

        say_json(address_view(change))
        return
    if change.status == "scheduled":
        say(f"{change.address} will be in force on {moment(change.effective_at)} UTC.")
        say(f"Until then 'stacktill merchant address cancel {change.id}' stops it.")
        return
    said = {"active": "is in force now", "canceled": "is canceled"}.get(
        change.status, change.status
    )
    say(f"{change.address} {said}.")
