"""A till for tests: a real storage, and a chain whose blocks the test writes itself."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from stacktill.application.chain_blocks import apply_block, revert_block
from stacktill.application.chain_facts import ChainFacts
from stacktill.application.intent_terms import Verdict
from stacktill.application.merchants import create_merchant
from stacktill.application.payment_intents import create_payment_intent, draft_payment_intent
from stacktill.application.services import Caller, Services
from stacktill.domain.addresses import AddressForm
from stacktill.domain.charges import Charge
from stacktill.domain.deposits import Deposit
from stacktill.domain.events import Event
from stacktill.domain.merchants import StorePolicy
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.refunds import Refund
from stacktill.plugin import (
    Block,
    Clock,
    Health,
    RefundTerms,
    SandboxScript,
    Storage,
    Transfer,
)
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.ids import TimeOrderedIds
from stacktill.runtime.vault import KeyRing
from stacktill.testing import FakeClock, plugin_context
from stacktill_storage_sqlite.config import SqliteConfig
from stacktill_storage_sqlite.storage import open_storage

__all__ = ["LOCKED", "NOBODY", "SBTC", "PaperChain", "Till", "open_books", "open_till"]

R = TypeVar("R")

NOBODY = "ST-nobody"
SBTC = "SM.sbtc-token::sbtc-token"
LOCKED = "SM.sbtc-token::sbtc-token-locked"
BLOCK_SECONDS = 10
STACKS_BLOCKS_PER_BURN = 3


class PaperChain:
    """A chain of which only the facts are asked; its blocks are handed to the books by the test."""

    network = "stacks"
    sbtc_asset = SBTC
    sbtc_locked_asset: str | None = LOCKED
    visibility_seconds = 0
    script: SandboxScript | None = None

    def __init__(self, chain_id: str, clock: Clock) -> None:
        self.chain_id = chain_id
        self.clock = clock

    async def tip(self) -> Block:
        raise NotImplementedError

    async def block(self, height: int) -> Block | None:
        raise NotImplementedError

    async def transfers(self, block: Block) -> Sequence[Transfer]:
        raise NotImplementedError

    async def changed(self, timeout_seconds: float) -> None:
        raise NotImplementedError

    def stalled(self, tip: Block, now: int) -> bool:
        return False

    def is_address(self, text: str) -> bool:
        return text.startswith("ST-")

    def address_form(self, text: str) -> AddressForm | None:
        if not self.is_address(text):
            return None
        return "contract" if "." in text else "wallet"

    def address_fault(self, text: str) -> str | None:
        return "This is nobody's address." if text == NOBODY else None

    def is_signed(self, message: str, signature: str, *, address: str) -> bool:
        return signature == self.sign(message, address=address)

    def sign(self, message: str, *, address: str) -> str:
        """What the wallet of an address makes of a text."""
        return hashlib.sha256(f"{address}/{message}".encode()).hexdigest()

    def settlement_address(self, merchant_id: str) -> str | None:
        return f"ST-{merchant_id}"

    def refund_transaction(self, terms: RefundTerms) -> dict[str, object]:
        return {"recipient": terms.recipient, "amount": str(terms.amount_sats)}

    async def health(self) -> Health:
        return Health(ok=True, detail="written by a test")


@dataclass
class Till:
    """One store on one paper chain."""

    storage: Storage
    services: Services
    chain: PaperChain
    clock: FakeClock
    facts: ChainFacts
    caller: Caller
    address: str
    blocks: list[tuple[Block, tuple[Transfer, ...]]] = field(default_factory=list)
    made: int = 0

    async def write(self, function: Callable[..., R], *args: Any, **named: Any) -> R:
        """Run a use case that takes ``(uow, services, …)``."""
        return await self.storage.write(function, self.services, *args, **named)

    async def do(self, function: Callable[..., R], *args: Any, **named: Any) -> R:
        """Run a use case that takes ``(uow, services, caller, …)`` as the store itself."""
        return await self.write(function, self.caller, *args, **named)

    async def intent(self, amount: int = 1_000, **params: Any) -> PaymentIntent:
        """A confirmed intent."""
        wish = {"amount": amount, "confirm": True, **params}
        draft = draft_payment_intent(self.services, self.caller, wish)
        return await self.do(create_payment_intent, draft, wish, verdict=Verdict())

    async def policy(self, **changes: Any) -> None:
        """Change the store's policy."""

        def change(uow: UnitOfWork) -> None:
            merchant = uow.merchants.get(self.caller.merchant_id)
            assert merchant is not None
            uow.merchants.save(replace(merchant, policy=replace(merchant.policy, **changes)))

        await self.storage.write(change)

    def transfer(self, amount: int, *, memo: str | None = None, **more: Any) -> Transfer:
        """A transfer to the store that no block holds yet."""
        self.made += 1
        txid = hashlib.sha256(f"{self.chain.chain_id}/{self.made}".encode()).hexdigest()
        known: dict[str, Any] = {"sender": "ST-payer", "recipient": self.address, "asset": SBTC}
        parts = {**known, **more}
        data = None if memo is None else bytes.fromhex(memo)
        return Transfer(txid=txid, event_index=0, amount=amount, memo=data, **parts)

    def payment(self, intent: PaymentIntent, amount: int | None = None, **more: Any) -> Transfer:
        """A transfer that pays an intent, whole unless told otherwise."""
        sats = intent.amount_sats if amount is None else amount
        return self.transfer(sats, memo=intent.memo, **more)

    def signed(self, refund: Refund) -> Transfer:
        """The transfer that a store's wallet makes of a refund."""
        return self.transfer(
            refund.amount_sats,
            memo=refund.memo,
            sender=refund.sender,
            recipient=refund.recipient,
        )

    async def mine(self, *transfers: Transfer, fork: str = "") -> Block:
        """Apply the next block, with these transfers."""
        self.clock.advance(BLOCK_SECONDS)
        height = len(self.blocks)
        parent = self.blocks[-1][0].hash if self.blocks else "root"
        burn = height // STACKS_BLOCKS_PER_BURN
        name = f"{parent}/{fork}/{[item.txid for item in transfers]}/{self.clock.now()}"
        hash = hashlib.sha256(name.encode()).hexdigest()
        block = Block(height, hash, parent, burn, f"burn-{burn}", self.clock.now())
        done = await self.write(apply_block, self.facts, block, transfers)
        assert done
        self.blocks.append((block, transfers))
        return block

    async def revert(self, depth: int) -> list[Transfer]:
        """Take the last blocks back; return what they held, in their order."""
        back: list[Transfer] = []
        for _ in range(min(depth, len(self.blocks) - 1)):
            block, transfers = self.blocks.pop()
            assert await self.write(revert_block, self.facts.chain_id, block.hash)
            back = [*transfers, *back]
        return back

    async def all(self, table: str, **where: Any) -> list[Any]:
        """Everything of the store's in a table, in the order of ids."""
        mine = {"merchant_id": self.caller.merchant_id, **where}
        return await self.storage.read(lambda uow: getattr(uow, table).find(mine, limit=10_000))

    async def one(self, table: str, id: str) -> Any:
        """One object, which must be there."""
        found = await self.storage.read(lambda uow: getattr(uow, table).get(id))
        assert found is not None
        return found

    async def again(self, intent: PaymentIntent) -> PaymentIntent:
        """The intent as it is now."""
        found: PaymentIntent = await self.one("payment_intents", intent.id)
        return found

    async def charge(self, intent: PaymentIntent) -> Charge:
        """The intent's charge."""
        found: Charge = await self.one("charges", (await self.again(intent)).latest_charge or "")
        return found

    async def deposit(self, transfer: Transfer) -> Deposit:
        """What the books made of a transfer."""
        (found,) = await self.all("deposits", txid=transfer.txid)
        assert isinstance(found, Deposit)
        return found

    async def events(self, object_id: str) -> list[str]:
        """The types of an object's events, in order."""
        found: list[Event] = await self.all("events", object_id=object_id)
        return [event.type for event in found]

    async def balances(self) -> dict[tuple[str, str], int]:
        """The running totals by asset and account."""
        found = await self.all("ledger_accounts")
        return {(account.asset, account.code): account.balance for account in found}


@asynccontextmanager
async def open_books(folder: Path) -> AsyncIterator[Storage]:
    """An empty storage in a folder."""
    context = plugin_context("storage_sqlite", SqliteConfig(), folder)
    async with open_storage(context) as storage:
        await storage.migrate()
        yield storage


async def open_till(storage: Storage, name: str = "paper:1", **policy: Any) -> Till:
    """A new store on a chain of its own, which has its first block."""
    clock = FakeClock()
    chain = PaperChain(name, clock)
    services = Services(
        ids=TimeOrderedIds(),
        clock=clock,
        test_chain=chain,
        live_chain=None,
        notifier=None,
        vault=KeyRing({"0001": bytes(32)}),
        public_url="http://till.test",
    )
    new = await storage.write(create_merchant, services, "A store", None)
    caller = Caller(new.merchant.id, False, "req_test")
    facts = ChainFacts.of(chain, livemode=False)
    address = new.merchant.addresses[name]
    till = Till(storage, services, chain, clock, facts, caller, address)
    known = {field: policy[field] for field in policy if field in StorePolicy.__slots__}
    if known:
        await till.policy(**known)
    await till.mine()
    return till
