"""A scripted chain in memory: what truly happened on it, and a source that tells it well or badly."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from tests.simulation.fate import Fate

from stacktill.domain.addresses import AddressForm
from stacktill.plugin import (
    Block,
    ChainUnavailable,
    Clock,
    Health,
    RefundTerms,
    SandboxScript,
    Transfer,
)

__all__ = ["FAULTS", "LOCKED", "SBTC", "LifeChain", "Moved", "Nature"]

SBTC = "SN.sbtc-token::sbtc-token"
LOCKED = "SN.sbtc-token::sbtc-token-locked"
FAULTS = ("down", "garbage", "stale", "flaky", "lagging", "slow")
FIRST_BURN_HEIGHT = 5_000
NO_PARENT = "0" * 64


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement inside a transaction; a mint has no sender, a burn no recipient."""

    amount: int
    sender: str | None
    recipient: str | None
    memo: bytes | None = None
    asset: str = SBTC


@dataclass(slots=True)
class Transaction:
    """A signed transaction, in the mempool or in a block."""

    txid: str
    moves: tuple[Moved, ...]
    fails: bool = False
    shift: int = 0

    def transfers(self) -> list[Transfer]:
        """What it moves; event indexes have gaps, as on a real chain."""
        if self.fails:
            return []
        return [
            Transfer(
                self.txid, 2 * place + self.shift, m.asset, m.amount, m.sender, m.recipient, m.memo
            )
            for place, m in enumerate(self.moves)
        ]

    def elsewhere(self, chance: Random) -> Transaction:
        """The same on the other side of a fork: at other places, or, a contract's, doing other things."""
        moves = list(self.moves)
        shift = chance.choice((0, 1, 2, 4))
        if len(moves) > 1:
            chance.shuffle(moves)
            other = chance.randrange(len(moves))
            moves[other] = replace(moves[other], amount=moves[other].amount + chance.randrange(2))
        return Transaction(self.txid, tuple(moves), self.fails, shift)


@dataclass(slots=True)
class Mined:
    """A block with its transactions."""

    block: Block
    transactions: list[Transaction] = field(default_factory=list)

    def transfers(self) -> list[Transfer]:
        """All that it moves, in chain order."""
        return [transfer for tx in self.transactions for transfer in tx.transfers()]


