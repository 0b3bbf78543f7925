"""Several sources as one: the first that answers, or as many as must say the same."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from stacktill.plugin import Block, ChainUnavailable, PartlyUnread, Transfer
from stacktill_chain_stacks.source import ChainSource

__all__ = ["Agreement"]

T = TypeVar("T")

GRACE_SECONDS = 0.5
"""What the others have when enough agree: one that dawdles must not set the pace for all."""


class Agreement:
    """Answers what ``needed`` of the sources say alike; the others may be down, late or wrong.

    The tip is the highest block that so many of them show. Money counts only when so many of them tell of
    the very same transfers of the very same block.
    """

    def __init__(self, sources: Sequence[ChainSource], *, needed: int = 1) -> None:
        self._sources = tuple(sources)
        self._needed = needed
        self.name = ", ".join(source.name for source in sources)

    async def check(self) -> None:
        """Raise when a source is on another network, or does not say on which."""
        for source in self._sources:
            await source.check()

    async def tip(self) -> Block:
        """The highest block that enough sources show as canonical."""
        tips = await self._ask(
            lambda source: source.tip(), is_enough=lambda found: len(found) >= self._needed
        )
        if self._needed == 1:
            return max(tips.values(), key=lambda tip: tip.height)
        # Sources move at their own pace: as many as are needed have got at least as far as the first of
        # these. When one of them only says so, the others agree about what the next has got to.
        heights = sorted((tip.height for tip in tips.values()), reverse=True)[self._needed - 1 :]
        for height in heights[:-1]:
            with suppress(ChainUnavailable):
                if (block := await self.block(height)) is not None:
                    return block
        block = await self.block(heights[-1])
        if block is None:
            raise ChainUnavailable(f"Fewer than {self._needed} sources show block {heights[-1]}.")
        return block

    async def block(self, height: int) -> Block | None:
        """The canonical block of a height, as enough sources show it; None above the tip."""
        return self._common(await self._ask(lambda source: source.block(height)), f"block {height}")

    async def transfers(self, block: Block) -> tuple[Transfer, ...]:
        """The transfers of a block, as enough sources tell of them.

        Raise ``PartlyUnread`` when enough of them agree about all but what some cannot read.
        """
        if self._needed == 1:
            return await self._transfers_in_turn(block)
        told = await self._ask(
            lambda source: _told_by(source, block),
            is_enough=lambda found: self._is_settled(_whole(found)),
        )
        what = f"the transfers of block {block.hash}"
        whole = _whole(told)
        if self._enough(whole):
            return self._common(whole, what)
        unread = frozenset(txid for one in told.values() for txid in one.unread)
        parts = {name: one.without(unread) for name, one in told.items()}
        common = self._common(parts, what)
        why = next((one.why for one in told.values() if one.unread), "")
        raise PartlyUnread(why, common, tuple(sorted(unread)))

    async def _transfers_in_turn(self, block: Block) -> tuple[Transfer, ...]:
        """What the first source says that can read all of it, else what the first says that can read some."""
        partly: PartlyUnread | None = None
        faults = []
        for source in self._sources:
            try:
                return await source.transfers(block)
            except PartlyUnread as error:
                partly = partly or error
            except ChainUnavailable as error:
                faults.append(str(error))
        raise partly or ChainUnavailable(" ".join(faults))

    async def _ask(
        self,
        question: Callable[[ChainSource], Awaitable[T]],
        *,
        is_enough: Callable[[dict[str, T]], bool] | None = None,
    ) -> dict[str, T]:
        """The answers by source, as many as are needed at the least; nobody waits long for the slowest."""
        if self._needed == 1:
            return await self._ask_in_turn(question)
        is_enough = is_enough or self._is_settled
        tasks = {asyncio.ensure_future(question(one)): one.name for one in self._sources}
        answers: dict[str, T] = {}
        silent: list[BaseException] = []
        waiting = set(tasks)
        try:
            while waiting:
                patience = GRACE_SECONDS if is_enough(answers) else None
                done, waiting = await asyncio.wait(
                    waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    break
                for task in done:
                    error = task.exception()
                    if error is None:
                        answers[tasks[task]] = task.result()
                    else:
                        silent.append(error)
        finally:
            await _end(waiting)
        _raise_others(silent)
        if len(answers) < self._needed:
            raise ChainUnavailable(
                f"{len(answers)} of the {self._needed} sources that must agree answer: "
                + " ".join(map(str, silent))
            )
        return answers

    def _is_settled(self, answers: dict[str, T]) -> bool:
        """Whether no further answer could change what enough sources say."""
        could_split = 2 * self._needed <= len(self._sources)
        return not could_split and bool(self._enough(answers))

    async def _ask_in_turn(self, question: Callable[[ChainSource], Awaitable[T]]) -> dict[str, T]:
        faults = []
        for source in self._sources:
            try:
                return {source.name: await question(source)}
            except ChainUnavailable as error:
                faults.append(str(error))
        raise ChainUnavailable(" ".join(faults))

    def _enough(self, answers: dict[str, T]) -> list[T]:
        """The answers that enough sources give: none, one, or two camps of them."""
        counts = Counter(answers.values()).most_common(2)
        return [answer for answer, count in counts if count >= self._needed]

    def _common(self, answers: dict[str, T], what: str) -> T:
        """What enough sources say; when two camps are large enough, nobody is believed."""
        enough = self._enough(answers)
        if len(enough) != 1:
            raise ChainUnavailable(f"{', '.join(answers)} do not agree about {what}.")
        return enough[0]


async def _end(tasks: Collection[asyncio.Future[T]]) -> None:
    """Stop waiting for answers that nobody needs."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _raise_others(errors: Sequence[BaseException]) -> None:
    """Let what is no failure of a source, such as a cancellation, go on its way."""
    for error in errors:
        if not isinstance(error, ChainUnavailable):
            raise error


@dataclass(frozen=True, slots=True)
class _Told:
    """What a source could read of a block, and what it could not."""

    transfers: tuple[Transfer, ...]
    unread: tuple[str, ...] = ()
    why: str = ""

    def without(self, txids: frozenset[str]) -> tuple[Transfer, ...]:
        """The transfers of all other transactions."""
        return tuple(one for one in self.transfers if one.txid not in txids)


async def _told_by(source: ChainSource, block: Block) -> _Told:
    try:
        return _Told(await source.transfers(block))
    except PartlyUnread as error:
        return _Told(error.transfers, error.unread, str(error))


def _whole(told: dict[str, _Told]) -> dict[str, tuple[Transfer, ...]]:
    """The transfers by source, of those that could read all of them."""
    return {name: one.transfers for name, one in told.items() if not one.unread}
