"""What becomes of sponsored calls: seen mined, sent again, moved to a place that others wait behind.

Nonces decide. Once the sponsor's nonce of a call is used up, that call or another with the same nonce was
mined; once its payer's nonce is used up, no block can take it any more. The API, where there is one, says
which it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from stacktill.plugin import CallEnd, CallNews, WaitingCall
from stacktill_chain_stacks.client.api import ApiClient
from stacktill_chain_stacks.client.node import NodeClient
from stacktill_chain_stacks.client.rejections import TransactionRejected
from stacktill_chain_stacks.sponsor_places import Place, free_place, place_of

__all__ = ["SponsorFollow"]

PATIENT_SECONDS = 30
"""Blocks come that often at least; before, the first of the line is left alone."""
STUCK_SECONDS = 300
"""Then the first of the line is offered a higher fee, again and again."""
LAG_SECONDS = 600
"""How far an API may be behind a node that answers for it."""
MOST_LOOKS = 10
_FOR_NOW = (
    "EstimatorError",
    "NotEnoughFunds",
    "ServerFailureDatabase",
    "ServerFailureNoSuchChainTip",
    "ServerFailureOther",
    "TemporarilyBlacklisted",
    "TooMuchChaining",
)

Send = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Call:
    """A waiting call and its place."""

    waiting: WaitingCall
    place: Place

    def news(self, what: CallEnd, detail: str = "", *, fee_ustx: int = 0) -> CallNews:
        return CallNews(id=self.waiting.id, what=what, detail=detail, fee_ustx=fee_ustx)


class SponsorFollow:
    """Looks at the calls of one account."""

    def __init__(self, node: NodeClient, api: ApiClient | None, address: str) -> None:
        self._node = node
        self._api = api
        self._address = address
        self._begin = 0

    async def look(
        self, waiting: Sequence[WaitingCall], *, most_ustx: int, send: Send
    ) -> list[CallNews]:
        """What is new of them; a bounded number of questions is asked."""
        following = await self._next(self._address)
        calls = [_Call(one, place_of(one.transaction)) for one in waiting]
        calls.sort(key=lambda call: call.place.nonce)
        news: list[CallNews] = []
        line = [call for call in calls if _is_in_line(call, following)]
        for call in self._some([call for call in calls if not _is_in_line(call, following)]):
            is_passed = call.place.nonce < following
            news += await (self._passed(call, most_ustx) if is_passed else self._given_up(call))
        return news + await self._line(line, following, most_ustx, send)

    async def knows(self, txid: str) -> bool:
        """Whether the network holds a transaction, in a block or waiting for one."""
        if await self._node.is_unconfirmed(txid):
            return True
        found = None if self._api is None else await self._api.transaction(txid)
        return found is not None and not found.status.startswith("dropped")

    def _some(self, calls: list[_Call]) -> list[_Call]:
        """So many as are looked at, each in its turn: who comes to no end keeps no other from it."""
        if len(calls) <= MOST_LOOKS:
            return calls
        begin = self._begin % len(calls)
        self._begin = begin + MOST_LOOKS
        return (calls[begin:] + calls[:begin])[:MOST_LOOKS]

    async def _passed(self, call: _Call, most_ustx: int) -> list[CallNews]:
        """Its nonce of ours is used up: by itself, or by another in the same place."""
        waiting, place = call.waiting, call.place
        if await self._next(place.payer) <= place.payer_nonce:
            dearer_ustx = _dearer(waiting.fee_ustx)
            if waiting.is_over or waiting.state == "dropped" or dearer_ustx > most_ustx:
                return [call.news("lost", "another call took its place")]
            return [call.news("stuck", "another call took its place", fee_ustx=dearer_ustx)]
        if self._api is None:
            is_dropped = waiting.state == "dropped"
            return [call.news("lost", "replaced") if is_dropped else call.news("mined")]
        status = await self._mined_as(waiting, self._api)
        if status is not None:
            return [call.news("mined", status)]
        if waiting.state == "dropped" or waiting.seconds > LAG_SECONDS:
            return [call.news("lost", "another transaction used up its payer's nonce")]
        return []

    async def _given_up(self, call: _Call) -> list[CallNews]:
        """The network gave it up; that is final when its payer's nonce is used up, or it is too late."""
        if await self._is_replaced(call) or await self._is_too_late(call):
            return [call.news("lost", "it was given up")]
        return []

    async def _line(
        self, line: list[_Call], following: int, most_ustx: int, send: Send
    ) -> list[CallNews]:
        news: list[CallNews] = []
        left = []
        for call in line:
            told = await self._unsent(call, most_ustx, send) if _is_unsent(call) else []
            news += told
            if not any(one.what in ("lost", "dropped") for one in told):
                left.append(call)
        if left and not any(one.what == "stuck" for one in news):
            missing = free_place(following, [call.place.nonce for call in left])
            behind = [call for call in left if call.place.nonce > missing]
            told = await self._behind(behind, missing, most_ustx, send)
            if not told and not _is_unsent(left[0]):
                told = await self._first(left[0], most_ustx, send)
            news += told
        return news

    async def _behind(
        self, line: list[_Call], missing: int, most_ustx: int, send: Send
    ) -> list[CallNews]:
        """Those behind a nonce that nobody holds: the last that the network takes is signed anew for it.

        Each is sent first: of what its payer has replaced the network takes no dearer form either.
        """
        news: list[CallNews] = []
        for call in reversed(line):
            if await self._is_too_late(call):
                news.append(call.news("lost", "it was dropped and comes too late"))
                continue
            dearer_ustx = _dearer(call.waiting.fee_ustx)
            if call.waiting.is_over or dearer_ustx > most_ustx:
                continue
            told = await self._sent_again(call, most_ustx, send)
            if any(one.what in ("dropped", "lost") for one in told):
                news += told
                continue
            why = f"nothing has the nonce {missing}"
            return [*news, call.news("stuck", why, fee_ustx=dearer_ustx)]
        return news

    async def _unsent(self, call: _Call, most_ustx: int, send: Send) -> list[CallNews]:
        """Send what was perhaps never sent, as long as it is wanted."""
        if not call.waiting.is_over:
            return await self._sent_again(call, most_ustx, send)
        is_known = any([await self.knows(txid) for txid in call.waiting.txids])
        return [call.news("sent") if is_known else call.news("lost", "it was never sent")]

    async def _first(self, call: _Call, most_ustx: int, send: Send) -> list[CallNews]:
        """The first of the line, which everybody else waits behind."""
        if call.waiting.seconds < PATIENT_SECONDS:
            return []
        if await self._is_replaced(call):
            return [call.news("lost", "another transaction used up its payer's nonce")]
        if call.waiting.is_over:
            is_gone = await self._is_too_late(call)
            return [call.news("lost", "it was dropped and comes too late")] if is_gone else []
        told = await self._sent_again(call, most_ustx, send)
        dearer_ustx = _dearer(call.waiting.fee_ustx)
        if told[:1] != [call.news("sent")] or call.waiting.seconds < STUCK_SECONDS:
            return told
        if dearer_ustx > most_ustx:
            return told
        return [call.news("stuck", "its fee is too low", fee_ustx=dearer_ustx)]

    async def _sent_again(self, call: _Call, most_ustx: int, send: Send) -> list[CallNews]:
        try:
            await send(call.waiting.transaction)
        except TransactionRejected as error:
            if error.reason in _FOR_NOW:
                return []
            if error.reason == "BadNonce":
                # Ours, if it was that one, is looked at next time as one that is used up.
                is_gone = await self._is_replaced(call)
                return [call.news("lost", str(error))] if is_gone else []
            dearer_ustx = _dearer(call.waiting.fee_ustx)
            if error.reason == "FeeTooLow" and dearer_ustx <= most_ustx:
                return [call.news("stuck", str(error), fee_ustx=dearer_ustx)]
            return [call.news("dropped", str(error))]
        return [call.news("sent")]

    async def _is_replaced(self, call: _Call) -> bool:
        """Whether its payer's nonce was used up by something else: ours is not used up even after that."""
        if await self._next(call.place.payer) <= call.place.payer_nonce:
            return False
        return await self._next(self._address) <= call.place.nonce

    async def _is_too_late(self, call: _Call) -> bool:
        """Whether nobody wants it any more and the network does not hold it."""
        if not call.waiting.is_over:
            return False
        return not any([await self.knows(txid) for txid in call.waiting.txids])

    async def _mined_as(self, waiting: WaitingCall, api: ApiClient) -> str | None:
        """The status of the form of it that a block took, or None when the API shows none."""
        for txid in waiting.txids:
            found = await api.transaction(txid)
            if found is not None and found.block is not None:
                return found.status
        return None

    async def _next(self, address: str) -> int:
        return (await self._node.account(address)).nonce


def _is_in_line(call: _Call, following: int) -> bool:
    return call.place.nonce >= following and call.waiting.state != "dropped"


def _is_unsent(call: _Call) -> bool:
    return call.waiting.state == "signed"


def _dearer(fee_ustx: int) -> int:
    """What takes the place of a transaction with that fee: nodes want more, and not for nothing."""
    return fee_ustx + fee_ustx // 5 + 1