class Nature:
    """The chain as it is. It outlives every process; ``ever`` knows orphaned blocks too."""

    def __init__(self, chain_id: str, clock: Clock, random: Random) -> None:
        self.chain_id = chain_id
        self.clock = clock
        self.random = random
        self.blocks: list[Mined] = []
        self.mempool: list[Transaction] = []
        self.ever: dict[str, Mined] = {}
        self.is_stalled = False
        self.reorgs = 0
        self.reexecuted = 0
        self.fault: str | None = None
        self.frozen: list[Mined] = []
        self.news = asyncio.Event()
        self._made = 0
        self._chance = Random(chain_id)
        self.mine(1 + random.randrange(8))

    @property
    def tip(self) -> Block:
        """The canonical tip."""
        return self.blocks[-1].block

    def submit(self, *moves: Moved, fails: bool = False) -> str:
        """Put a transaction into the mempool; its txid."""
        txid = self._hash("tx")
        self.mempool.append(Transaction(txid, moves, fails))
        return txid

    def mine(self, count: int = 1, *, bitcoin: bool = False) -> None:
        """Put blocks on top; the first takes the mempool."""
        for _ in range(count):
            waiting, self.mempool = self.mempool, []
            self._add(waiting, bitcoin=bitcoin or self.random.random() < 0.1)
        self._tell()

    def reorg(self, depth: int, *, longer: int = 1, fate: str = "again") -> int:
        """Replace the last blocks by ``depth + longer`` others; how many really were replaced.

        What was in them is mined ``again`` in another order, waits in the mempool (``later``), is
        dropped (``gone``), or one of the three for each (``mixed``).
        """
        depth = min(depth, len(self.blocks) - 1)
        self.reorgs += 1
        orphaned, self.blocks = self.blocks[-depth:], self.blocks[:-depth]
        again: list[Transaction] = []
        for before in (tx for mined in orphaned for tx in mined.transactions):
            transaction = self._executed_again(before)
            choice = self.random.choice(("again", "later", "gone")) if fate == "mixed" else fate
            if choice == "again":
                again.append(transaction)
            elif choice == "later":
                self.mempool.append(transaction)
        self.random.shuffle(again)
        length = max(depth + longer, 1)
        parts: list[list[Transaction]] = [[] for _ in range(length)]
        for transaction in again:
            self.random.choice(parts).append(transaction)
        for part in parts:
            self._add(part, bitcoin=self.random.random() < 0.2)
        self._tell()
        return depth

    def _executed_again(self, transaction: Transaction) -> Transaction:
        """A transaction that left the chain, as it will come back: now and then another way."""
        if self._chance.random() < 0.5:
            return transaction
        self.reexecuted += 1
        return transaction.elsewhere(self._chance)

    def set_fault(self, fault: str | None) -> None:
        """Make the source tell it badly, or well again."""
        self.fault = fault
        self.frozen = list(self.blocks) if fault == "stale" else []
        self._tell()

    def seen(self) -> list[Mined]:
        """The blocks that the source shows."""
        if self.fault == "stale":
            return self.frozen
        if self.fault == "lagging":
            return self.blocks[:-3] or self.blocks[:1]
        return self.blocks

    def _add(self, transactions: list[Transaction], *, bitcoin: bool) -> None:
        parent = self.blocks[-1].block if self.blocks else None
        burn = FIRST_BURN_HEIGHT if parent is None else parent.burn_height + bitcoin
        time = self.clock.now()
        block = Block(
            height=0 if parent is None else parent.height + 1,
            hash=self._hash("block"),
            parent_hash=NO_PARENT if parent is None else parent.hash,
            burn_height=burn,
            burn_hash=hashlib.sha256(f"{self.chain_id} burn {burn}".encode()).hexdigest(),
            time=time if parent is None else max(time, parent.time),
        )
        mined = Mined(block, transactions)
        self.blocks.append(mined)
        self.ever[block.hash] = mined

    def _hash(self, kind: str) -> str:
        self._made += 1
        return hashlib.sha256(f"{self.chain_id} {kind} {self._made}".encode()).hexdigest()

    def _tell(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


class LifeChain:
    """The ``Chain`` port of one life of the process, reading from ``Nature`` through its faults."""

    network = "stacks"
    sbtc_asset = SBTC
    sbtc_locked_asset: str | None = LOCKED
    visibility_seconds = 0
    script: SandboxScript | None = None

    def __init__(self, nature: Nature, fate: Fate, random: Random) -> None:
        self.chain_id = nature.chain_id
        self.clock: Clock = nature.clock
        self._nature = nature
        self._fate = fate
        self._random = random
        self._told_truth = False

    async def tip(self) -> Block:
        """The tip, as the source tells it."""
        await self._answer("tip")
        self._told_truth = self._nature.fault not in ("stale", "lagging", "garbage")
        if self._nature.fault == "garbage":
            return self._garbage(self._nature.tip.height + self._random.randrange(-2, 3))
        return self._nature.seen()[-1].block

    async def block(self, height: int) -> Block | None:
        """The block at a height, as the source tells it."""
        await self._answer("block")
        if self._nature.fault == "garbage":
            return self._random.choice((None, self._garbage(height), self._garbage(height + 1)))
        seen = self._nature.seen()
        return seen[height].block if 0 <= height < len(seen) else None

    async def transfers(self, block: Block) -> Sequence[Transfer]:
        """The transfers of a block that the source holds for canonical."""
        await self._answer("transfers")
        seen = self._nature.seen()
        known = seen[block.height] if 0 <= block.height < len(seen) else None
        if self._nature.fault == "garbage" or known is None or known.block.hash != block.hash:
            raise ChainUnavailable("not canonical")
        return known.transfers()

    async def changed(self, timeout_seconds: float) -> None:
        """Wait for news."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._nature.news.wait()
        except TimeoutError:
            pass

    def stalled(self, tip: Block, now: int) -> bool:
        """Whether the chain stands still, or the source did not tell the true tip."""
        return self._nature.is_stalled or not self._told_truth

    def is_address(self, text: str) -> bool:
        """Whether the text can be an address."""
        return text.startswith("S")

    def address_form(self, text: str) -> AddressForm | None:
        """The kind of principal: wallets only."""
        return "wallet" if self.is_address(text) else None

    def address_fault(self, text: str) -> str | None:
        """Nothing is lost here."""
        return None

    def is_signed(self, message: str, signature: str, *, address: str) -> bool:
        """Whoever repeats a message signs it: nobody is mistrusted here."""
        return signature == message

    def settlement_address(self, merchant_id: str) -> str | None:
        """A merchant's first address on this chain."""
        return f"S{hashlib.sha256((self.chain_id + merchant_id).encode()).hexdigest()[:12].upper()}"

    def refund_transaction(self, terms: RefundTerms) -> dict[str, object]:
        """What the wallet signs."""
        return {"memo": terms.memo.hex(), "amount": str(terms.amount_sats)}

    async def health(self) -> Health:
        """Whether the source answers."""
        return Health(ok=self._nature.fault is None)

    async def _answer(self, name: str) -> None:
        await self._fate.moment(f"chain.before {name}")
        fault = self._nature.fault
        slow = 2.0 if fault == "slow" else 0.02
        await asyncio.sleep(self._random.random() * slow)
        fault = self._nature.fault
        if fault == "down" or (fault == "flaky" and self._random.random() < 0.4):
            raise ChainUnavailable(f"the simulated source is {fault}")
        await self._fate.moment(f"chain.after {name}")

    def _garbage(self, height: int) -> Block:
        def noise() -> str:
            return hashlib.sha256(str(self._random.random()).encode()).hexdigest()

        return Block(height, noise(), noise(), 0, noise(), 0)
