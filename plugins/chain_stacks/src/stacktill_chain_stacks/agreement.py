"""Several sources as one: the first that answers, or as many as must say the same."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from stacktill.plugin import Block, ChainUnavailable, Transfer
from stacktill_chain_stacks.source import ChainSource

__all__ = ["Agreement"]

T = TypeVar("T")


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
        tips = await self._ask(lambda source: source.tip())
        if self._needed == 1:
            return max(tips.values(), key=lambda tip: tip.height)
        # Sources move at their own pace: as many as are needed have got at least as far as this one.
        height = sorted((tip.height for tip in tips.values()), reverse=True)[self._needed - 1]
        block = await self.block(height)
        if block is None:
            raise ChainUnavailable(f"Fewer than {self._needed} sources show block {height}.")
        return block

    async def block(self, height: int) -> Block | None:
        """The canonical block of a height, as enough sources show it; None above the tip."""
        return self._common(await self._ask(lambda source: source.block(height)), f"block {height}")

    async def transfers(self, block: Block) -> tuple[Transfer, ...]:
        """The transfers of a block, as enough sources tell of them."""
        told = await self._ask(lambda source: source.transfers(block))
        return self._common(told, f"the transfers of block {block.hash}")

    async def _ask(self, question: Callable[[ChainSource], Awaitable[T]]) -> dict[str, T]:
        """The answers by source, as many as are needed at the least."""
        if self._needed == 1:
            return await self._ask_in_turn(question)
        found = await asyncio.gather(
            *(question(source) for source in self._sources), return_exceptions=True
        )
        answers: dict[str, T] = {}
        silent: list[BaseException] = []
        for source, answer in zip(self._sources, found, strict=True):
            if isinstance(answer, BaseException):
                silent.append(answer)
            else:
                answers[source.name] = answer
        _raise_others(silent)
        if len(answers) < self._needed:
            raise ChainUnavailable(
                f"{len(answers)} of the {self._needed} sources that must agree answer: "
                + " ".join(map(str, silent))
            )
        return answers

    async def _ask_in_turn(self, question: Callable[[ChainSource], Awaitable[T]]) -> dict[str, T]:
        faults = []
        for source in self._sources:
            try:
                return {source.name: await question(source)}
            except ChainUnavailable as error:
                faults.append(str(error))
        raise ChainUnavailable(" ".join(faults))

    def _common(self, answers: dict[str, T], what: str) -> T:
        """What enough sources say; when two camps are large enough, nobody is believed."""
        counts = Counter(answers.values()).most_common(2)
        enough = [answer for answer, count in counts if count >= self._needed]
        if len(enough) != 1:
            raise ChainUnavailable(f"{', '.join(answers)} do not agree about {what}.")
        return enough[0]


def _raise_others(errors: Sequence[BaseException]) -> None:
    """Let what is no failure of a source, such as a cancellation, go on its way."""
    for error in errors:
        if not isinstance(error, ChainUnavailable):
            raise error
