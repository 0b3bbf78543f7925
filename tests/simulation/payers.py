"""What happens on the chain: payers in all their ways, shops' wallets, miners, forks."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.client import Client
from tests.simulation.scripted_chain import FAULTS, Moved, Nature
from tests.simulation.shops import Shops
from tests.simulation.world import Disconnected, World

from stacktill.application.memo import intent_memo
from stacktill.application.refunds import broadcast_refund
from stacktill.application.services import Caller
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.refunds import Refund

__all__ = ["WAYS", "Payers"]

WAYS = (
    "exact",
    "exact",
    "exact",
    "under",
    "rest",
    "over",
    "twice",
    "in parts",
    "bundle",
    "no memo",
    "wrong memo",
    "other's address",
    "look-alike",
    "failed",
    "dust",
    "ended",
    "early",
    "between shops",
)


@dataclass(frozen=True, slots=True)
class Purse:
    """Where a payer finds an intent."""

    intent: PaymentIntent
    nature: Nature

    def move(self, sender: str, amount: int, **changes: object) -> Moved:
        """A transfer to the intent's address with its memo, but for the changes."""
        intent = self.intent
        memo = bytes.fromhex(intent.memo or "")
        values = {"memo": memo, "recipient": intent.deposit_address or "", **changes}
        return Moved(amount, sender, **values)  # type: ignore[arg-type]


