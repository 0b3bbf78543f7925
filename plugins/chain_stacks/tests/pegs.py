"""Calls that make sBTC from bitcoin and turn it into bitcoin again, as on the local chain anybody may."""

from __future__ import annotations

from plugins.chain_stacks.tests.devnet_kit import Devnet

from stacktill_chain_stacks.wire.clarity import Buffer, List, Nothing, Some, Tuple, UInt
from stacktill_chain_stacks.wire.payloads import Call
from stacktill_chain_stacks.wire.principals import Principal

__all__ = ["answer", "answer_many", "pegged_in", "withdrawal"]

NOTHING = Buffer(bytes(32))
BITCOIN_ADDRESS = Tuple({"version": Buffer(b"\x04"), "hashbytes": Buffer(bytes(20))})


def pegged_in(devnet: Devnet, to: str, sats: int, bitcoin_txid: bytes) -> Call:
    """Mint for a deposit of bitcoin; each can be used once."""
    values = (Buffer(bitcoin_txid), UInt(0), UInt(sats), Principal.parse(to))
    block = (NOTHING, UInt(0), NOTHING)
    return Call(_beside(devnet, "sbtc-deposit"), "complete-deposit-wrapper", (*values, *block))


def withdrawal(devnet: Devnet, sats: int, most_fee: int) -> Call:
    """Ask for bitcoin, for a fee of at most so many sats."""
    values = (UInt(sats), BITCOIN_ADDRESS, UInt(most_fee))
    return Call(_beside(devnet, "sbtc-withdrawal"), "initiate-withdrawal-request", values)


def answer(devnet: Devnet, request: int, fee: int | None) -> Call:
    """Accept a withdrawal for a fee, or refuse it without one."""
    contract = _beside(devnet, "sbtc-withdrawal")
    if fee is None:
        return Call(contract, "reject-withdrawal-request", (UInt(request), UInt(0)))
    values = (UInt(request), NOTHING, UInt(0), UInt(0), UInt(fee), NOTHING, UInt(0), NOTHING)
    return Call(contract, "accept-withdrawal-request", values)


def answer_many(devnet: Devnet, fees: dict[int, int | None]) -> Call:
    """Accept and refuse several at once, by request."""
    parts = tuple(
        Tuple({"request-id": UInt(request), "fee": Nothing() if fee is None else Some(UInt(fee))})
        for request, fee in fees.items()
    )
    return Call(_beside(devnet, "sbtc-withdrawal"), "complete-withdrawals", (List(parts),))


def _beside(devnet: Devnet, name: str) -> Principal:
    """A contract of the token's deployer."""
    return Principal.parse(f"{devnet.sbtc.partition('.')[0]}.{name}")
