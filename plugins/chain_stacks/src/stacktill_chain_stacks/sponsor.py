"""The sponsor: it reads what payers sign, and pays the network's fee for them with a key of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stacktill.domain.errors import InvalidRequest
from stacktill.plugin import (
    CallNews,
    SignedCall,
    SponsoredCall,
    SponsorPurse,
    WaitingCall,
    WalletOrder,
)
from stacktill_chain_stacks.client.rejections import TransactionRejected
from stacktill_chain_stacks.sponsor_follow import SponsorFollow
from stacktill_chain_stacks.sponsor_places import MOST_IN_LINE, free_place, place_of
from stacktill_chain_stacks.sponsored_calls import Asked, SponsoredCalls
from stacktill_chain_stacks.wire.signing import sign_as_sponsor
from stacktill_chain_stacks.wire.transactions import (
    decode_transaction,
    encode_transaction,
    transaction_id,
)

if TYPE_CHECKING:
    from stacktill.plugin import Clock
    from stacktill_chain_stacks.client.api import ApiClient
    from stacktill_chain_stacks.client.node import NodeClient
    from stacktill_chain_stacks.wallets import Wallets
    from stacktill_chain_stacks.wire.keys import PrivateKey

__all__ = ["StacksSponsor"]

LEAST_SECONDS = 60
"""Terms that run out sooner would likely be refused by their contract, and the fee be lost."""
CHECK_REQUESTS = 4


class StacksSponsor:
    """A ``Sponsor``; ``address`` is the account that its key pays from."""

    def __init__(
        self,
        node: NodeClient,
        api: ApiClient | None,
        calls: SponsoredCalls,
        *,
        key: PrivateKey,
        mainnet: bool,
        desk: Wallets,
        clock: Clock,
    ) -> None:
        self.address = str(key.principal(mainnet=mainnet))
        self._node = node
        self._calls = calls
        self._key = key
        self._desk = desk
        self._clock = clock
        self._follow = SponsorFollow(node, api, self.address)

    async def draft(self, order: WalletOrder, payer: str) -> bytes:
        """The call that the desk would ask for now, with the account's next nonce."""
        account = self._calls.payer(payer)
        self._desk.take(CHECK_REQUESTS)
        nonce = (await self._node.account(payer)).nonce
        return self._calls.drafted(order, await self._desk.paying(order, account), account, nonce)

    async def check(self, transaction: bytes, order: WalletOrder) -> SponsoredCall:
        """Take it only if it is a call of an enabled mode, to the byte, and would move the money."""
        asked = self._calls.read(transaction, order)
        _check_parties(asked, order)
        self._desk.take(CHECK_REQUESTS)
        await self._check_nonce(asked)
        await self._check_money(asked, order)
        await self._check_contract(asked, order)
        fee_ustx = await self._desk.fee_ustx(asked.call, len(transaction))
        return SponsoredCall(str(asked.payer), fee_ustx)

    async def sign(
        self, transaction: bytes, call: SponsoredCall, waiting: Sequence[bytes]
    ) -> SignedCall:
        """Sign with the first nonce that no call holds, as long as the account can pay all of them."""
        account = await self._node.account(self.address)
        taken = [place_of(one) for one in waiting]
        nonce = free_place(account.nonce, [one.nonce for one in taken])
        if nonce >= account.nonce + MOST_IN_LINE:
            raise InvalidRequest(
                "Too many sponsored payments wait for a block; try again in a minute.",
                code="sponsor_busy",
            )
        owed_ustx = sum(one.fee_ustx for one in taken if one.nonce >= account.nonce)
        if int(account.balance, 16) < owed_ustx + call.fee_ustx:
            raise InvalidRequest(
                "The account that pays fees here is used up; pay the network's fee yourself.",
                code="sponsor_budget_spent",
            )
        asked = decode_transaction(transaction)
        signed = sign_as_sponsor(asked, self._key, nonce=nonce, fee=call.fee_ustx)
        return SignedCall(transaction_id(signed), encode_transaction(signed))

    async def send(self, transaction: bytes) -> None:
        """Broadcast; what the network has already counts as taken, whatever a host says."""
        signed = decode_transaction(transaction)
        try:
            await self._node.broadcast(signed)
        except TransactionRejected:
            if not await self._follow.knows(transaction_id(signed)):
                raise

    async def follow(self, waiting: Sequence[WaitingCall], *, most_ustx: int) -> list[CallNews]:
        """Look at what was signed, and send again what the network may not have."""
        return await self._follow.look(waiting, most_ustx=most_ustx, send=self.send)

    async def purse(self) -> SponsorPurse:
        """The account and its micro-STX."""
        account = await self._node.account(self.address)
        return SponsorPurse(self.address, int(account.balance, 16))

    async def _check_nonce(self, asked: Asked) -> None:
        """It must be the account's turn: behind another transaction it would hold up everybody's."""
        following = (await self._node.account(str(asked.payer))).nonce
        if asked.nonce == following:
            return
        why = "was used before" if asked.nonce < following else "comes after others that still wait"
        raise InvalidRequest(
            f"This transaction's nonce {asked.nonce} {why}; the wallet's next one is {following}. "
            "Let what it sent be mined, then sign again.",
            code="sponsor_payer_waiting",
        )

    async def _check_money(self, asked: Asked, order: WalletOrder) -> None:
        sats = await self._desk.spendable_sats(asked.payer)
        if sats < order.amount_sats:
            raise InvalidRequest(
                f"The wallet has {sats} sats of sBTC and the payment takes {order.amount_sats}: it would "
                "move nothing.",
                code="balance_insufficient",
            )

    async def _check_contract(self, asked: Asked, order: WalletOrder) -> None:
        if asked.call.function != "pay":
            return
        if order.closes_at - self._clock.now() < LEAST_SECONDS:
            raise _would_fail("Too little time is left to pay.")
        if not await self._desk.would_pay(asked.call):
            raise _would_fail("The contract would refuse it now; start again from the page.")


def _check_parties(asked: Asked, order: WalletOrder) -> None:
    if str(asked.payer) in (order.recipient, order.fee_recipient):
        raise _would_fail("Nobody can pay themselves.")


def _would_fail(reason: str) -> InvalidRequest:
    return InvalidRequest(f"This payment is not sponsored. {reason}", code="sponsor_would_fail")