class Payers:
    """Everything that moves money or blocks."""

    def __init__(self, world: World, client: Client, shops: Shops) -> None:
        self.world = world
        self.client = client
        self.shops = shops
        self.random = world.random
        self._payers = 0

    async def pay(self) -> None:
        """Pay an intent in one of many ways, most of them wrong."""
        way = self.random.choice(WAYS)
        ended = "status IN ('canceled', 'succeeded')" if way == "ended" else "status <> 'canceled'"
        known = "memo IS NULL" if way == "early" else f"memo IS NOT NULL AND {ended}"
        found = self.shops.pick("payment_intents", known)
        if found is not None:
            self.pay_intent(found[0], way)

    def pay_intent(self, id: str, way: str = "exact") -> None:
        """Put the payment of an intent into the mempool."""
        intent = self.world.books.look(lambda uow: uow.payment_intents.get(id))
        assert intent is not None
        purse = Purse(intent, self.nature(intent.livemode))
        self.world.counts[f"pay {way}"] += 1
        self.world.counts[f"pay while {intent.status}"] += 1
        self.world.note(f"pay {intent.id} ({intent.status}) {way}")
        moves = self._moves(purse, way)
        if moves:
            purse.nature.submit(*moves, fails=way == "failed")

    def nature(self, livemode: bool) -> Nature:
        """The chain of a mode."""
        return self.world.natures[livemode]

    def _payer(self) -> str:
        self._payers += 1
        return f"SPAYER{self._payers % 7}"

    def _moves(self, purse: Purse, way: str) -> list[Moved]:
        amount, payer = purse.intent.amount_sats, self._payer()
        if way == "between shops":
            payer = self.address(purse.intent.livemode)
            if payer == purse.intent.deposit_address:
                return []
        if way == "bundle":
            return self._bundle(purse, payer)
        if way == "dust":
            return [purse.move(payer, 1) for _ in range(self.random.choice((2, 20)))]
        if way == "twice":
            purse.nature.submit(purse.move(payer, amount))
        if way == "in parts":
            purse.nature.submit(purse.move(self._payer(), max(amount - amount // 3, 1)))
        sums = {
            "under": amount * self.random.randrange(1, 100) // 100,
            "rest": purse.intent.remaining_sats,
            "over": amount + self.random.choice((1, 500, amount)),
            "in parts": amount // 3,
        }
        return [purse.move(payer, max(sums.get(way, amount), 1), **self._slip(purse, way))]

    def _slip(self, purse: Purse, way: str) -> dict[str, object]:
        """What a payer does wrong."""
        if way == "no memo":
            return {"memo": None}
        if way == "wrong memo":
            return {"memo": self.random.choice((b"", b"hello", purse.intent.id.encode()[:34]))}
        if way == "look-alike":
            return {
                "asset": self.random.choice(("SP.sbtc-token::sbtc-token", "SN.sbtc-token::sBTC"))
            }
        if way == "early":
            # Anybody can work the memo out; the address is found on an earlier intent.
            memo = bytes.fromhex(intent_memo(purse.intent.id))
            return {"memo": memo, "recipient": self.address(purse.intent.livemode)}
        if way == "other's address":
            return {"recipient": self.address(purse.intent.livemode)}
        return {}

    def _bundle(self, purse: Purse, payer: str) -> list[Moved]:
        """One transaction that pays several intents, a look-alike among them, and a stranger."""
        moves = [purse.move(payer, purse.intent.amount_sats), Moved(77, payer, "SSTRANGER")]
        moves.append(purse.move(payer, 10**30, asset="SP.big::big"))
        other = self.shops.pick(
            "payment_intents", "memo IS NOT NULL AND livemode = ?", purse.intent.livemode
        )
        if other is not None:
            intent = self.world.books.look(lambda uow: uow.payment_intents.get(other[0]))
            assert intent is not None
            moves.append(Purse(intent, purse.nature).move(payer, intent.amount_sats))
        self.random.shuffle(moves)
        return moves

    def address(self, livemode: bool) -> str:
        """Where some store is, or was, paid."""
        rows = self.world.books.rows(
            "SELECT address FROM settlement_addresses WHERE livemode = ? ORDER BY address", livemode
        )
        return str(self.random.choice(rows)[0])

    # ------------------------------------------------------------------ shops' wallets

    async def sign_refund(self) -> None:
        """Sign a refund, most times only once, and most times tell the gateway."""
        found = self.shops.pick("refunds", "status <> 'succeeded'")
        if found is not None:
            await self.sign(*found, tell=self.random.random() < 0.7)
            if self.random.random() < 0.1:
                await self.sign(*found, tell=False)

    async def sign(self, id: str, caller: Caller, *, tell: bool = True) -> None:
        """Send a refund's transfer, exactly or with a slip of the hand."""
        refund = self.world.books.look(lambda uow: uow.refunds.get(id))
        assert refund is not None
        txid = self.nature(refund.livemode).submit(self._refund_move(refund))
        self.world.note(f"sign {id} ({refund.status})")
        self.world.counts[f"sign while {refund.status}"] += 1
        if tell:
            await self.client.post(
                caller,
                "broadcast_refund",
                lambda uow, services, who: {
                    "id": broadcast_refund(uow, services, who, id, txid).id
                },
                id=id,
                txid=txid,
            )

    def _refund_move(self, refund: Refund) -> Moved:
        memo: bytes | None = bytes.fromhex(refund.memo)
        amount = refund.amount_sats
        slip = self.random.random()
        if slip < 0.05:
            memo = None
        elif slip < 0.1:
            amount += 1
        return Moved(amount, refund.sender, refund.recipient, memo)

    async def withdraw(self) -> None:
        """A shop moves its own money, perhaps to another shop of this box."""
        livemode = self.random.random() < 0.2
        sender, other = self.address(livemode), self.address(livemode)
        recipient = other if sender != other and self.random.random() < 0.5 else "SCOLDSTORE"
        self.world.counts["withdraw"] += 1
        asset = self.random.choice(("SN.sbtc-token::sbtc-token", "SP.big::big"))
        self.nature(livemode).submit(
            Moved(self.random.randrange(1, 50_000), sender, recipient, None, asset)
        )

    # ------------------------------------------------------------------ blocks

    async def mine(self) -> None:
        """Mine on one of the chains, or on both."""
        for nature in self.world.natures:
            if not nature.is_stalled and self.random.random() < 0.8:
                nature.mine(self.random.choice((1, 1, 2, 6)), bitcoin=self.random.random() < 0.3)

    async def reorg(self) -> None:
        """Replace the newest blocks of a chain."""
        nature = self.random.choice(self.world.natures[:1] * 3 + self.world.natures)
        depth = self.random.choice((1, 1, 2, 3, 5, 12, 40, 150))
        fate = self.random.choice(("again", "again", "mixed", "later", "gone"))
        longer = self.random.choice((1, 1, 0, 3, -1))
        depth = nature.reorg(depth, longer=longer, fate=fate)
        self.world.counts[f"reorg {fate}"] += 1
        self.world.counts["reorg deep"] += depth > 6
        self.world.counts["executed again"] = sum(one.reexecuted for one in self.world.natures)
        self.world.note(f"reorg of {nature.chain_id}: {depth} blocks, {longer} longer, {fate}")

    async def advance(self) -> None:
        """Move the clock of a chain forward, as a sandbox's is moved."""
        nature = self.random.choice(self.world.natures)
        seconds = self.random.choice((1, 30, 60, 200, 1000, 90_000))
        nature.clock.offset_seconds += seconds  # type: ignore[attr-defined]
        self.world.counts["advance"] += 1
        self.world.note(f"{nature.chain_id} is {seconds} s later")
        if self.random.random() < 0.5 and not nature.is_stalled:
            nature.mine()

    async def trouble_the_chain(self) -> None:
        """Let a chain stand still, or its source fail, or heal both."""
        nature = self.random.choice(self.world.natures)
        if nature.fault is not None or nature.is_stalled:
            nature.is_stalled = False
            nature.set_fault(None)
            self.world.note(f"{nature.chain_id} is well")
        elif self.random.random() < 0.2:
            nature.is_stalled = True
            self.world.counts["stall"] += 1
            self.world.note(f"{nature.chain_id} stands still")
        else:
            fault = self.random.choice(FAULTS)
            nature.set_fault(fault)
            self.world.counts[f"source {fault}"] += 1
            self.world.note(f"{nature.chain_id} is {fault}")

    async def look_now(self) -> None:
        """What the test helpers do after each move: have a watcher catch up at once."""
        try:
            await self.world.within(lambda life: life.watchers[0].catch_up_if_it_answers())
        except (Disconnected, Exception) as error:  # noqa: BLE001 - the watcher itself retries
            self.world.note(f"catch_up: {error!r}")
