"""What the loops of an appliance cost, asked of its use cases in a process of its own.

Reads orders as lines of JSON: ``expire`` lets that many overdue intents expire, ``block`` applies a block
with that many payments of open intents. Answers with the processor time of each, in microseconds.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import sys
import time

import msgspec
import uvloop
from bench.seeding import AMOUNT_SATS, intent_id

from stacktill.application.chain_blocks import apply_block
from stacktill.application.chain_cursor import cursor
from stacktill.application.chain_facts import ChainFacts
from stacktill.application.memo import intent_memo
from stacktill.application.payment_intents import expire_payment_intents
from stacktill.plugin.chain import Block, Transfer
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.appliance import Appliance, open_appliance
from stacktill.runtime.config import load_settings

__all__ = ["Cost", "Work"]


class Work(msgspec.Struct):
    """What to do: ``numbers`` are those of the intents to pay, or as many as shall expire.

    ``strangers`` is how many transfers to nobody of ours the block has besides.
    """

    do: str
    numbers: list[int]
    strangers: int = 0


class Cost(msgspec.Struct):
    """Processor time of this process per intent or transfer, in microseconds."""

    cpu_us: float


async def main() -> None:
    """Do what is ordered until the input ends."""
    async with open_appliance(load_settings(None), loops=False) as appliance:
        gc.freeze()
        for line in sys.stdin.buffer:
            work = msgspec.json.decode(line, type=Work)
            step = _expire if work.do == "expire" else _apply
            started = time.process_time()
            await step(appliance, work)
            count = len(work.numbers) + work.strangers
            cost = Cost((time.process_time() - started) / count * 1e6)
            sys.stdout.buffer.write(msgspec.json.encode(cost) + b"\n")
            sys.stdout.buffer.flush()


async def _expire(appliance: Appliance, work: Work) -> None:
    services, numbers = appliance.services, work.numbers
    count = await appliance.storage.write(
        expire_payment_intents, services, False, services.now(False), len(numbers)
    )
    if count != len(numbers):
        raise RuntimeError(f"only {count} of {len(numbers)} intents were overdue")


async def _apply(appliance: Appliance, work: Work) -> None:
    services, storage = appliance.services, appliance.storage
    chain = services.test_chain
    here = await storage.read(cursor, chain.chain_id)
    address = await storage.read(_address, chain.chain_id)
    height = 1 if here is None else here.height + 1
    block = Block(
        height=height,
        hash=secrets.token_hex(32),
        parent_hash="00" * 32 if here is None else here.hash,
        burn_height=height,
        burn_hash=secrets.token_hex(32),
        time=services.now(False),
    )
    paid = [(address, intent_memo(intent_id(number))) for number in work.numbers]
    payments = [
        Transfer(
            txid=secrets.token_hex(32),
            event_index=0,
            asset=chain.sbtc_asset,
            amount=AMOUNT_SATS,
            sender=secrets.token_hex(20),
            recipient=recipient,
            memo=bytes.fromhex(memo),
        )
        for recipient, memo in [
            *paid,
            *((secrets.token_hex(20), secrets.token_hex(34)) for _ in range(work.strangers)),
        ]
    ]
    facts = ChainFacts.of(chain, False)
    if not await storage.write(apply_block, services, facts, block, payments):
        raise RuntimeError("the block did not fit the books")


def _address(uow: UnitOfWork, chain_id: str) -> str:
    return uow.settlement_addresses.find({"chain_id": chain_id}, limit=1)[0].address


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
