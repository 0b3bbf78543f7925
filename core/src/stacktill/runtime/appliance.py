"""The appliance: settings and plugins made into one running whole, opened and closed in order."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stacktill.application.idempotency import forget_old
from stacktill.application.intent_terms import Verdict
from stacktill.application.payees import check_person
from stacktill.application.retention import KEPT_DAYS, forget_deliveries
from stacktill.application.services import Services
from stacktill.domain.errors import ConfigError, InvalidParameter
from stacktill.domain.fees import FeeSchedule
from stacktill.domain.merchants import Merchant
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.cache import Cache
from stacktill.plugin.chain import Chain
from stacktill.plugin.health import Health
from stacktill.plugin.notices import NoticeSender
from stacktill.plugin.notification import Notifier
from stacktill.plugin.receipts import ReceiptSender
from stacktill.plugin.sponsor import sponsor_of
from stacktill.plugin.storage import Storage, UnitOfWork
from stacktill.runtime.carriers import Carriers
from stacktill.runtime.clock import SystemClock
from stacktill.runtime.config import Settings
from stacktill.runtime.dispatcher import Dispatcher
from stacktill.runtime.hooks import Hooks
from stacktill.runtime.hub import Hub
from stacktill.runtime.ids import TimeOrderedIds, first_id
from stacktill.runtime.notice_carrier import NOBODY_TOLD, notices_health
from stacktill.runtime.plugin_host import load_plugins
from stacktill.runtime.receipt_carrier import NamedSender
from stacktill.runtime.relay import Relay
from stacktill.runtime.sponsor_line import SponsorLine
from stacktill.runtime.supervisor import Supervisor
from stacktill.runtime.vault import KeyRing
from stacktill.runtime.watcher import Watcher

__all__ = ["Appliance", "open_appliance"]

log = logging.getLogger("stacktill")

PRUNE_SECONDS = 60.0
PRUNE_PAUSE_SECONDS = 0.05
LOW_DISK = 0.05
OUTBOX_LIMIT_SECONDS = 60


@dataclass(slots=True, kw_only=True)
class Appliance:
    """Everything that a request or a command may need, open for as long as its context."""

    settings: Settings
    hooks: Hooks
    storage: Storage
    services: Services
    watchers: dict[str, Watcher]
    sponsor_lines: dict[bool, SponsorLine]
    relay: Relay
    dispatcher: Dispatcher
    hub: Hub
    supervisor: Supervisor
    operator_token: str
    notifier: Notifier | None
    receipts: ReceiptSender | None
    notices: NoticeSender | None
    cache: Cache | None
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def start_loops(self) -> None:
        """Start following chains, relaying events and delivering them."""
        for mode, watcher in self.watchers.items():
            self.supervisor.start(f"watch:{mode}", watcher.run)
        for livemode, line in self.sponsor_lines.items():
            self.supervisor.start(f"sponsor:{_mode_name(livemode)}", line.run)
        self.supervisor.start("deliver", self.dispatcher.run)
        self.supervisor.start("relay", self.relay.run)
        self.supervisor.start("prune", self._prune)
        self.supervisor.start("farewell", self._farewell)
        if self.notices is None and self.services.live_chain is not None:
            log.warning("notices.nobody_told", extra={"reason": NOBODY_TOLD.detail})

    async def verdict(self, intent: PaymentIntent, *, is_new: bool) -> Verdict:
        """What the plugins decide about an intent: refused, how deep, which fee."""
        hooks = self.hooks
        reviews = is_new and hooks.reviews_payment_intents
        if not (reviews or hooks.decides_confirmations or (is_new and hooks.decides_fees)):
            return Verdict()
        merchant = await self.storage.read(_merchant, intent.merchant_id)
        if merchant is None:
            return Verdict()
        if reviews:
            await hooks.review_payment_intent(intent, merchant)
        chain = self.services.chain(intent.livemode)
        return Verdict(
            confirmations=await hooks.confirmations_required(intent, merchant),
            fee=await hooks.platform_fee(intent, merchant, chain=chain) if is_new else None,
        )

    async def health(self) -> dict[str, Health]:
        """How every part is, by name."""
        parts = {
            "storage": await self.storage.health(),
            "loops": self.supervisor.health(),
            "outbox": await self._outbox_health(),
            "disk": _disk_health(self.settings.data_dir),
        }
        for mode, watcher in self.watchers.items():
            parts[f"chain_{mode}"] = watcher.health()
        for livemode, line in self.sponsor_lines.items():
            if self.services.sponsoring.daily_budget_ustx:
                parts[f"sponsor_{_mode_name(livemode)}"] = line.health()
        if self.notifier is not None:
            parts["notification"] = await self.notifier.health()
        if self.receipts is not None:
            parts["receipts"] = await self.receipts.health()
        parts["notices"] = await notices_health(self.notices)
        if self.cache is not None:
            parts["cache"] = await self.cache.health()
        return parts

    async def _outbox_health(self) -> Health:
        age = await self.storage.read(_outbox_age_seconds, self.services)
        ok = age <= OUTBOX_LIMIT_SECONDS
        detail = "ok" if ok else f"the oldest event has waited for {age} s to be placed"
        return Health(ok=ok, detail=detail, figures={"oldest_seconds": float(age)})

    async def _farewell(self) -> None:
        """When the appliance closes, let live streams end at once instead of at their next ping."""
        await self.closing.wait()
        self.hub.publish_gap()

    async def _prune(self) -> None:
        while True:
            since = self.services.clock.now() - KEPT_DAYS * 24 * 3600
            bounds = {"attempts": first_id("att", since), "deliveries": first_id("dlv", since)}
            gone = await self.storage.write(forget_old, self.services)
            gone += await self.storage.write(forget_deliveries, bounds)
            self.supervisor.working("prune")
            await asyncio.sleep(PRUNE_PAUSE_SECONDS if gone else PRUNE_SECONDS)


@asynccontextmanager
async def open_appliance(settings: Settings, *, loops: bool = True) -> AsyncIterator[Appliance]:
    """Open storage, chains and channels in order, and close them in the reverse one.

    Raise ``ConfigError`` when it cannot be opened as configured. With ``loops`` off nothing moves by
    itself: for commands that run beside a server.
    """
    data_dir = settings.data_dir
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock, ids = SystemClock(), TimeOrderedIds()
    hooks = Hooks(load_plugins(settings), data_dir=data_dir, clock=clock, ids=ids)
    async with AsyncExitStack() as stack:
        offer = hooks.backends.storage
        storage = await stack.enter_async_context(offer.backend.open(hooks.context(offer.plugin)))
        await storage.migrate()
        chains = {
            livemode: await stack.enter_async_context(
                chain.backend.open(hooks.context(chain.plugin))
            )
            for livemode, chain in hooks.backends.chains.items()
        }
        notifier = await _open_notifier(hooks, stack)
        services = Services(
            ids=ids,
            clock=clock,
            test_chain=chains[False],
            live_chain=chains.get(True),
            notifier=notifier,
            vault=KeyRing.load(data_dir / "keys"),
            public_url=settings.server.url,
            address_delay_seconds=settings.settlement.address_delay_seconds,
            fees=_fees(settings, chains),
            sponsoring=settings.sponsor.policy,
        )
        carriers = Carriers(
            storage,
            services,
            notifier,
            hooks,
            receipts=await _open_receipts(hooks, stack),
            notices=await _open_notices(hooks, stack),
        )
        appliance = _assemble(settings, hooks, storage, services, chains, carriers=carriers)
        appliance.cache = await _open_cache(hooks, stack)
        if loops:
            appliance.start_loops()
        try:
            yield appliance
        finally:
            appliance.closing.set()
            await appliance.supervisor.stop()


def _fees(settings: Settings, chains: dict[bool, Chain]) -> FeeSchedule:
    """The fees; raise ``ConfigError`` when a recipient is nobody who can be paid on its mode's chain."""
    schedule = settings.fees.schedule
    for livemode, recipient in schedule.recipients.items():
        chain = chains.get(livemode)
        if chain is None:
            continue
        key = "live_recipient" if livemode else "test_recipient"
        try:
            check_person(chain, recipient, param=key)
        except InvalidParameter as error:
            raise ConfigError(f"[fees] {key}: {error}") from error
    return schedule


