"""The command ``sponsor``: the account that pays payers' network fees."""

from __future__ import annotations

import click

from stacktill.domain.errors import ConfigError
from stacktill_chain_stacks.cli.desk import Desk, Tools
from stacktill_chain_stacks.cli.looking import show
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.keys import PrivateKey

__all__ = ["sponsor"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines for people.")
@click.pass_obj
def sponsor(desk: Desk, *, as_json: bool) -> None:
    """Show the account of sponsor_key: its address, its micro-STX and its nonces."""
    address = _address(desk)

    async def look(tools: Tools) -> None:
        account = await tools.node.account(address)
        values: dict[str, object] = {
            "address": address,
            "ustx": int(account.balance, 16),
            "nonce": account.nonce,
            "next_nonce": await tools.sender.next_nonce(address),
        }
        show(values, as_json=as_json)

    desk.run(look)


def _address(desk: Desk) -> str:
    text = desk.config.sponsor_key
    if text is None:
        raise ConfigError("[plugins.chain_stacks]: sponsor_key is not set, so nobody pays fees.")
    try:
        key = PrivateKey.parse(text)
    except WireError as error:
        raise ConfigError(f"[plugins.chain_stacks]: sponsor_key: {error}") from error
    return str(key.principal(mainnet=desk.config.is_mainnet))
