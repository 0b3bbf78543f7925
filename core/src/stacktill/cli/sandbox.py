"""``stacktill sandbox``: play payer, miner and fate on the sandbox chain of a running server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from stacktill.cli.options import config_option, json_option, settings_from
from stacktill.cli.output import moment, say, say_json
from stacktill.cli.server_link import find_server

__all__ = ["sandbox"]

F = TypeVar("F", bound=Callable[..., Any])
URL = "/v1/test_helpers/sandbox"
FAULTS = ("down", "slow", "429", "garbage", "stale", "none")


@click.group()
def sandbox() -> None:
    """Play payer, miner and fate on the sandbox chain of the running server."""


def _order(
    config: Path | None, verb: str, *, as_json: bool, **values: object
) -> dict[str, Any] | None:
    """Send an order to the server; return its answer unless it was printed as JSON."""
    given = {name.rstrip("_"): value for name, value in values.items() if value is not None}
    answer = find_server(settings_from(config)).post(f"{URL}/{verb}", given)
    if as_json:
        say_json(answer)
        return None
    return answer


def _shared(function: F) -> F:
    return config_option(json_option(function))


@sandbox.command()
@click.argument("id")
@click.option("--amount", type=int, help="Sats to send; else what is still due.")
@click.option("--asset", help="Send another token than sBTC: ADDRESS.contract::asset.")
@click.option("--contract", help="Call another contract than the token's own.")
@click.option("--memo", help="The memo in hex, else the payment's own; '' sends none.")
@click.option("--from", "sender", help="The principal that pays.")
@click.option("--fail", help="abort_by_response or abort_by_post_condition: mined, moves nothing.")
@click.option("--split", is_flag=True, help="Pay the platform's fee in the same transaction.")
@click.option("--minted", is_flag=True, help="Mint it, as when bitcoin is turned into sBTC.")
@click.option("--no-mine", is_flag=True, help="Leave the transfer in the mempool.")
@_shared
def pay(
    *,
    id: str,
    amount: int | None,
    asset: str | None,
    contract: str | None,
    memo: str | None,
    sender: str | None,
    fail: str | None,
    split: bool,
    minted: bool,
    no_mine: bool,
    config: Path | None,
    as_json: bool,
) -> None:
    """Pay the payment intent or checkout session ID, and mine until that is final."""
    answer = _order(
        config,
        "pay",
        as_json=as_json,
        payment=id,
        amount=amount,
        asset=asset,
        contract=contract,
        memo=memo,
        from_=sender,
        fail=fail,
        split=split or None,
        minted=minted or None,
        mine=not no_mine,
    )
    if answer is not None:
        intent = answer.get("payment_intent") or {}
        say(
            f"sent {answer['amount']} sats in {answer['transaction_hash']}; "
            f"{intent.get('id', id)} is {intent.get('status', 'unchanged')}"
        )


@sandbox.command()
@click.argument("count", type=click.IntRange(min=1), default=1)
@click.option("--bitcoin", is_flag=True, help="Mine Bitcoin blocks, each with one Stacks block.")
@_shared
def mine(count: int, bitcoin: bool, config: Path | None, as_json: bool) -> None:
    """Mine COUNT blocks (one, if not said)."""
    _say_tip(_order(config, "mine", as_json=as_json, count=count, bitcoin=bitcoin))


@sandbox.command()
@click.option(
    "--depth",
    type=click.IntRange(min=1, max=1_000),
    required=True,
    help="How many Stacks blocks are replaced.",
)
@click.option("--drop", is_flag=True, help="Let their transactions vanish.")
@_shared
def reorg(depth: int, drop: bool, config: Path | None, as_json: bool) -> None:
    """Replace the last blocks by a longer fork."""
    _say_tip(_order(config, "reorg", as_json=as_json, depth=depth, drop=drop))


@sandbox.command()
@click.argument("id")
@_shared
def expire(id: str, config: Path | None, as_json: bool) -> None:
    """Travel to just after the end of the payment intent or checkout session ID."""
    answer = _order(config, "expire", as_json=as_json, payment=id)
    if answer is not None:
        say(f"{answer.get('id', id)} is {answer.get('status', 'over')}")


@sandbox.command()
@click.argument("address")
@click.argument("message")
@_shared
def sign(address: str, message: str, config: Path | None, as_json: bool) -> None:
    """Sign MESSAGE as the wallet of ADDRESS would; MESSAGE may be - for standard input."""
    text = sys.stdin.read().strip("\n") if message == "-" else message
    answer = _order(config, "sign_message", as_json=as_json, address=address, message=text)
    if answer is not None:
        say(answer["signature"])


@sandbox.command()
@click.argument("seconds", type=click.IntRange(min=1))
@_shared
def advance(seconds: int, config: Path | None, as_json: bool) -> None:
    """Move the clock of test mode SECONDS forward."""
    answer = _order(config, "advance", as_json=as_json, seconds=seconds)
    if answer is not None:
        say(f"it is {moment(answer.get('now'))} (UTC) in test mode")


@sandbox.command()
@_shared
def stall(config: Path | None, as_json: bool) -> None:
    """Let the chain stand still: no more blocks."""
    if _order(config, "stall", as_json=as_json) is not None:
        say("the sandbox chain stands still")


@sandbox.command()
@_shared
def resume(config: Path | None, as_json: bool) -> None:
    """Let the chain make blocks again."""
    if _order(config, "resume", as_json=as_json) is not None:
        say("the sandbox chain makes blocks again")


@sandbox.command("api-fault")
@click.argument("mode", type=click.Choice(FAULTS))
@_shared
def api_fault(mode: str, config: Path | None, as_json: bool) -> None:
    """Make the chain's reading side misbehave in one MODE; none heals it."""
    if _order(config, "api_fault", as_json=as_json, mode=mode) is not None:
        healed = mode == "none"
        say("the sandbox chain answers well" if healed else f"the sandbox chain's fault is {mode}")


def _say_tip(answer: dict[str, Any] | None) -> None:
    if answer is not None:
        say(
            f"Stacks block {answer['height']} ({answer['hash'][:12]}…), "
            f"Bitcoin block {answer['burn_height']}"
        )