async def _open_notifier(hooks: Hooks, stack: AsyncExitStack) -> Notifier | None:
    offer = hooks.backends.notification
    if offer is None:
        return None
    return await stack.enter_async_context(offer.backend.open(hooks.context(offer.plugin)))


async def _open_receipts(hooks: Hooks, stack: AsyncExitStack) -> NamedSender[ReceiptSender] | None:
    offer = hooks.backends.receipts
    if offer is None:
        return None
    opened = offer.backend.open(hooks.context(offer.plugin))
    return NamedSender(offer.plugin, await stack.enter_async_context(opened))


async def _open_notices(hooks: Hooks, stack: AsyncExitStack) -> NamedSender[NoticeSender] | None:
    offer = hooks.backends.notices
    if offer is None:
        return None
    opened = offer.backend.open(hooks.context(offer.plugin))
    return NamedSender(offer.plugin, await stack.enter_async_context(opened))


async def _open_cache(hooks: Hooks, stack: AsyncExitStack) -> Cache | None:
    offer = hooks.backends.cache
    if offer is None:
        return None
    return await stack.enter_async_context(offer.backend.open(hooks.context(offer.plugin)))


def _assemble(
    settings: Settings,
    hooks: Hooks,
    storage: Storage,
    services: Services,
    chains: dict[bool, Chain],
    *,
    carriers: Carriers,
) -> Appliance:
    hub = Hub()
    dispatcher = Dispatcher(storage, services, carriers, log)
    relay = Relay(storage, services, dispatcher, hub, log)
    watchers = {
        _mode_name(livemode): Watcher(
            storage,
            services,
            chain,
            livemode=livemode,
            poll_seconds=settings.chain.poll_seconds,
            unhealthy_after_seconds=settings.chain.unhealthy_after_seconds,
            log=log,
            on_change=relay.nudge,
        )
        for livemode, chain in chains.items()
    }
    lines = {
        livemode: SponsorLine(storage, services, sponsor, livemode=livemode, log=log)
        for livemode, chain in chains.items()
        if (sponsor := sponsor_of(chain)) is not None
    }
    return Appliance(
        settings=settings,
        hooks=hooks,
        storage=storage,
        services=services,
        watchers=watchers,
        sponsor_lines=lines,
        relay=relay,
        dispatcher=dispatcher,
        hub=hub,
        supervisor=Supervisor(log),
        operator_token=_operator_token(settings.data_dir / "operator.token"),
        notifier=services.notifier,
        receipts=carriers.receipt_sender,
        notices=carriers.notice_sender,
        cache=None,
    )


def _mode_name(livemode: bool) -> str:
    """``live`` or ``test``, as parts are called."""
    return "live" if livemode else "test"


def _operator_token(path: Path) -> str:
    """The secret that this machine's own commands show to the server; made once, mode 0600."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    token = f"op_{secrets.token_urlsafe(32)}"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(token)
    return token


def _merchant(uow: UnitOfWork, id: str) -> Merchant | None:
    return uow.merchants.get(id)


def _outbox_age_seconds(uow: UnitOfWork, services: Services) -> int:
    """How long the oldest event has waited for its place, by its mode's own clock."""
    waiting = uow.events.find({"position": None}, limit=1)
    if not waiting:
        return 0
    return max(services.now(waiting[0].livemode) - waiting[0].created, 0)


def _disk_health(data_dir: Path) -> Health:
    usage = shutil.disk_usage(data_dir)
    free = usage.free / usage.total
    ok = free >= LOW_DISK
    detail = "ok" if ok else f"only {free:.0%} of the disk is free"
    return Health(ok=ok, detail=detail, figures={"free_ratio": round(free, 3)})
