"""The line of one sponsor's calls: signed, kept and sent one after the other, and followed to their end.

A call is kept before it is sent, so a process that dies in between sends it when it starts again. What the
network may have lost is sent again; what no block can take any more gives its fee back.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

from stacktill.application.services import Caller, Services
from stacktill.application.sponsorships import (
    keep_sponsorship,
    note_news,
    resign_sponsorship,
    sponsorable,
    sponsorship_refusal,
    waiting_calls,
)
from stacktill.domain.decisions import Refusal
from stacktill.domain.errors import InvalidRequest, RequestError, Unavailable
from stacktill.domain.sponsorships import Sponsorship
from stacktill.plugin.chain import ChainUnavailable
from stacktill.plugin.crash_points import reach
from stacktill.plugin.health import Health
from stacktill.plugin.sponsor import CallNews, SignedCall, Sponsor, SponsoredCall, WaitingCall
from stacktill.plugin.storage import Storage, StorageUnavailable, UnitOfWork

__all__ = ["SponsorLine"]

LOOK_SECONDS = 10.0
"""How often a call that waits is looked at while it is young."""
LATER_SECONDS = 60.0
"""How often when all are older, or nothing waits; and how often the account is looked at."""
YOUNG_SECONDS = 180
PAUSE_SECONDS = 2.0
"""From one look that somebody asked for to the next, however many ask."""
LOW_PAYMENTS = 20
"""The operator is told when the account could not pay so many of the dearest fees any more."""


class SponsorLine:
    """One sponsor's line, for one mode."""

    def __init__(
        self,
        storage: Storage,
        services: Services,
        sponsor: Sponsor,
        *,
        livemode: bool,
        log: logging.Logger,
    ) -> None:
        self._storage = storage
        self._services = services
        self._sponsor = sponsor
        self._livemode = livemode
        self._log = log
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._health = Health(ok=True, detail="not looked at yet")
        self._purse_due = 0.0
        self._looking: asyncio.Task[float] | None = None
        self._look_begins = 0.0

    def health(self) -> Health:
        """Who pays, what is left, how many calls wait; it is still well when the money runs low."""
        return self._health

    async def pay(
        self, caller: Caller, intent_id: str, transaction: bytes, call: SponsoredCall
    ) -> Sponsorship:
        """Sign, keep and send a call that was checked.

        Raise ``InvalidRequest`` when its fee is not to be paid or the network refuses it; then nothing is
        spent. When the network does not answer the call is kept, and sent by ``run``.
        """
        async with self._turn:
            await self._check_refusal(caller, intent_id, call)
            waiting = await self._unblocked()
            places = [one.transaction for one in waiting if one.state != "dropped"]
            try:
                signed = await self._sponsor.sign(transaction, call, places)
            except ChainUnavailable as error:
                raise _down() from error
            kept = await self._storage.write(
                keep_sponsorship,
                self._services,
                caller,
                intent_id,
                call,
                asked=transaction,
                signed=signed,
            )
            reach("sponsor.after_keep")
            return await self._sent(kept, signed)

    async def run(self) -> None:
        """Follow what waits, for ever."""
        is_silent = False
        while True:
            pause = LOOK_SECONDS
            self._wake.clear()
            try:
                pause = await self.follow()
                is_silent = False
            except ChainUnavailable as error:
                if not is_silent:
                    self._log.warning("sponsor.unavailable", extra={"reason": str(error)})
                is_silent = True
                self._health = replace(self._health, detail=str(error))
            except StorageUnavailable as error:
                self._log.warning("sponsor.storage_unavailable", extra={"reason": str(error)})
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def follow(self) -> float:
        """Look once at what waits; return after how many seconds to look again."""
        async with self._turn:
            waiting = await self._follow()
        now = asyncio.get_running_loop().time()
        if now >= self._purse_due:
            self._purse_due = now + LATER_SECONDS
            await self.look_at_purse()
        told = {**self._health.figures, "waiting": float(len(waiting))}
        self._health = replace(self._health, figures=told)
        youngest = min((one.seconds for one in waiting), default=YOUNG_SECONDS)
        return LOOK_SECONDS if youngest < YOUNG_SECONDS else LATER_SECONDS

    async def look(self, *, within_seconds: float) -> None:
        """Look at what waits because somebody asks, who waits for it so long; it goes on without them.

        All who ask share one look, and the next one waits a little: strangers must not make it ask for
        ever. A look that fails changes nothing, and ``run`` tells of it.
        """
        if self._looking is None or self._looking.done():
            now = asyncio.get_running_loop().time()
            self._look_begins = max(self._look_begins + PAUSE_SECONDS, now)
            self._looking = asyncio.create_task(self._follow_at(self._look_begins))
            self._looking.add_done_callback(_heard)
        await asyncio.wait({self._looking}, timeout=within_seconds)

    async def _follow_at(self, begins: float) -> float:
        await asyncio.sleep(max(0.0, begins - asyncio.get_running_loop().time()))
        return await self.follow()

    async def _check_refusal(self, caller: Caller, intent_id: str, call: SponsoredCall) -> None:
        """Raise ``InvalidRequest`` when the fee is not to be paid, after one look at what may have ended."""
        asked = (self._services, caller, intent_id, call)
        refusal = await self._storage.read(_refusal, *asked)
        if refusal is not None and refusal.code == "sponsor_payer_waiting":
            with suppress(ChainUnavailable):
                await self._follow()
            refusal = await self._storage.read(_refusal, *asked)
        if refusal is not None:
            raise InvalidRequest(refusal.message, code=refusal.code)

    async def look_at_purse(self) -> bool:
        """Look at what the sponsor has left; whether it is enough for a while."""
        policy = self._services.sponsoring
        if not policy.daily_budget_ustx:
            return True
        purse = await self._sponsor.purse()
        is_low = purse.ustx < LOW_PAYMENTS * policy.max_fee_ustx
        detail = f"{purse.address} has {purse.ustx} micro-STX"
        if is_low:
            detail += f", not enough for {LOW_PAYMENTS} of the dearest fees: send it STX"
            if not self._health.figures.get("low"):
                self._log.warning("sponsor.low", extra={"detail": detail})
        figures = {"ustx": float(purse.ustx), "low": float(is_low)}
        # Those who have STX still pay, so a box whose sponsor runs dry is not out of order.
        self._health = Health(ok=True, detail=detail, figures=figures)
        return not is_low

    async def _follow(self) -> list[WaitingCall]:
        waiting = await self._waiting()
        if waiting:
            most_ustx = self._services.sponsoring.max_fee_ustx
            for news in await self._sponsor.follow(waiting, most_ustx=most_ustx):
                await self._learn(news)
        return waiting

    async def _unblocked(self) -> list[WaitingCall]:
        """What waits; raise ``Unavailable`` when the network may not have all of it.

        Calls stand in a line, so none is signed behind one that was perhaps never sent.
        """
        waiting = await self._waiting()
        if any(one.state == "signed" for one in waiting):
            try:
                await self._follow()
            except ChainUnavailable as error:
                raise _down() from error
            waiting = await self._waiting()
            if any(one.state == "signed" and not one.is_over for one in waiting):
                raise _down()
        return waiting

    async def _waiting(self) -> list[WaitingCall]:
        return await self._storage.read(waiting_calls, self._services, livemode=self._livemode)

    async def _sent(self, kept: Sponsorship, signed: SignedCall) -> Sponsorship:
        """What became of a new call: sent, refused, or kept to be sent again."""
        try:
            await self._sponsor.send(signed.transaction)
        except RequestError as error:
            self._log.info("sponsor.refused", extra={"sponsorship": kept.id, "reason": str(error)})
            news = CallNews(id=kept.id, what="lost", detail=str(error))
            await self._storage.write(note_news, self._services, news)
            raise
        except ChainUnavailable as error:
            self._log.warning(
                "sponsor.unknown", extra={"sponsorship": kept.id, "reason": str(error)}
            )
            self._wake.set()
            return kept
        reach("sponsor.after_send")
        news = CallNews(id=kept.id, what="sent")
        noted = await self._storage.write(note_news, self._services, news)
        self._wake.set()
        return noted or kept

    async def _learn(self, news: CallNews) -> None:
        told = {"sponsorship": news.id, "detail": news.detail}
        if news.what == "stuck":
            await self._sign_anew(news)
            return
        self._log.info(f"sponsor.{news.what}", extra=told)
        await self._storage.write(note_news, self._services, news)

    async def _sign_anew(self, news: CallNews) -> None:
        """Sign a call that stands in the wrong place, or for too small a fee, and send it once more."""
        kept = await self._storage.read(_kept, news.id)
        if kept is None:
            return
        others = [one for one in await self._waiting() if one.id != news.id]
        places = [one.transaction for one in others if one.state != "dropped"]
        call = SponsoredCall(kept.payer, news.fee_ustx)
        try:
            signed = await self._sponsor.sign(bytes.fromhex(kept.asked), call, places)
        except InvalidRequest as error:
            self._log.warning("sponsor.stuck", extra={"sponsorship": kept.id, "reason": str(error)})
            return
        made = await self._storage.write(
            resign_sponsorship, self._services, kept.id, news.fee_ustx, signed
        )
        if made is None:
            self._log.warning("sponsor.stuck", extra={"sponsorship": kept.id, "reason": "budget"})
            return
        self._log.info("sponsor.resigned", extra={"sponsorship": kept.id, "detail": news.detail})
        reach("sponsor.after_resign")
        try:
            await self._sponsor.send(signed.transaction)
        except InvalidRequest as error:
            # An earlier form of it may still be taken, so this is not its end.
            self._log.warning(
                "sponsor.refused", extra={"sponsorship": kept.id, "reason": str(error)}
            )
            return
        await self._storage.write(note_news, self._services, CallNews(id=kept.id, what="sent"))


def _refusal(
    uow: UnitOfWork, services: Services, caller: Caller, intent_id: str, call: SponsoredCall
) -> Refusal | None:
    intent = sponsorable(uow, services, caller, intent_id)
    return sponsorship_refusal(uow, services, intent, call)


def _heard(looking: asyncio.Task[float]) -> None:
    # A task whose failure nobody takes would tell of it by itself.
    if not looking.cancelled():
        looking.exception()


def _kept(uow: UnitOfWork, id: str) -> Sponsorship | None:
    return uow.sponsorships.get(id)


def _down() -> Unavailable:
    return Unavailable("The network cannot be asked at the moment; nothing was sent. Try again.")
