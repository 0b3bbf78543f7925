"""Where the books stand on a chain."""

from __future__ import annotations

from stacktill.domain.accounting import ChainBlock
from stacktill.plugin.storage import UnitOfWork

__all__ = ["cursor"]


def cursor(uow: UnitOfWork, chain_id: str) -> ChainBlock | None:
    """The highest block that the books have applied, or None before the first."""
    found = uow.chain_blocks.find({"chain_id": chain_id}, order="height", descending=True, limit=1)
    return found[0] if found else None
