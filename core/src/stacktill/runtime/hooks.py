"""The one place where the appliance asks its plugins: every hook as a typed method.

It walks the implementations one plugin at a time, in the order of the configuration, so that each
plugin gets its own context, a failure has a name and stays alone.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stacktill.domain.confirmations import Confirmations
from stacktill.domain.decisions import Fee
from stacktill.domain.events import Event
from stacktill.domain.merchants import Merchant
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.refunds import Refund
from stacktill.plugin import Chain, Clock, Ids, PluginContext
from stacktill.runtime.boot import Backends, ask_backends, ask_list, is_live
from stacktill.runtime.decisions import Decision, is_depth, is_fee
from stacktill.runtime.hook_calls import PluginThreads, traced
from stacktill.runtime.plugin_checks import EVENT_HOOKS, EVERY_EVENT
from stacktill.runtime.plugin_host import PluginHost

if TYPE_CHECKING:
    import click
    from litestar.types import ControllerRouterHandler

__all__ = ["EVENT_SECONDS", "Hooks", "PluginFailed", "plugin_commands"]

EVENT_SECONDS = 10.0
"""How long one plugin may take over one event."""


class PluginFailed(Exception):
    """A plugin did not take an event, which is due again; the message names plugin and reason."""


class Hooks:
    """Every hook of the plugins that are on; making it asks the boot hooks."""

    def __init__(self, host: PluginHost, *, data_dir: Path, clock: Clock, ids: Ids) -> None:
        self.host = host
        self.backends: Backends = ask_backends(host)
        self._data_dir = data_dir
        self._clock = clock
        self._ids = ids
        self._contexts: dict[str, PluginContext] = {}
        decision = partial(
            Decision,
            host,
            threads={name: PluginThreads(name) for name in host.plugins},
            context_of=self.context,
        )
        self._review_intent = decision("stacktill_review_payment_intent")
        self._review_merchant = decision("stacktill_review_merchant")
        self._review_refund = decision("stacktill_review_refund")
        self._confirmations = decision("stacktill_confirmations_required")
        self._fee = decision("stacktill_platform_fee")
        self._event_hooks = {hook: host.implementations(hook) for hook in EVENT_HOOKS}

    def context(self, plugin: str) -> PluginContext:
        """What the plugin of that name is given, the same object every time."""
        if plugin not in self._contexts:
            live, ids = self.backends.live, self._ids
            self._contexts[plugin] = _context(
                self.host, plugin, self._data_dir, self._clock, ids=ids, live=live
            )
        return self._contexts[plugin]

    # ------------------------------------------------------------------------ boot

    def routes(self) -> dict[str, list[ControllerRouterHandler]]:
        """The web routes of each plugin; raise ``ConfigError`` when one cannot say them."""
        asked = self.host.implementations("stacktill_routes").items()
        return {name: ask_list(one, {"context": self.context(name)}) for name, one in asked}

    # ------------------------------------------------------------------------ decisions

    @property
    def reviews_payment_intents(self) -> bool:
        """Whether any plugin wants to see payment intents before they are made."""
        return bool(self._review_intent)

    @property
    def reviews_merchants(self) -> bool:
        """Whether any plugin wants to see merchants before they are made."""
        return bool(self._review_merchant)

    @property
    def reviews_refunds(self) -> bool:
        """Whether any plugin wants to see refunds before they are made."""
        return bool(self._review_refund)

    @property
    def decides_confirmations(self) -> bool:
        """Whether any plugin says how deep a payment must lie."""
        return bool(self._confirmations)

    @property
    def decides_fees(self) -> bool:
        """Whether any plugin says what the platform's fee is."""
        return bool(self._fee)

    async def review_payment_intent(self, draft: PaymentIntent, merchant: Merchant) -> None:
        """Ask every plugin; raise ``PluginRefused`` when one refuses or fails."""
        await self._review_intent.review(draft=draft, merchant=merchant)

    async def review_merchant(self, draft: Merchant) -> None:
        """Ask every plugin; raise ``PluginRefused`` when one refuses or fails."""
        await self._review_merchant.review(draft=draft)

    async def review_refund(self, draft: Refund, intent: PaymentIntent) -> None:
        """Ask every plugin; raise ``PluginRefused`` when one refuses or fails."""
        await self._review_refund.review(draft=draft, intent=intent)

    async def confirmations_required(
        self, intent: PaymentIntent, merchant: Merchant
    ) -> Confirmations | None:
        """The first plugin's answer, or None; raise ``PluginRefused`` when one fails."""
        answer: Confirmations | None = await self._confirmations.first(
            is_depth, intent=intent, merchant=merchant
        )
        return answer

    async def platform_fee(
        self, intent: PaymentIntent, merchant: Merchant, *, chain: Chain
    ) -> Fee | None:
        """The first plugin's answer, or None; raise ``PluginRefused`` when one fails."""
        answer: Fee | None = await self._fee.first(
            lambda one: is_fee(one, below_sats=intent.amount_sats, chain=chain),
            intent=intent,
            merchant=merchant,
        )
        return answer

    # ------------------------------------------------------------------------ events

    def event_subscribers(self) -> dict[str, frozenset[str]]:
        """The event types that each plugin receives; ``*`` among them means every type."""
        wanted: dict[str, set[str]] = {}
        for hook, event_type in EVENT_HOOKS.items():
            for plugin in self._event_hooks[hook]:
                wanted.setdefault(plugin, set()).add(event_type)
        return {name: frozenset(wanted[name]) for name in self.host.plugins if name in wanted}

    async def deliver(self, plugin: str, event: Event) -> None:
        """Hand an event to a plugin's hooks; raise ``PluginFailed`` when it has to be tried again.

        A plugin with a hook for this type and one for every type may see the event twice in the
        one, when the other fails.
        """
        arguments: dict[str, Any] = {"event": event, "context": self.context(plugin)}
        try:
            async with asyncio.timeout(EVENT_SECONDS):
                for hook, event_type in EVENT_HOOKS.items():
                    implementation = self._event_hooks[hook].get(plugin)
                    if implementation is None or event_type not in (EVERY_EVENT, event.type):
                        continue
                    with traced(implementation):
                        taken = [arguments[name] for name in implementation.argnames]
                        work: Any = implementation.function(*taken)
                        await work
        except TimeoutError as error:
            raise PluginFailed(f"{plugin}: not done within {EVENT_SECONDS:g} s") from error
        except Exception as error:
            raise PluginFailed(f"{plugin}: {type(error).__name__}: {error}") from error


def plugin_commands(
    host: PluginHost, *, data_dir: Path, clock: Clock, ids: Ids
) -> dict[str, list[click.Command]]:
    """The command-line commands of each plugin; raise ``ConfigError`` when one cannot say them."""
    asked = host.implementations("stacktill_commands").items()
    live = is_live(host) if asked else False
    return {
        name: ask_list(one, {"context": _context(host, name, data_dir, clock, ids=ids, live=live)})
        for name, one in asked
    }


def _context(
    host: PluginHost, plugin: str, data_dir: Path, clock: Clock, *, ids: Ids, live: bool
) -> PluginContext:
    return PluginContext(
        name=plugin,
        config=host.plugins[plugin].config,
        data_dir=data_dir,
        clock=clock,
        ids=ids,
        log=logging.getLogger(f"stacktill.plugins.{plugin}"),
        live=live,
    )
