"""What a chain's source says of a block that it can read in part only."""

from __future__ import annotations

from stacktill.plugin.chain import ChainUnavailable, Transfer

__all__ = ["PartlyUnread"]


class PartlyUnread(ChainUnavailable):
    """Some transactions of a block cannot be read, all others can.

    Anybody can put what nobody can read on a public chain, so the books wait for it a while, then go on
    without it, say so, and make up for it when it can be read. ``transfers`` are those of the other
    transactions, in chain order; ``unread`` are the ids of what could not be read.
    """

    def __init__(self, why: str, transfers: tuple[Transfer, ...], unread: tuple[str, ...]) -> None:
        super().__init__(why)
        self.transfers = transfers
        self.unread = unread
