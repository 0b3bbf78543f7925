"""What shops ask of the gateway, at random."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.simulation.endpoints import Endpoints
from tests.simulation.street import Shop
from tests.simulation.world import Disconnected

from stacktill.application.addresses import confirm_address, request_address
from stacktill.application.deposits import attach_deposit, dismiss_deposit, refund_unmatched
from stacktill.application.intent_terms import Verdict
from stacktill.application.merchants import (
    NewMerchant,
    create_merchant,
    update_account,
)
from stacktill.application.payment_intents import (
    cancel_payment_intent,
    confirm_payment_intent,
    create_payment_intent,
    draft_payment_intent,
    update_payment_intent,
)
from stacktill.application.refunds import cancel_refund, create_refund
from stacktill.application.services import Caller, Services
from stacktill.application.sessions import expire_session, start_session
from stacktill.application.views.payment_intents import payment_intent_view
from stacktill.domain.resources import CheckoutSession, LineItem
from stacktill.plugin.storage import UnitOfWork

__all__ = ["AMOUNTS", "Shops"]

AMOUNTS = (1, 2, 999, 20_000, 100_000, 100_001, 5_000_000, 20_000_000, 2_100_000_000_000_000)
STEPS: tuple[list[dict[str, Any]], ...] = (
    [{"layer": "stacks", "count": 0}],
    [{"layer": "stacks", "count": 1}],
    [{"up_to": 50_000, "layer": "stacks", "count": 2}, {"layer": "bitcoin", "count": 1}],
    [{"layer": "stacks", "count": 5}],
    [{"up_to": 1_000, "layer": "stacks", "count": 0}, {"layer": "bitcoin", "count": 2}],
)


class Shops(Endpoints):
    """Some shops, and everything that they may ask."""

    # ------------------------------------------------------------------ opening

    async def open(self, count: int, *, steps: list[dict[str, Any]] | None = None) -> None:
        """Register shops of different policies, each with an endpoint that stays as it is."""
        for number in range(count):
            id = await self._register(f"Shop {number}")
            shop = Shop(id, (Caller(id, False), Caller(id, True)))
            self.shops.append(shop)
            await self._set_policy(shop, steps)
            for caller in shop.callers:
                made = await self.create_endpoint(caller, kinds=["*"])
                assert made is not None
                shop.steady.append(str(made["id"]))

    async def _register(self, name: str) -> str:
        while True:
            try:
                new: NewMerchant = await self.world.within(
                    lambda life: life.storage.write(create_merchant, life.services, name, None)
                )
                return new.merchant.id
            except Disconnected:
                # The command line has no key to repeat: a second merchant may be the result.
                self.world.note("registering was cut off")

    async def change_policy(self) -> None:
        """Another policy from now on; what was confirmed before keeps its terms."""
        await self._set_policy(self.random.choice(self.shops))

    async def _set_policy(self, shop: Shop, steps: list[dict[str, Any]] | None = None) -> None:
        policy = {
            "expires_after_seconds": self.random.choice((60, 200, 900)),
            "late_grace_seconds": self.random.choice((0, 0, 45)),
            "underpaid_tolerance_ppm": self.random.choice((0, 0, 10_000, 50_000)),
            "confirmations": steps or self.random.choice(STEPS),
        }
        await self.client.post(
            shop.callers[True],  # A key of test mode may not decide what real money counts as.
            "update_account",
            lambda uow, services, who: {
                "id": update_account(uow, services, who, {"payment_policy": policy}).id
            },
            policy=repr(policy),
        )

    # ------------------------------------------------------------------ intents

    async def create_intent(self) -> dict[str, Any] | None:
        """Create an intent, mostly confirmed at once."""
        amount = self.random.choice(AMOUNTS)
        return await self.intent_of(self.caller(), amount, confirm=self.random.random() < 0.85)

    async def intent_of(
        self, caller: Caller, amount: int, *, confirm: bool = True
    ) -> dict[str, Any] | None:
        """Create an intent of an amount."""
        params = {"amount": amount, "confirm": confirm}

        def act(uow: UnitOfWork, services: Services, who: Caller) -> Any:
            given = {**params, "metadata": {"key": who.idempotency_key}}
            draft = draft_payment_intent(services, who, given)
            return payment_intent_view(
                services, create_payment_intent(uow, services, who, draft, given, verdict=Verdict())
            )

        return await self.client.post(caller, "create_intent", act, **params)

    async def confirm_intent(self) -> None:
        """Confirm any intent, which is mostly refused."""
        found = self.pick("payment_intents", "status IN ('requires_payment_method', ?)", "canceled")
        if found is not None:
            id, caller = found
            await self.client.post(
                caller,
                "confirm_intent",
                lambda uow, services, who: payment_intent_view(
                    services, confirm_payment_intent(uow, services, who, id, {}, verdict=Verdict())
                ),
                id=id,
            )

    async def update_intent(self) -> None:
        """Change an intent's words or its amount."""
        found = self.pick("payment_intents")
        if found is None:
            return
        id, caller = found
        changes: dict[str, Any] = {"description": f"changed {self.random.random()}"}
        if self.random.random() < 0.4:
            changes["amount"] = self.random.choice(AMOUNTS)
        await self.client.post(
            caller,
            "update_intent",
            lambda uow, services, who: payment_intent_view(
                services, update_payment_intent(uow, services, who, id, changes)
            ),
            id=id,
            **changes,
        )

    async def cancel_intent(self) -> None:
        """Cancel an intent of any status."""
        found = self.pick("payment_intents", "status <> 'canceled'")
        if found is not None:
            id, caller = found
            await self.client.post(
                caller,
                "cancel_intent",
                lambda uow, services, who: payment_intent_view(
                    services, cancel_payment_intent(uow, services, who, id, "abandoned")
                ),
                id=id,
            )

    # ------------------------------------------------------------------ sessions

    async def create_session(self) -> None:
        """Create a session, and most times start it."""
        caller, amount = self.caller(), self.random.choice(AMOUNTS[:-1])
        life = self.random.choice((30, 300, 86_400))
        made = await self.client.post(
            caller,
            "create_session",
            lambda uow, services, who: {"id": _new_session(uow, services, who, amount, life)},
            amount=amount,
        )
        if made is not None and self.random.random() < 0.8:
            await self._start(str(made["id"]), caller)

    async def start_session(self) -> None:
        """Open a session's page, whatever became of it."""
        found = self.pick("checkout_sessions")
        if found is not None:
            await self._start(*found)

    async def expire_session(self) -> None:
        """Close a session by hand."""
        found = self.pick("checkout_sessions")
        if found is not None:
            id, caller = found
            await self.client.post(
                caller,
                "expire_session",
                lambda uow, services, who: {"id": expire_session(uow, services, who, id).id},
                id=id,
            )

    async def _start(self, id: str, caller: Caller) -> None:
        await self.client.post(
            caller,
            "start_session",
            lambda uow, services, who: payment_intent_view(
                services, start_session(uow, services, who, id)
            ),
            id=id,
        )

    # ------------------------------------------------------------------ refunds and deposits

    async def refund(self) -> None:
        """Refund a charge, wholly, in part or too much."""
        found = self.pick("charges")
        if found is not None:
            await self._refund(*found)

    async def refund_in_parallel(self) -> None:
        """Ask for several refunds of one charge at once."""
        found = self.pick("charges", "status = 'succeeded'")
        if found is not None:
            await asyncio.gather(*(self._refund(*found) for _ in range(3)))

    async def _refund(self, charge: str, caller: Caller) -> None:
        amount = self.random.choice((None, 1, 600, 20_000, 1_000_000))
        params: dict[str, Any] = {"charge": charge}
        if amount is not None:
            params["amount"] = amount
        await self.client.post(
            caller,
            "create_refund",
            lambda uow, services, who: {"id": create_refund(uow, services, who, params).id},
            **params,
        )

    async def cancel_refund(self) -> None:
        """Cancel a refund of any status."""
        found = self.pick("refunds")
        if found is not None:
            id, caller = found
            await self.client.post(
                caller,
                "cancel_refund",
                lambda uow, services, who: {"id": cancel_refund(uow, services, who, id).id},
                id=id,
            )

    async def attach_deposit(self) -> None:
        """Attach a deposit to an intent of the same shop."""
        found = self.pick("deposits", "match = 'unmatched'")
        if found is None:
            return
        id, caller = found
        intent = self.pick(
            "payment_intents",
            "merchant_id = ? AND livemode = ? AND status IN ('requires_action', 'processing')",
            caller.merchant_id,
            caller.livemode,
        )
        if intent is not None:
            await self.client.post(
                caller,
                "attach_deposit",
                lambda uow, services, who: {
                    "id": attach_deposit(uow, services, who, id, intent[0]).id
                },
                id=id,
                intent=intent[0],
            )

    async def refund_deposit(self) -> None:
        """Give an unmatched deposit back."""
        found = self.pick("deposits", "match IN ('unmatched', 'dismissed')")
        if found is not None:
            id, caller = found
            await self.client.post(
                caller,
                "refund_deposit",
                lambda uow, services, who: {"id": refund_unmatched(uow, services, who, id).id},
                id=id,
            )

    async def dismiss_deposit(self) -> None:
        """Keep a deposit."""
        found = self.pick("deposits", "match IN ('unmatched', 'refunding')")
        if found is not None:
            id, caller = found
            await self.client.post(
                caller,
                "dismiss_deposit",
                lambda uow, services, who: {"id": dismiss_deposit(uow, services, who, id).id},
                id=id,
            )

    async def move_house(self) -> None:
        """Be paid at another address from now on."""
        shop = self.random.choice(self.shops)
        livemode = self.random.random() < 0.3
        address = f"SNEW{self.random.randrange(10**9)}"

        def act(uow: UnitOfWork, services: Services, who: Caller) -> Any:
            change = request_address(uow, services, who, address)
            signed = dict.fromkeys(("signature", "current_signature"), change.message)
            confirm_address(uow, services, who, change.id, **signed)
            return {"id": shop.id}

        await self.client.post(shop.callers[livemode], "move_house", act, address=address)


def _new_session(uow: UnitOfWork, services: Services, who: Caller, amount: int, life: int) -> str:
    id = services.ids.new("cs_test")
    now = services.now(who.livemode)
    item = LineItem(
        id=services.ids.new("li"),
        price="price_x",
        product="prod_x",
        description="A thing",
        quantity=1,
        unit_amount_sats=amount,
    )
    uow.checkout_sessions.add(
        CheckoutSession(
            id=id,
            merchant_id=who.merchant_id,
            livemode=who.livemode,
            created=now,
            expires_at=now + life,
            line_items=(item,),
            client_secret=services.ids.secret(id),
        )
    )
    return id
