"""The decision hooks: plugins are asked before a transaction, and silence is never consent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pluggy

from stacktill.application.payees import check_person
from stacktill.domain.confirmations import MAX_COUNT, Confirmations
from stacktill.domain.decisions import Fee, Refusal
from stacktill.domain.errors import InvalidParameter, PluginRefused
from stacktill.plugin import Chain, PluginContext
from stacktill.runtime.hook_calls import PluginThreads, called
from stacktill.runtime.plugin_host import PluginHost

__all__ = ["DECISION_SECONDS", "Decision"]

A = TypeVar("A")

DECISION_SECONDS = 2.0
"""How long one plugin may think about one decision."""

_FAILED = (
    "This request was refused because a check on this server could not be made. Try again later; "
    "if it goes on, tell whoever runs the server."
)

logger = logging.getLogger(__name__)


class Decision:
    """One decision hook and the plugins that implement it, in the order of the configuration."""

    def __init__(
        self,
        host: PluginHost,
        hook: str,
        *,
        threads: Mapping[str, PluginThreads],
        context_of: Callable[[str], PluginContext],
    ) -> None:
        self._hook = hook
        self._implementations = host.implementations(hook)
        self._threads = threads
        self._context_of = context_of

    def __bool__(self) -> bool:
        """Whether any plugin decides at all."""
        return bool(self._implementations)

    async def review(self, **arguments: Any) -> None:
        """Ask every plugin; raise ``PluginRefused`` at the first refusal, or if one fails."""
        for plugin, implementation in self._implementations.items():
            refusal = await self._ask(plugin, implementation, arguments, _is_refusal)
            if refusal is not None:
                fields = {"plugin": plugin, "hook": self._hook, "code": refusal.code}
                logger.info("plugin.refused", extra=fields)
                raise PluginRefused(refusal.message, code=refusal.code)

    async def first(self, is_sound: Callable[[Any], bool], **arguments: Any) -> Any:
        """The first answer that is not None, or None; raise ``PluginRefused`` if a plugin fails."""
        for plugin, implementation in self._implementations.items():
            answer = await self._ask(plugin, implementation, arguments, is_sound)
            if answer is not None:
                return answer
        return None

    async def _ask(
        self,
        plugin: str,
        implementation: pluggy.HookImpl,
        arguments: Mapping[str, Any],
        is_sound: Callable[[Any], bool],
    ) -> Any:
        given = {**arguments, "context": self._context_of(plugin)}
        try:
            answer = await self._threads[plugin].run(
                lambda: called(implementation, given), timeout_seconds=DECISION_SECONDS
            )
        except TimeoutError as error:
            raise self._failed(plugin, f"no answer within {DECISION_SECONDS:g} s") from error
        except Exception as error:
            raise self._failed(plugin, f"{type(error).__name__}: {error}") from error
        try:
            can_be_used = answer is None or is_sound(answer)
        except ValueError as error:
            raise self._failed(plugin, str(error)) from error
        if not can_be_used:
            raise self._failed(plugin, f"a {type(answer).__name__} that cannot be used")
        return answer

    def _failed(self, plugin: str, reason: str) -> PluginRefused:
        fields = {"plugin": plugin, "hook": self._hook, "reason": reason}
        logger.error("plugin.decision_failed", extra=fields)
        return PluginRefused(_FAILED, code="plugin_failed")


def _is_refusal(answer: Any) -> bool:
    return (
        isinstance(answer, Refusal)
        and isinstance(answer.message, str)
        and isinstance(answer.code, str)
    )


def is_depth(answer: Any) -> bool:
    """Whether an answer says how many blocks of which layer."""
    return (
        isinstance(answer, Confirmations)
        and answer.layer in ("stacks", "bitcoin")
        and isinstance(answer.count, int)
        and 0 <= answer.count <= MAX_COUNT
    )


def is_fee(answer: Any, *, below_sats: int, chain: Chain) -> bool:
    """Whether an answer is a fee that leaves the merchant a sat; raise ``ValueError`` for a bad recipient."""
    is_sound = (
        isinstance(answer, Fee)
        and isinstance(answer.amount_sats, int)
        and 0 <= answer.amount_sats < below_sats
        and isinstance(answer.recipient, str)
    )
    if is_sound:
        try:
            check_person(chain, answer.recipient, param="recipient")
        except InvalidParameter as error:
            raise ValueError(f"recipient: {error}") from error
    return is_sound
