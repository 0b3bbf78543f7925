"""Following a chain: apply a block's transfers to the books, or take a block back.

Both are one unit of work that also moves the cursor, so a crash between two blocks loses nothing and
repeats nothing. The cost of a block is that of its own transfers and of the deposits that become final
with it, however many intents are open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stacktill.application.chain_cursor import cursor
from stacktill.application.chain_facts import ChainFacts
from stacktill.application.fees import move_fee
from stacktill.application.incoming import receive_transfer
from stacktill.application.intent_money import finalise_deposit, uncount
from stacktill.application.journal import move
from stacktill.application.outgoing import send_transfer, take_back_withdrawal
from stacktill.application.pegs import is_lock, is_return
from stacktill.application.places import origin_of, place_of
from stacktill.application.services import Services
from stacktill.domain.accounting import ChainBlock
from stacktill.domain.deposits import RETURNED, Deposit
from stacktill.domain.errors import InvariantBroken
from stacktill.domain.ledger import TransferKind
from stacktill.domain.merchants import SettlementAddress
from stacktill.plugin.chain import Block, Transfer
from stacktill.plugin.storage import UnitOfWork

__all__ = [
    "KEPT_BLOCKS",
    "MOST_OTHERS",
    "apply_block",
    "book_transfers",
    "replace_first_block",
    "revert_block",
]

ADDRESSES_PER_QUERY = 200
DEPOSITS_PER_QUERY = 500
MOST_OTHERS = 20
"""Movements of other tokens than sBTC that are booked of one transaction: whoever writes a token can have it
move thousands of times to anybody, for the fee of one."""
KEPT_BLOCKS = 2_000
"""How many applied blocks are remembered: the deepest reorganisation that can be followed."""


def apply_block(
    uow: UnitOfWork,
    services: Services,
    facts: ChainFacts,
    block: Block,
    transfers: Sequence[Transfer],
) -> bool:
    """Apply the block after the cursor; return False (and change nothing) when it is not the next one."""
    last = cursor(uow, facts.chain_id)
    if last is not None and (block.height, block.parent_hash) != (last.height + 1, last.hash):
        return False
    uow.chain_blocks.add(_row(facts.chain_id, block))
    uow.chain_blocks.remove(f"{facts.chain_id}/{block.height - KEPT_BLOCKS}")
    book_transfers(uow, services, facts, block, transfers)
    _finalise_due(uow, services, facts.chain_id, block)
    return True


def book_transfers(
    uow: UnitOfWork,
    services: Services,
    facts: ChainFacts,
    block: Block,
    transfers: Sequence[Transfer],
) -> None:
    """Book what the transfers of a block mean to the stores; what is in the books stays as it is."""
    known = _known_addresses(uow, facts.chain_id, transfers)
    for place, item in _bookable(facts, known, transfers):
        if (payer := known.get(item.sender or "")) is not None:
            send_transfer(uow, services, facts, block, item, owner=payer)
        if (owner := known.get(item.recipient or "")) is None:
            continue
        if is_lock(facts, item):
            send_transfer(uow, services, facts, block, item, owner=owner)
            continue
        receive_transfer(
            uow,
            services,
            facts,
            block,
            item,
            owner=owner,
            following=_beside(known, owner, transfers[place + 1 : place + 2]),
            is_return=is_return(facts, item, transfers[place - 1] if place else None),
        )


def revert_block(uow: UnitOfWork, services: Services, chain_id: str, hash: str) -> bool:
    """Take back the block at the cursor; return False when the cursor is on another one."""
    last = cursor(uow, chain_id)
    if last is None or last.hash != hash:
        return False
    here: dict[str, str | int | bool] = {"chain_id": chain_id, "block_height": last.height}
    for withdrawal in uow.withdrawals.find({**here, "reversed": False}, limit=1_000_000):
        take_back_withdrawal(uow, services, withdrawal)
    for deposit in uow.deposits.find({**here, "state !=": "reversed"}, limit=1_000_000):
        _take_back(uow, services, deposit)
    uow.chain_blocks.remove(last.id)
    return True


def replace_first_block(
    uow: UnitOfWork,
    services: Services,
    facts: ChainFacts,
    *,
    first: ChainBlock,
    block: Block,
    transfers: Sequence[Transfer],
) -> bool:
    """Begin the books again with ``block``, because a fork reached below their very first block."""
    if not revert_block(uow, services, facts.chain_id, first.hash):
        return False
    return apply_block(uow, services, facts, block, transfers)


def _bookable(
    facts: ChainFacts, known: dict[str, SettlementAddress], transfers: Sequence[Transfer]
) -> Iterator[tuple[int, Transfer]]:
    """The movements that concern stores, each with its place: all of sBTC, a few of other tokens."""
    others: Counter[str] = Counter()
    for place, item in enumerate(transfers):
        if item.amount <= 0 or not (item.sender in known or item.recipient in known):
            continue
        if item.asset not in (facts.sbtc_asset, facts.sbtc_locked_asset):
            others[item.txid] += 1
            if others[item.txid] > MOST_OTHERS:
                continue
        yield place, item


def _beside(
    known: dict[str, SettlementAddress], owner: SettlementAddress, following: Sequence[Transfer]
) -> Transfer | None:
    """What follows, unless it goes to the same store: then it is a deposit too, and no fee."""
    for item in following:
        other = known.get(item.recipient or "")
        if other is None or other.merchant_id != owner.merchant_id:
            return item
    return None


def _take_back(uow: UnitOfWork, services: Services, deposit: Deposit) -> None:
    kind: TransferKind = "return_reversed" if deposit.reason == RETURNED else "deposit_reversed"
    move(uow, services, deposit, kind, (place_of(deposit), origin_of(deposit)))
    move_fee(uow, services, deposit, back=True)
    uow.deposits.save(replace(deposit, state="reversed"))
    if deposit.match == "matched":
        uncount(uow, services, deposit)


def _finalise_due(uow: UnitOfWork, services: Services, chain_id: str, block: Block) -> None:
    for layer, height in (("stacks", block.height), ("bitcoin", block.burn_height)):
        while True:
            due = uow.deposits.find(
                {
                    "chain_id": chain_id,
                    "state": "pending",
                    "final_layer": layer,
                    "final_height <=": height,
                },
                order="final_height",
                limit=DEPOSITS_PER_QUERY,
            )
            for deposit in due:
                finalise_deposit(uow, services, deposit)
            if len(due) < DEPOSITS_PER_QUERY:
                break


def _known_addresses(
    uow: UnitOfWork, chain_id: str, transfers: Sequence[Transfer]
) -> dict[str, SettlementAddress]:
    parties = {name for item in transfers for name in (item.sender, item.recipient)}
    names = sorted(name for name in parties if name)
    known: dict[str, SettlementAddress] = {}
    for start in range(0, len(names), ADDRESSES_PER_QUERY):
        part = names[start : start + ADDRESSES_PER_QUERY]
        found = uow.settlement_addresses.find(
            {"chain_id": chain_id, "address": part}, order="address", limit=len(part)
        )
        known.update({entry.address: entry for entry in found})
    return known


def _row(chain_id: str, block: Block) -> ChainBlock:
    if block.height < 0:
        raise InvariantBroken(f"a block of height {block.height}")
    return ChainBlock(
        id=f"{chain_id}/{block.height}",
        chain_id=chain_id,
        height=block.height,
        hash=block.hash,
        parent_hash=block.parent_hash,
        burn_height=block.burn_height,
        burn_hash=block.burn_hash,
        time=block.time,
    )
