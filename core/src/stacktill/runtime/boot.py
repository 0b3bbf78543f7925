"""The boot hooks: asked once at start, and what they must answer together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import pluggy

from stacktill.domain.errors import ConfigError
from stacktill.plugin import (
    CacheBackend,
    ChainBackend,
    NoticeBackend,
    NotificationBackend,
    ReceiptBackend,
    StorageBackend,
)
from stacktill.runtime.hook_calls import called
from stacktill.runtime.plugin_host import PluginHost, attempted

__all__ = ["Backends", "Offer", "ask_backends", "ask_list", "is_live"]

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Offer(Generic[B]):
    """What one plugin offers, with the plugin's name."""

    plugin: str
    backend: B


@dataclass(frozen=True, slots=True)
class Backends:
    """Everything that the appliance is made of; ``chains`` is keyed by livemode."""

    storage: Offer[StorageBackend]
    chains: Mapping[bool, Offer[ChainBackend]]
    notification: Offer[NotificationBackend] | None
    receipts: Offer[ReceiptBackend] | None
    notices: Offer[NoticeBackend] | None
    cache: Offer[CacheBackend] | None

    @property
    def live(self) -> bool:
        """Whether a live chain is configured."""
        return True in self.chains


def ask_backends(host: PluginHost) -> Backends:
    """Ask every plugin what it offers; raise ``ConfigError`` with one line per fault."""
    faults: list[str] = []
    storages = _offers(host, "stacktill_storage", StorageBackend, faults)
    chains = _offers(host, "stacktill_chain", ChainBackend, faults)
    notifications = _offers(host, "stacktill_notification", NotificationBackend, faults)
    receipts = _offers(host, "stacktill_receipts", ReceiptBackend, faults)
    notices = _offers(host, "stacktill_notices", NoticeBackend, faults)
    caches = _offers(host, "stacktill_cache", CacheBackend, faults)
    test = [offer for offer in chains if not offer.backend.livemode]
    live = [offer for offer in chains if offer.backend.livemode]
    # What is missing only because its plugin failed needs no line of its own.
    is_needed = not faults
    _hold_one(storages, "a storage", faults, is_needed=is_needed)
    _hold_one(test, "a chain for test mode", faults, is_needed=is_needed)
    _hold_one(live, "a chain for live mode", faults)
    _hold_one(notifications, "a way to send webhooks", faults)
    _hold_one(receipts, "a way to send receipts", faults)
    _hold_one(notices, "a way to tell merchants", faults)
    _hold_one(caches, "a cache", faults)
    if faults:
        raise ConfigError("\n".join(faults))
    return Backends(
        storage=storages[0],
        chains={offer.backend.livemode: offer for offer in chains},
        notification=notifications[0] if notifications else None,
        receipts=receipts[0] if receipts else None,
        notices=notices[0] if notices else None,
        cache=caches[0] if caches else None,
    )


def is_live(host: PluginHost) -> bool:
    """Whether any plugin offers a live chain; what else it offers may be faulty."""
    chains = _offers(host, "stacktill_chain", ChainBackend, [])
    return any(offer.backend.livemode for offer in chains)


def ask_list(implementation: pluggy.HookImpl, arguments: Mapping[str, Any]) -> list[Any]:
    """Ask one plugin for a list; raise ``ConfigError`` when it fails or answers something else."""
    answer, reason = attempted(partial(called, implementation, arguments))
    if reason is None and not isinstance(answer, list):
        reason = f"a list is needed, not {type(answer).__name__}"
    if reason is not None:
        hook = implementation.function.__name__
        raise ConfigError(f"[plugins.{implementation.plugin_name}]: {hook}() failed: {reason}")
    return list(answer)


def _offers(host: PluginHost, hook: str, kind: type[B], faults: list[str]) -> list[Offer[B]]:
    offers: list[Offer[B]] = []
    for name, implementation in host.implementations(hook).items():
        answer, reason = attempted(partial(called, implementation, {}))
        if reason is not None:
            faults.append(f"[plugins.{name}]: {hook}() failed: {reason}")
        elif isinstance(answer, kind):
            offers.append(Offer(name, answer))
        else:
            found = type(answer).__name__
            faults.append(f"[plugins.{name}]: {hook}() must answer a {kind.__name__}, not {found}")
    return offers


def _hold_one(
    offers: list[Offer[B]], what: str, faults: list[str], *, is_needed: bool = False
) -> None:
    if not offers and is_needed:
        faults.append(f"No plugin offers {what}; add the [plugins.…] table of one that does.")
    if len(offers) > 1:
        tables = ", ".join(f"[plugins.{offer.plugin}]" for offer in offers)
        faults.append(f"{tables}: each offers {what}; keep one of them")
