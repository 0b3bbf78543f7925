"""The sponsor: it drafts and reads what payers sign, and pays the network's fee for them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from stacktill.domain.errors import InvalidParameter
from stacktill.plugin import SponsoredCall, WalletOrder
from stacktill_chain_stacks.client.api import ApiClient
from stacktill_chain_stacks.client.node import NodeClient
from stacktill_chain_stacks.config import SBTC_ASSET_NAME, StacksConfig
from stacktill_chain_stacks.fees import choose_fee
from stacktill_chain_stacks.payments import Signer, pay_call, transfer_call
from stacktill_chain_stacks.wallets import Wallets
from stacktill_chain_stacks.wire.conditions import P2PKH, OneKey
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import Call
from stacktill_chain_stacks.wire.post_conditions import Compare, TokenCondition
from stacktill_chain_stacks.wire.principals import (
    MAINNET_VERSIONS,
    TESTNET_VERSIONS,
    AssetId,
    Principal,
)
from stacktill_chain_stacks.wire.signing import (
    NO_SPONSOR,
    UNNAMED_SPONSOR,
    check_signatures,
    sign_as_sponsor,
)
from stacktill_chain_stacks.wire.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
)

__all__ = ["StacksSponsor"]


class StacksSponsor:
    """A ``Sponsor`` with a key of its own."""

    def __init__(
        self,
        config: StacksConfig,
        node: NodeClient,
        api: ApiClient | None,
        *,
        key: PrivateKey,
        desk: Wallets,
        signer: Signer | None,
    ) -> None:
        self._config = config
        self._node = node
        self._api = api
        self._key = key
        self._desk = desk
        self._signer = signer
        self._asset = AssetId.parse(f"{config.sbtc}::{SBTC_ASSET_NAME}")
        self._version = (MAINNET_VERSIONS if config.is_mainnet else TESTNET_VERSIONS)[0]
        self._turn = asyncio.Lock()

    @property
    def address(self) -> str:
        """The account that pays."""
        return str(self._key.principal(mainnet=self._config.is_mainnet))

    async def draft(self, order: WalletOrder, payer: str) -> bytes:
        """The call that the desk would ask for now, with the account's next nonce."""
        account = self._account(payer)
        nonce = (await self._node.account(payer)).nonce
        call = await self._desk.paying(order, account)
        built = self._built(order, call, OneKey(account.hash160, nonce, 0))
        # As wallets' own library would have made it: that is what they know how to sign.
        return encode_transaction(replace(built, sponsor=UNNAMED_SPONSOR))

    async def check(self, transaction: bytes, order: WalletOrder) -> SponsoredCall:
        """Take it only if it is, byte for byte, a call of an enabled mode that its payer has signed."""
        asked = _decoded(transaction)
        origin = asked.origin
        if not isinstance(origin, OneKey) or origin.hash_mode != P2PKH:
            raise _refused("It is not signed by a single wallet's key.")
        payer = Principal(self._version, origin.signer)
        for call in self._calls(order, payer):
            built = replace(self._built(order, call, origin), sponsor=asked.sponsor)
            if encode_transaction(built) == transaction:
                break
        else:
            raise _refused("It is not the call that pays this payment, to the byte.")
        try:
            check_signatures(built, sponsor=False)
        except WireError as error:
            raise _refused(f"{error}.") from error
        fee = await choose_fee(self._node, self._api, call, len(transaction))
        return SponsoredCall(str(payer), fee.ustx)

    async def send(self, transaction: bytes, call: SponsoredCall) -> str:
        """Sign with the account's next nonce and broadcast."""
        async with self._turn:
            seen = None if self._api is None else await self._api.next_nonce(self.address)
            nonce = (await self._node.account(self.address)).nonce if seen is None else seen
            signed = sign_as_sponsor(
                decode_transaction(transaction), self._key, nonce=nonce, fee=call.fee_ustx
            )
            return await self._node.broadcast(signed)

    def _calls(self, order: WalletOrder, payer: Principal) -> list[Call]:
        """The calls of all enabled modes: the one that was asked for may have been another than now."""
        calls = []
        for mode in self._config.payment_modes:
            if mode == "transfer":
                calls.append(transfer_call(order, payer, self._asset))
            elif self._signer is not None:
                calls.append(pay_call(order, self._signer))
        return calls

    def _built(self, order: WalletOrder, call: Call, origin: OneKey) -> Transaction:
        payer = Principal(self._version, origin.signer)
        bound = TokenCondition(payer, self._asset, Compare.EQ, order.amount_sats)
        return Transaction(
            payload=call,
            origin=origin,
            sponsor=NO_SPONSOR,
            chain_id=self._config.network_id,
            is_mainnet=self._config.is_mainnet,
            post_conditions=(bound,),
        )

    def _account(self, payer: str) -> Principal:
        try:
            account = Principal.parse(payer)
        except WireError as error:
            raise InvalidParameter(f"{error}.", param="payer") from error
        if account.version != self._version or account.contract is not None:
            raise InvalidParameter("This is the address of no single wallet.", param="payer")
        return account


def _decoded(transaction: bytes) -> Transaction:
    try:
        asked = decode_transaction(transaction)
    except WireError as error:
        raise _refused(f"It cannot be read: {error}.") from error
    if asked.sponsor is None:
        raise _refused("It was not made to be sponsored.")
    if asked.sponsor not in (NO_SPONSOR, UNNAMED_SPONSOR):
        raise _refused("It names a sponsor already.")
    return asked


def _refused(reason: str) -> InvalidParameter:
    return InvalidParameter(f"This transaction is not sponsored. {reason}", param="transaction")
