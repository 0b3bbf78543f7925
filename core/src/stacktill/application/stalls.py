"""A chain that stood still: nobody could pay, so nobody's time may have run out meanwhile."""

from __future__ import annotations

from dataclasses import replace

from stacktill.domain.accounting import PluginState
from stacktill.plugin.storage import UnitOfWork

__all__ = ["RESUME_SECONDS", "extend_overdue", "note_stall", "stall_noted"]

RESUME_SECONDS = 900
"""How long payers have, at the least, once the chain moves again."""


def note_stall(uow: UnitOfWork, chain_id: str, *, stalled: bool) -> None:
    """Remember, over restarts, that a chain stands still, or that its standstill has been made up for."""
    key = _key(chain_id)
    if not stalled:
        uow.plugin_state.remove(key)
    elif uow.plugin_state.get(key) is None:
        uow.plugin_state.add(PluginState(id=key, value="1"))


def stall_noted(uow: UnitOfWork, chain_id: str) -> bool:
    """Whether the chain stood still when it was last looked at."""
    return uow.plugin_state.get(_key(chain_id)) is not None


def extend_overdue(uow: UnitOfWork, livemode: bool, until: int, limit: int = 200) -> int:
    """Keep up to ``limit`` open intents open until Unix second ``until``; return how many there were."""
    due = uow.payment_intents.find(
        {"livemode": livemode, "status": "requires_action", "closes_at <": until},
        order="closes_at",
        limit=limit,
    )
    for intent in due:
        uow.payment_intents.save(replace(intent, expires_at=until, closes_at=until))
    return len(due)


def _key(chain_id: str) -> str:
    return f"core/stalled/{chain_id}"
