"""The sandbox panel of the payer's page: play the payer in test mode, without a wallet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacktill.domain.errors import InvalidParameter, NotFound, StateConflict
from stacktill.domain.payment_intents import PAYABLE, PaymentIntent
from stacktill.plugin.chain import SandboxOrder, SandboxScript
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.resources.sandbox_scenes import settle

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["has_sandbox", "play", "scenes_of"]

SCENES = ("exact", "under", "over", "late", "mine")
"""Pay what is due · half of it · more than it · after its time · or let the next block come."""


def has_sandbox(appliance: Appliance, *, livemode: bool) -> bool:
    """Whether a payment of that mode can be paid by a button."""
    return not livemode and appliance.services.test_chain.script is not None


def scenes_of(appliance: Appliance, *, livemode: bool) -> tuple[str, ...]:
    """What the buttons of a payment of that mode can play; nothing where money is real.

    A box that takes real money is open to everybody, and the clock of test mode is everybody's: there no
    payer may move it.
    """
    if not has_sandbox(appliance, livemode=livemode):
        return ()
    is_public = appliance.services.live_chain is not None
    return tuple(each for each in SCENES if each != "late" or not is_public)


async def play(appliance: Appliance, intent_id: str, scene: str) -> None:
    """Play one scene for a test payment; raise ``StateConflict`` when it is not open for it."""
    script = appliance.services.test_chain.script
    intent = await appliance.storage.read(_test_intent, intent_id)
    if script is None or scene not in scenes_of(appliance, livemode=False):
        raise InvalidParameter("There is no such scene on the sandbox.", param="scene")
    if intent.status not in PAYABLE:
        raise StateConflict("This payment is not open any more.")
    if scene == "mine":
        is_stacks = intent.confirmations is None or intent.confirmations.layer == "stacks"
        await script.mine(1, bitcoin=not is_stacks)
    else:
        await _pay(appliance, script, intent, scene)
    await settle(appliance)


async def _pay(
    appliance: Appliance, script: SandboxScript, intent: PaymentIntent, scene: str
) -> None:
    due = intent.remaining_sats or intent.amount_sats
    sats = {"under": max(due // 2, 1), "over": due + max(due // 4, 1)}.get(scene, due)
    if scene == "late":
        # Only just beyond this payment's own end: the clock is everybody's in test mode.
        seconds = (intent.closes_at or 0) + 1 - appliance.services.test_chain.clock.now()
        if seconds > 0:
            await script.advance(seconds)
        await settle(appliance)
    memo = bytes.fromhex(intent.memo or "")
    await script.pay(
        SandboxOrder(recipient=intent.deposit_address or "", amount_sats=sats, memo=memo)
    )
    await script.mine(1)


def _test_intent(uow: UnitOfWork, intent_id: str) -> PaymentIntent:
    intent = uow.payment_intents.get(intent_id)
    if intent is None or intent.livemode:
        raise NotFound("There is no such payment.")
    return intent
