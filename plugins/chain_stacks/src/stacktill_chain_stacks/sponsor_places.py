"""The places in the line of one account: nonces, of which none may be left out for long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stacktill_chain_stacks.wire.conditions import OneKey
from stacktill_chain_stacks.wire.principals import MAINNET_VERSIONS, TESTNET_VERSIONS, Principal
from stacktill_chain_stacks.wire.transactions import decode_transaction

__all__ = ["MOST_IN_LINE", "Place", "free_place", "place_of"]

MOST_IN_LINE = 25
"""Nodes take no transaction whose nonce is further ahead of its account than that."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a signed call stands: the sponsor's nonce and fee, and whose call it is with which nonce."""

    nonce: int
    fee_ustx: int
    payer: str
    payer_nonce: int


def place_of(transaction: bytes) -> Place:
    """The place that a call was signed for by ``StacksSponsor``."""
    signed = decode_transaction(transaction)
    origin, sponsor = signed.origin, signed.sponsor
    assert isinstance(origin, OneKey)
    assert isinstance(sponsor, OneKey)
    versions = MAINNET_VERSIONS if signed.is_mainnet else TESTNET_VERSIONS
    payer = str(Principal(versions[0], origin.signer))
    return Place(sponsor.nonce, sponsor.fee, payer, origin.nonce)


def free_place(first: int, taken: Iterable[int]) -> int:
    """The lowest nonce from ``first`` on that is not taken."""
    held = set(taken)
    while first in held:
        first += 1
    return first
