"""The desk for payers' wallets: it prepares what they sign, and looks at what they have."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from stacktill.domain.errors import InvalidRequest
from stacktill.plugin import ChainUnavailable, Clock, Purse, WalletCall, WalletOrder
from stacktill.plugin.wallets import Fate
from stacktill_chain_stacks.client.api import ApiClient
from stacktill_chain_stacks.client.node import NodeClient
from stacktill_chain_stacks.config import SBTC_ASSET_NAME, StacksConfig
from stacktill_chain_stacks.fees import choose_fee
from stacktill_chain_stacks.payments import Signer, pay_call, transfer_call, wallet_call
from stacktill_chain_stacks.spending import Allowance
from stacktill_chain_stacks.wire.clarity import Bool, Buffer, Ok, Tuple, UInt, Value
from stacktill_chain_stacks.wire.decoding import decode_value
from stacktill_chain_stacks.wire.payloads import Call
from stacktill_chain_stacks.wire.principals import AssetId, Principal

__all__ = ["Wallets"]

ANSWER_SECONDS = 4.0
"""A payer waits for this look at the chain; longer than that nobody should."""
KEPT_SECONDS = 60.0
"""How long a fee, or what the contract says of itself, is taken as it was."""
FATES: dict[str, Fate] = {
    "pending": "pending",
    "success": "mined",
    "abort_by_response": "failed",
    "abort_by_post_condition": "stopped",
    "problematic_skipped": "failed",
}
"""By the API's statuses. All others say nothing: who was dropped was perhaps replaced, by one that pays."""
PURSE_REQUESTS, FATE_REQUESTS, CONTRACT_REQUESTS = 3, 1, 2

T = TypeVar("T")


class Wallets:
    """A ``WalletDesk``. Payers share a part of what the hosts may be asked, so the watcher has its own."""

    def __init__(
        self,
        config: StacksConfig,
        node: NodeClient,
        api: ApiClient | None,
        *,
        clock: Clock,
        signer: Signer | None,
    ) -> None:
        self.network = config.network
        self._asset = AssetId.parse(f"{config.sbtc}::{SBTC_ASSET_NAME}")
        self._modes = config.payment_modes
        self._node = node
        self._api = api
        self._clock = clock
        self._signer = signer
        self._allowance = Allowance(config.pace_per_minute)
        self._fees: dict[tuple[str, int], tuple[int, int]] = {}
        self._contract_works: tuple[int, bool] | None = None

    async def call(self, order: WalletOrder, payer: str) -> WalletCall:
        """The call of the first mode that works at the moment."""
        account = Principal.parse(payer)
        call = await self.paying(order, account)
        return wallet_call(call, account, self._asset, order.amount_sats)

    async def paying(self, order: WalletOrder, payer: Principal) -> Call:
        """The same as a payload."""
        call = await self._paying(order)
        return transfer_call(order, payer, self._asset) if call is None else call

    def take(self, requests: int) -> None:
        """Count requests that a payer causes; raise ``ChainUnavailable`` when payers' share is used up."""
        if not self._allowance.takes(requests):
            raise ChainUnavailable("Payers have asked all that they may for now.")

    async def spendable_sats(self, payer: Principal) -> int:
        """The sBTC that a payer can spend, by the node."""
        name, token = "get-balance-available", self._asset.contract
        return _sats(await self._node.call_read(token, name, (payer,), sender=payer.address))

    async def would_pay(self, call: Call) -> bool:
        """Whether the contract would take the terms of a call of ``pay`` now."""
        asked = await self._node.call_read(
            call.contract, "check", call.arguments, sender=call.contract.address
        )
        return isinstance(asked, Ok)

    async def fee_ustx(self, payload: Call, size_bytes: int) -> int:
        """What a call of that function and size is likely to cost; room for a sponsor makes it longer."""
        now, kind = self._clock.now(), (payload.function, size_bytes)
        known = self._fees.get(kind)
        if known is not None and now - known[0] < KEPT_SECONDS:
            return known[1]
        fee = await choose_fee(self._node, self._api, payload, size_bytes)
        self._fees[kind] = (now, fee.ustx)
        return fee.ustx

    async def purse(self, payer: str, call: WalletCall) -> Purse | None:
        """What the payer has, by the node; None when it does not say in time."""
        return await self._asked(self._purse(payer, call), PURSE_REQUESTS)

    async def fate(self, txid: str) -> Fate | None:
        """What the API knows of a transaction."""
        return None if self._api is None else await self._asked(self._fate(txid), FATE_REQUESTS)

    async def _paying(self, order: WalletOrder) -> Call | None:
        """The contract's call, when it goes first and the contract is not known to refuse it."""
        if self._modes[0] != "pay" or self._signer is None:
            return None
        if "transfer" in self._modes and not await self._works(self._signer):
            return None
        return pay_call(order, self._signer)

    async def _works(self, signer: Signer) -> bool:
        """Whether the contract takes what the signer signs, as far as is known."""
        now = self._clock.now()
        if self._contract_works is not None and now - self._contract_works[0] < KEPT_SECONDS:
            return self._contract_works[1]
        works = await self._asked(self._ask_contract(signer), CONTRACT_REQUESTS)
        if works is None:
            return self._contract_works is not None and self._contract_works[1]
        self._contract_works = (now, works)
        return works

    async def _ask_contract(self, signer: Signer) -> bool:
        contract, key = signer.contract, Buffer(signer.key.public_key)
        sender = contract.address
        status = await self._node.call_read(contract, "get-status", (), sender=sender)
        trusted = await self._node.call_read(contract, "is-signer", (key,), sender=sender)
        is_paused = not isinstance(status, Tuple) or status.items.get("paused") != Bool(False)
        return trusted == Bool(True) and not is_paused

    async def _purse(self, payer: str, call: WalletCall) -> Purse:
        sats = await self.spendable_sats(Principal.parse(payer))
        account = await self._node.account(payer)
        values = tuple(decode_value(bytes.fromhex(one)) for one in call.arguments)
        payload = Call(Principal.parse(call.contract), call.function, values)
        fee_ustx = await self.fee_ustx(payload, call.size_bytes)
        return Purse(sats, int(account.balance, 16), fee_ustx)

    async def _fate(self, txid: str) -> Fate:
        found = None if self._api is None else await self._api.transaction(txid)
        if found is None:
            return "unseen"
        return FATES.get(found.status, "unseen")

    async def _asked(self, question: Awaitable[T], requests: int) -> T | None:
        """The answer; None when the payers' share is used up or there is none in time."""
        if not self._allowance.takes(requests):
            if asyncio.iscoroutine(question):
                question.close()
            return None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await question
        except (ChainUnavailable, InvalidRequest, TimeoutError):
            return None


def _sats(answer: Value) -> int:
    if not isinstance(answer, Ok) or not isinstance(answer.value, UInt):
        raise ChainUnavailable("The token's contract does not say how much somebody has.")
    return answer.value.value
