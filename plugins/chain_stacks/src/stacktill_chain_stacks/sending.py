"""Making, signing and sending transactions with a key that is held no longer than that."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stacktill.domain.errors import InvalidRequest
from stacktill_chain_stacks.client.api import ApiClient
from stacktill_chain_stacks.client.node import NodeClient
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.fees import Fee, choose_fee
from stacktill_chain_stacks.wire.conditions import OneKey
from stacktill_chain_stacks.wire.hashes import hash160
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import Payload
from stacktill_chain_stacks.wire.post_conditions import Mode, PostCondition
from stacktill_chain_stacks.wire.signing import sign_as_origin
from stacktill_chain_stacks.wire.transactions import Transaction, encode_transaction

__all__ = ["Draft", "Sender"]

DEAREST_USTX = 5_000_000
"""A fee above 5 STX is a mistake unless somebody asked for it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction that is signed and not sent, with what its fee rests on."""

    transaction: Transaction
    fee: Fee
    nonce: int


class Sender:
    """Makes transactions of one network; the key comes and goes with each of them."""

    def __init__(self, config: StacksConfig, node: NodeClient, api: ApiClient | None) -> None:
        self._config = config
        self._node = node
        self._api = api

    async def draft(
        self,
        payload: Payload,
        key: PrivateKey,
        *,
        post_conditions: tuple[PostCondition, ...] = (),
        mode: Mode = Mode.DENY,
        nonce: int | None = None,
        fee_ustx: int | None = None,
    ) -> Draft:
        """A signed transaction; nonce and fee are asked for unless they are given."""
        account = str(key.principal(mainnet=self._config.is_mainnet))
        if nonce is None:
            nonce = await self.next_nonce(account)
        unsigned = Transaction(
            payload=payload,
            origin=OneKey(hash160(key.public_key), nonce, 0),
            chain_id=self._config.network_id,
            is_mainnet=self._config.is_mainnet,
            mode=mode,
            post_conditions=post_conditions,
        )
        fee = await self._fee(unsigned, fee_ustx)
        priced = replace(unsigned, origin=OneKey(hash160(key.public_key), nonce, fee.ustx))
        return Draft(sign_as_origin(priced, key), fee, nonce)

    async def next_nonce(self, account: str) -> int:
        """The nonce after everything that is known of an account."""
        seen = None if self._api is None else await self._api.next_nonce(account)
        return seen if seen is not None else (await self._node.account(account)).nonce

    async def send(self, transaction: Transaction) -> str:
        """Send a signed transaction and return its id; raise ``TransactionRejected`` when it is refused."""
        return await self._node.broadcast(transaction)

    async def _fee(self, unsigned: Transaction, given_ustx: int | None) -> Fee:
        if given_ustx is not None:
            return Fee(given_ustx, "as asked for")
        size = len(encode_transaction(unsigned))
        fee = await choose_fee(self._node, self._api, unsigned.payload, size)
        if fee.ustx > DEAREST_USTX:
            raise InvalidRequest(
                f"The fee would be {fee.ustx} micro-STX ({fee.origin}). Give one with --fee."
            )
        return fee
