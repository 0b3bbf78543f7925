"""The commands that send: ``deploy``, ``call``, ``broadcast``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from stacktill.domain.errors import InvalidRequest
from stacktill_chain_stacks.cli.desk import Desk, Tools, say, say_json
from stacktill_chain_stacks.cli.signing import asked_key, finish, signing_options
from stacktill_chain_stacks.cli.values import contract_of, literals, post_conditions_of, text_of
from stacktill_chain_stacks.wire.decoding import from_hex
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.literals import show_value
from stacktill_chain_stacks.wire.payloads import Call, Deploy
from stacktill_chain_stacks.wire.post_conditions import Compare, Mode, TokenCondition
from stacktill_chain_stacks.wire.signing import check_signatures
from stacktill_chain_stacks.wire.transactions import Transaction, decode_transaction

__all__ = ["SENDING"]

_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]*")
_LONGEST_NAME = 200


@click.command()
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--clarity-version", type=click.IntRange(1, 6), default=4, show_default=True)
@signing_options
@click.pass_obj
def deploy(
    desk: Desk,
    name: str,
    path: Path,
    *,
    clarity_version: int,
    key_file: Path | None,
    nonce: int | None,
    fee: int | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Put the contract in the file PATH on the chain under NAME."""
    try:
        payload = Deploy(name, text_of(path), clarity_version)
    except WireError as error:
        raise InvalidRequest(f"This contract cannot be deployed: {error}.") from error
    key = asked_key(key_file)
    what = f"deploy {key.principal(mainnet=desk.config.is_mainnet)}.{name} in Clarity {clarity_version}"

    async def send(tools: Tools) -> None:
        draft = await tools.sender.draft(payload, key, nonce=nonce, fee_ustx=fee)
        await finish(tools, draft, what=what, dry_run=dry_run, yes=yes, as_json=as_json)

    desk.run(send)


@click.command()
@click.argument("contract")
@click.argument("function")
@click.argument("arguments", nargs=-1)
@click.option(
    "--sends-sats", type=click.IntRange(0), help="How much sBTC the sender sends, exactly."
)
@click.option(
    "--post-condition",
    "conditions",
    multiple=True,
    help="A post-condition in hex; may be repeated.",
)
@click.option("--allow", is_flag=True, help="Let the call move what no post-condition names.")
@signing_options
@click.pass_obj
def call(
    desk: Desk,
    contract: str,
    function: str,
    arguments: tuple[str, ...],
    *,
    sends_sats: int | None,
    conditions: tuple[str, ...],
    allow: bool,
    key_file: Path | None,
    nonce: int | None,
    fee: int | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Call FUNCTION of CONTRACT with ARGUMENTS as Clarity writes them; nothing moves that is not named."""
    callee, values, bounds = (
        contract_of(contract),
        literals(arguments),
        post_conditions_of(conditions),
    )
    try:
        payload = Call(callee, function, values)
    except WireError as error:
        raise InvalidRequest(f"This call cannot be made: {error}.") from error
    key = asked_key(key_file)
    shown = " ".join(map(show_value, values))
    account = key.principal(mainnet=desk.config.is_mainnet)
    what = f"{account} calls {callee} {function} {shown}".rstrip()

    async def send(tools: Tools) -> None:
        bound = bounds
        if sends_sats is not None:
            bound = (*bounds, TokenCondition(None, tools.sbtc, Compare.EQ, sends_sats))
        draft = await tools.sender.draft(
            payload,
            key,
            post_conditions=bound,
            mode=Mode.ALLOW if allow else Mode.DENY,
            nonce=nonce,
            fee_ustx=fee,
        )
        await finish(tools, draft, what=what, dry_run=dry_run, yes=yes, as_json=as_json)

    desk.run(send)


@click.command()
@click.argument("transaction")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines for people.")
@click.pass_obj
def broadcast(desk: Desk, transaction: str, *, as_json: bool) -> None:
    """Send a signed TRANSACTION, given in hex, as the name of a file with hex, or as - for standard input."""
    signed = _read(transaction)
    if (signed.is_mainnet, signed.chain_id) != (desk.config.is_mainnet, desk.config.network_id):
        raise InvalidRequest(f"The transaction was not made for {desk.config.network}.")

    async def send(tools: Tools) -> None:
        txid = await tools.sender.send(signed)
        if as_json:
            say_json({"txid": txid})
        else:
            say(f"sent: {txid}")

    desk.run(send)


SENDING = (deploy, call, broadcast)
"""The commands of this file."""


def _read(text: str) -> Transaction:
    if text == "-":
        text = sys.stdin.read()
    elif len(text) < _LONGEST_NAME and Path(text).is_file():
        text = text_of(Path(text))
    elif len(text) < _LONGEST_NAME and _HEX.fullmatch(text) is None:
        raise InvalidRequest(f"'{text}' is neither a file nor a transaction in hex.")
    try:
        transaction = decode_transaction(from_hex(text.strip()))
        check_signatures(transaction)
    except WireError as error:
        raise InvalidRequest(f"This is no signed transaction: {error}.") from error
    return transaction
