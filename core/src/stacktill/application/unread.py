"""What no source could read: the books go on without it, remember it, and make up for it when it can be read.

Anybody can put a transaction on a public chain that nobody can read, and a till that waited for it would
stand still for ever. What is remembered is told until it has been read.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from stacktill.application.chain_blocks import apply_block, book_transfers, replace_first_block
from stacktill.application.chain_facts import ChainFacts
from stacktill.application.services import Services
from stacktill.domain.accounting import ChainBlock, PluginState
from stacktill.plugin.chain import Block, Transfer
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "MOST_UNREAD_BLOCKS",
    "Reading",
    "UnreadBlock",
    "apply_reading",
    "forget_if_gone",
    "forget_unread",
    "make_up_for",
    "unread_blocks",
]

MOST_UNREAD_BLOCKS = 1_000
"""So many are told of, and asked for again, at once: the oldest."""
NAMED_TRANSACTIONS = 100
"""Of a block; of more than that only the first are remembered by name, and all are read again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A block as far as it could be read: ``unread`` are the transactions that could not, and ``why``."""

    block: Block
    transfers: tuple[Transfer, ...]
    unread: tuple[str, ...] = ()
    why: str = ""


class UnreadBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A block that is in the books without some of its transactions; times are Unix seconds."""

    height: int
    hash: str
    time: int
    noted_at: int
    transactions: tuple[str, ...]
    why: str


def apply_reading(
    uow: UnitOfWork,
    services: Services,
    facts: ChainFacts,
    reading: Reading,
    *,
    first: ChainBlock | None = None,
) -> bool:
    """Apply a block and remember what of it is unread; return False when it is not the next one.

    With ``first`` the books begin anew with it, as ``replace_first_block`` does.
    """
    block, transfers = reading.block, reading.transfers
    if first is None:
        done = apply_block(uow, services, facts, block, transfers)
    else:
        done = replace_first_block(
            uow, services, facts, first=first, block=block, transfers=transfers
        )
    if done and reading.unread:
        _remember(uow, facts.chain_id, reading, services.now(facts.livemode))
    return done


def unread_blocks(
    uow: UnitOfWork, chain_id: str, limit: int = MOST_UNREAD_BLOCKS
) -> list[UnreadBlock]:
    """The oldest blocks of which something is unread."""
    prefix = _prefix(chain_id)
    found = uow.plugin_state.find({"id >=": prefix, "id <": f"{prefix}~"}, limit=limit)
    return [msgspec.json.decode(one.value, type=UnreadBlock) for one in found]


def make_up_for(
    uow: UnitOfWork,
    services: Services,
    facts: ChainFacts,
    block: Block,
    transfers: tuple[Transfer, ...],
) -> bool:
    """Book what was left out of a block that could now be read whole; return False when it is not known.

    What the books have already stays as it is.
    """
    id = _id(facts.chain_id, block.height, block.hash)
    if uow.plugin_state.get(id) is None:
        return False
    ours = uow.chain_blocks.get(f"{facts.chain_id}/{block.height}")
    uow.plugin_state.remove(id)
    if ours is not None and ours.hash != block.hash:
        return False
    book_transfers(uow, services, facts, block, transfers)
    return True


def forget_unread(uow: UnitOfWork, chain_id: str, unread: UnreadBlock) -> None:
    """Forget a block: nobody could read it for too long."""
    uow.plugin_state.remove(_id(chain_id, unread.height, unread.hash))


def forget_if_gone(uow: UnitOfWork, chain_id: str, unread: UnreadBlock) -> None:
    """Forget a block that a fork took from the books; what took its place has been read by itself."""
    ours = uow.chain_blocks.get(f"{chain_id}/{unread.height}")
    if ours is not None and ours.hash != unread.hash:
        forget_unread(uow, chain_id, unread)


def _remember(uow: UnitOfWork, chain_id: str, reading: Reading, now: int) -> None:
    block = reading.block
    noted = UnreadBlock(
        height=block.height,
        hash=block.hash,
        time=block.time,
        noted_at=now,
        transactions=reading.unread[:NAMED_TRANSACTIONS],
        why=reading.why,
    )
    id, value = _id(chain_id, block.height, block.hash), msgspec.json.encode(noted).decode()
    state = PluginState(id=id, value=value)
    (uow.plugin_state.add if uow.plugin_state.get(id) is None else uow.plugin_state.save)(state)


def _prefix(chain_id: str) -> str:
    return f"core/unread/{chain_id}/"


def _id(chain_id: str, height: int, hash: str) -> str:
    """An id in order of height."""
    return f"{_prefix(chain_id)}{height:019d}/{hash}"
