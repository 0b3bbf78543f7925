"""What shops do about their webhooks."""

from __future__ import annotations

from typing import Any

from tests.simulation.street import Street

from stacktill.application.redelivery import redeliver, replay_range
from stacktill.application.services import Caller, Services
from stacktill.application.webhook_endpoints import (
    create_endpoint,
    delete_endpoint,
    roll_endpoint_secret,
    update_endpoint,
)
from stacktill.plugin.storage import UnitOfWork

__all__ = ["Endpoints"]


class Endpoints(Street):
    """Registering, changing and deleting receivers, and sending again."""

    async def create_endpoint(
        self, caller: Caller | None = None, *, kinds: list[str] | None = None
    ) -> dict[str, Any] | None:
        """Register a receiver of its own URL."""
        if kinds is None:
            kinds = self.random.choice(
                (["*"], ["payment_intent.succeeded"], ["refund.updated", "deposit.unmatched"])
            )
        number = len(self.world.office.boxes) + self.random.randrange(10**6)
        params: dict[str, Any] = {"url": f"https://shop/{number}", "enabled_events": kinds}
        if self.random.random() < 0.2:
            params["max_per_second"] = 2

        def act(uow: UnitOfWork, services: Services, who: Caller) -> Any:
            endpoint, secret = create_endpoint(uow, services, who, params)
            return {"id": endpoint.id, "secret": secret}

        return await self.client.post(
            caller or self.caller(),
            "create_endpoint",
            act,
            **{k: str(v) for k, v in params.items()},
        )

    async def change_endpoint(self) -> None:
        """Disable, enable, roll or delete an endpoint, but never a steady one."""
        steady = [id for shop in self.shops for id in shop.steady]
        marks = ", ".join("?" * len(steady))
        found = self.pick("webhook_endpoints", f"id NOT IN ({marks})", *steady)
        if found is None:
            return
        id, caller = found
        verb = self.random.choice(("disable", "enable", "roll", "delete"))

        def act(uow: UnitOfWork, services: Services, who: Caller) -> Any:
            if verb == "delete":
                delete_endpoint(uow, services, who, id)
            elif verb == "roll":
                roll_endpoint_secret(uow, services, who, id, 3600)
            else:
                update_endpoint(uow, services, who, id, {"disabled": verb == "disable"})
            return {"id": id}

        await self.client.post(caller, f"{verb}_endpoint", act, id=id)

    async def redeliver(self) -> None:
        """Send one event, or the whole log, again."""
        found = self.pick("webhook_endpoints")
        if found is None:
            return
        id, caller = found
        event = self.pick(
            "events", "merchant_id = ? AND livemode = ?", caller.merchant_id, caller.livemode
        )
        whole = self.random.random() < 0.3 or event is None

        def act(uow: UnitOfWork, services: Services, who: Caller) -> Any:
            if whole:
                return {
                    "id": len(replay_range(uow, services, who, id, after_position=0).deliveries)
                }
            assert event is not None
            return {"id": redeliver(uow, services, who, event[0], id).id}

        done = await self.client.post(caller, "redeliver", act, id=id, event=event and event[0])
        if done is not None:
            self.world.life.dispatcher.wake(id)
