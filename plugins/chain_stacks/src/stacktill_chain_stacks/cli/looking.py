"""The commands that only look: ``info``, ``fees``, ``tx``, ``read``, ``balance``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from stacktill.domain.errors import ConfigError, InvalidRequest, NotFound
from stacktill_chain_stacks.cli.contract import told_contract
from stacktill_chain_stacks.cli.desk import Desk, Tools, say, say_json
from stacktill_chain_stacks.cli.values import contract_of, literals, principal_of, txid_of
from stacktill_chain_stacks.config import NO_KEY
from stacktill_chain_stacks.statuses import explain_status
from stacktill_chain_stacks.wire.decoding import decode_value, from_hex
from stacktill_chain_stacks.wire.encoding import encode_value
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.literals import show_value

if TYPE_CHECKING:
    from stacktill.plugin import Transfer
    from stacktill_chain_stacks.client.shapes import ApiTransaction

__all__ = ["LOOKING", "show"]

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON instead of lines for people."
)


@click.command()
@json_option
@click.pass_obj
def info(desk: Desk, *, as_json: bool) -> None:
    """Show the network, its tip, and whether it is the one that is configured."""

    async def look(tools: Tools) -> None:
        node, pox = await tools.node.info(), await tools.node.pox()
        status = await tools.api.status()
        tip = await tools.api.block("latest")
        age = None if tip is None else int(time.time()) - tip.block_time
        told: dict[str, object] = {
            "network": tools.config.network,
            "network_id": node.network_id,
            "network_matches": node.network_id == tools.config.network_id,
            "node": tools.node.name,
            "node_version": node.server_version,
            "api": tools.api.name,
            "api_version": status.server_version,
            "tip_height": None if tip is None else tip.height,
            "tip_age_seconds": age,
            "burn_height": node.burn_block_height,
            "node_ahead_blocks": None if tip is None else node.stacks_tip_height - tip.height,
            "sbtc": tools.config.sbtc,
            "sbtc_of_node": pox.pox_5_sbtc_contract,
            "sbtc_matches": pox.pox_5_sbtc_contract in (None, tools.config.sbtc),
            "requests_per_minute": (tools.config.api_urls and tools.config.pace_per_minute) or None,
            **await told_contract(tools),
        }
        show(told, as_json=as_json)
        if tools.config.lacks_key:
            click.echo(f"{NO_KEY}.", err=True)
        if not (told["network_matches"] and told["sbtc_matches"]):
            raise ConfigError(
                "This is not the network of the configuration: look at network, apis, chain_id and "
                "sbtc_contract of [plugins.chain_stacks]."
            )

    desk.run(look)


@click.command()
@json_option
@click.pass_obj
def fees(desk: Desk, *, as_json: bool) -> None:
    """Show what transactions in the mempool pay, in micro-STX."""

    async def look(tools: Tools) -> None:
        found = await tools.api.fees()
        kinds = {
            "all": found.all,
            "contract_call": found.contract_call,
            "smart_contract": found.smart_contract,
            "token_transfer": found.token_transfer,
        }
        told = {
            name: {
                "low": round(kind.low_priority),
                "medium": round(kind.medium_priority),
                "high": round(kind.high_priority),
            }
            for name, kind in kinds.items()
            if kind is not None
        }
        if as_json:
            say_json(told)
            return
        for name, fee in told.items():
            say(
                f"{name:<16} low {fee['low']:>9}  medium {fee['medium']:>9}  high {fee['high']:>9}  micro-STX"
            )

    desk.run(look)


@click.command()
@click.argument("txid")
@json_option
@click.pass_obj
def tx(desk: Desk, txid: str, *, as_json: bool) -> None:
    """Show the transaction TXID: what became of it, how deep it lies, and which tokens it moved."""
    wanted = txid_of(txid)

    async def look(tools: Tools) -> None:
        from stacktill_chain_stacks.transfers import transfers_of

        found = await tools.api.transaction(wanted)
        if found is None:
            raise NotFound(f"{tools.api.name} does not know the transaction {wanted}.")
        tip = await tools.api.block("latest")
        moved: list[Transfer] = []
        if found.status == "success" and found.block is not None:
            moved = transfers_of(wanted, await tools.api.events(wanted))
        told = _told_transaction(found)
        if tip is not None and found.block is not None and found.bitcoin_block is not None:
            told["stacks_confirmations"] = tip.height - found.block.height + 1
            told["bitcoin_confirmations"] = tip.burn_block_height - found.bitcoin_block.height
        told["transfers"] = [_told_transfer(one, str(tools.sbtc), as_json=as_json) for one in moved]
        show(told, as_json=as_json)

    desk.run(look)


@click.command()
@click.argument("contract")
@click.argument("function")
@click.argument("arguments", nargs=-1)
@click.option("--sender", help="Who seems to ask; else the contract's own address.")
@json_option
@click.pass_obj
def read(
    desk: Desk,
    contract: str,
    function: str,
    arguments: tuple[str, ...],
    *,
    sender: str | None,
    as_json: bool,
) -> None:
    """Ask a read-only FUNCTION of CONTRACT; ARGUMENTS are written as in Clarity: u1 0xff (some "a")."""
    callee, values = contract_of(contract), literals(arguments)
    asker = callee.address if sender is None else str(principal_of(sender))

    async def look(tools: Tools) -> None:
        value = await tools.node.call_read(callee, function, values, sender=asker)
        if as_json:
            say_json({"value": show_value(value), "hex": f"0x{encode_value(value).hex()}"})
        else:
            say(show_value(value))

    desk.run(look)


@click.command()
@click.argument("principal")
@json_option
@click.pass_obj
def balance(desk: Desk, principal: str, *, as_json: bool) -> None:
    """Show what PRINCIPAL has: sBTC in sats, STX in micro-STX, and its next nonce."""
    named = principal_of(principal)
    if named.contract is None and named.is_mainnet != desk.config.is_mainnet:
        raise InvalidRequest(
            f"{named} is no address of {desk.config.network}, which is configured."
        )
    owner = str(named)

    async def look(tools: Tools) -> None:
        sats = await tools.api.balance(owner, str(tools.sbtc))
        account = await tools.node.account(owner)
        nonce = await tools.sender.next_nonce(owner) if "." not in owner else None
        told = {"principal": owner, "sbtc_sats": sats, "ustx": int(account.balance, 16)}
        show({**told, "next_nonce": nonce}, as_json=as_json)

    desk.run(look)


LOOKING = (info, fees, tx, read, balance)
"""The commands of this file."""


def show(values: dict[str, object], *, as_json: bool) -> None:
    """Print names and values, in lines for people or as JSON."""
    if as_json:
        say_json(values)
        return
    width = max(map(len, values))
    for name, value in values.items():
        if isinstance(value, list):
            for line in value or ["none"]:
                say(f"{name:<{width}}  {_printable(str(line))}")
        else:
            say(f"{name:<{width}}  {'-' if value is None else _printable(str(value))}")


def _printable(text: str) -> str:
    """Text from outside without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _told_transaction(found: ApiTransaction) -> dict[str, object]:
    called = found.contract_call
    return {
        "txid": found.tx_id.removeprefix("0x"),
        "status": found.status,
        "meaning": explain_status(found.status),
        "type": found.type,
        "calls": None if called is None else f"{called.contract_id} {called.function_name}",
        "sender": found.sender.address,
        "nonce": found.sender.nonce,
        "fee_ustx": int(found.fee_rate),
        "result": _result(found),
        "error": found.vm_error,
        "replaced_by": found.replaced_by_tx_id,
        "block_height": None if found.block is None else found.block.height,
    }


def _told_transfer(one: Transfer, sbtc: str, *, as_json: bool) -> object:
    memo = None if one.memo is None else one.memo.hex()
    if as_json:
        return {
            "event_index": one.event_index,
            "asset": one.asset,
            "is_sbtc": one.asset == sbtc,
            "amount": one.amount,
            "sender": one.sender,
            "recipient": one.recipient,
            "memo": memo,
        }
    names = {sbtc: "sats of sBTC", f"{sbtc}-locked": "sats of sBTC locked for a withdrawal"}
    what = f"{one.amount} {names.get(one.asset, f'of {one.asset} (NOT sBTC)')}"
    if one.sender is None:
        return f"{what} minted to {one.recipient}"
    if one.recipient is None:
        return f"{what} burned of {one.sender}"
    noted = "without a memo" if memo is None else f"memo 0x{memo}"
    return f"{what} from {one.sender} to {one.recipient}, {noted}"


def _result(found: ApiTransaction) -> str | None:
    """What the call answered, from its bytes: the API's own words are for nobody to rely on."""
    if found.result is None:
        return None
    try:
        return show_value(decode_value(from_hex(found.result.hex)))
    except WireError:
        return "unreadable"
