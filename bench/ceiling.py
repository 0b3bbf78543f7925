"""The ceiling: the same server and framework with next to no work, for ratios within one run.

``POST /echo`` decodes 120 bytes of JSON, makes an id and encodes 300 bytes. ``POST /insert`` also
keeps one row of nine columns and four indexes, durable before the answer, by group commit.
``GET /stream`` stays open and says nothing.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec
import sqlalchemy as sa
import uvicorn
import uvloop
from litestar import Litestar, get, post
from litestar.response import Stream

BATCH_LIMIT = 256
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16384")

metadata = sa.MetaData()
rows = sa.Table(
    "rows",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("merchant", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("memo", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False),
    sa.Index("ix_merchant", "merchant", "created"),
    sa.Index("ix_status", "status", "expires"),
    sa.Index("ix_memo", "memo", unique=True),
    sa.Index("ix_created", "created"),
)


class Wish(msgspec.Struct):
    """What is sent: about 120 bytes."""

    amount: int
    currency: str
    description: str
    order: str


class Made(msgspec.Struct):
    """What is answered: about 300 bytes."""

    id: str
    object: str
    amount: int
    currency: str
    description: str
    order: str
    status: str
    created: int
    memo: str
    address: str


class Writer(threading.Thread):
    """Writes what many requests want in one transaction, and wakes them after the commit."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.queue: SimpleQueue[tuple[dict[str, Any], asyncio.Future[None]]] = SimpleQueue()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self.engine, "connect", _prepare)
        metadata.create_all(self.engine)

    def insert(self, row: dict[str, Any]) -> asyncio.Future[None]:
        """Queue a row; the future is done when it is on disk."""
        self.loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = self.loop.create_future()
        self.queue.put((row, future))
        return future

    def run(self) -> None:
        """Serve until the process ends."""
        statement = sa.insert(rows)
        with self.engine.connect() as connection:
            while True:
                batch = [self.queue.get()]
                more = min(self.queue.qsize(), BATCH_LIMIT - 1)
                batch += [self.queue.get_nowait() for _ in range(more)]
                with connection.begin():
                    for row, _ in batch:
                        connection.execute(statement, row)
                assert self.loop is not None
                self.loop.call_soon_threadsafe(_wake, [future for _, future in batch])


class Announced(uvicorn.Server):
    """Prints its port as soon as it listens."""

    async def startup(self, sockets: Any = None) -> None:
        """Listen."""
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


def _prepare(connection: Any, _: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _wake(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


async def _nothing() -> AsyncIterator[bytes]:
    """A stream that says hello and then nothing."""
    yield b": hello\n\n"
    await asyncio.Event().wait()


def _made(wish: Wish) -> Made:
    return Made(
        id=f"pi_{secrets.token_hex(12)}",
        object="payment_intent",
        amount=wish.amount,
        currency=wish.currency,
        description=wish.description,
        order=wish.order,
        status="requires_action",
        created=int(time.time()),
        memo=secrets.token_hex(17),
        address="ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG",
    )


def create_app(writer: Writer) -> Litestar:
    """The two routes."""

    @post("/echo", status_code=200)
    async def echo(data: Wish) -> Made:
        return _made(data)

    @post("/insert", status_code=200)
    async def insert(data: Wish) -> Made:
        made = _made(data)
        row = {
            "id": made.id,
            "merchant": "acct_1",
            "created": made.created,
            "amount": made.amount,
            "currency": made.currency,
            "status": made.status,
            "memo": made.memo,
            "description": made.description,
            "expires": made.created + 900,
        }
        await writer.insert(row)
        return made

    @get("/stream")
    async def stream() -> Stream:
        return Stream(_nothing(), media_type="text/event-stream")

    return Litestar([echo, insert, stream], openapi_config=None, logging_config=None)


async def main(folder: Path) -> None:
    """Serve on any free port and print it."""
    writer = Writer(folder / "ceiling.sqlite3")
    writer.start()
    config = uvicorn.Config(
        create_app(writer),
        host="127.0.0.1",
        port=0,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    await Announced(config).serve()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1])))
