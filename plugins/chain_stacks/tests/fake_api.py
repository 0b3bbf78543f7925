"""A Stacks API and node on loopback: answers in the recorded shapes from a chain in memory, or misbehaves."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stacktill_chain_stacks.wire.clarity import Buffer
from stacktill_chain_stacks.wire.encoding import encode_value

SBTC = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"
ASSET = f"{SBTC}::sbtc-token"
ALICE = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"
BOB = "SP3FGQ8Z7JY9BWYZ5WM53E0M9NK7WHJF0691NZ159"
GENESIS_TIME = 1_700_000_000
Event = dict[str, Any]


def named_hash(*parts: object) -> str:
    """64 hex digits that depend on the parts."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def moved(
    amount: int,
    *,
    sender: str | None = ALICE,
    recipient: str | None = BOB,
    asset: str = ASSET,
    kind: str = "transfer",
) -> Event:
    """The event of a token's movement; a mint names no sender, a burn no recipient."""
    told = {"type": kind, "asset_identifier": asset, "amount": str(amount)}
    taken = None if kind == "mint" else sender
    given = None if kind == "burn" else recipient
    return {"type": "ft_asset", "ft_asset": {**told, "sender": taken, "recipient": given}}


def printed(value: bytes, *, contract: str = SBTC) -> Event:
    """The event of a contract's print, given the bytes of the value."""
    told = {
        "contract_id": contract,
        "topic": "print",
        "value": {"hex": f"0x{value.hex()}", "repr": ""},
    }
    return {"type": "contract_log", "contract_log": told}


def node_event(txid: str, index: int, event: Event) -> Event:
    """The same event in a node's words; what is not there is not named."""
    common = {"txid": f"0x{txid}", "event_index": index, "committed": True}
    if event["type"] == "ft_asset":
        asset = dict(event["ft_asset"])
        kind = f"ft_{asset.pop('type')}_event"
        told = {name: value for name, value in asset.items() if value is not None}
        return {**common, "type": kind, kind: told}
    if event["type"] != "contract_log":
        return {**common, **event}
    log = event["contract_log"]
    printed = {
        "contract_identifier": log["contract_id"],
        "topic": log["topic"],
        "raw_value": log["value"]["hex"],
    }
    return {**common, "type": "contract_event", "contract_event": printed}


def memo_print(memo: bytes, *, contract: str = SBTC) -> Event:
    """The event of a printed memo."""
    return printed(encode_value(Buffer(memo)), contract=contract)


@dataclass(frozen=True)
class FakeTransaction:
    """A transaction with its events; their index begins anywhere."""

    txid: str
    events: tuple[Event, ...] = ()
    status: str = "success"
    type: str = "contract_call"
    first_index: int = 0


@dataclass(frozen=True)
class FakeBlock:
    """A block of the chain in memory."""

    height: int
    hash: str
    parent: str
    burn_height: int
    time: int
    transactions: tuple[FakeTransaction, ...] = ()


@dataclass
class FakeChain:
    """Blocks, of which those in ``blocks`` are canonical."""

    blocks: list[FakeBlock] = field(default_factory=list)
    orphans: list[FakeBlock] = field(default_factory=list)
    made: int = 0

    def mine(self, *transactions: FakeTransaction, burn: bool = False) -> FakeBlock:
        """Put a block on top."""
        self.made += 1
        last = self.blocks[-1] if self.blocks else None
        block = FakeBlock(
            height=len(self.blocks),
            hash=named_hash("block", self.made),
            parent="00" * 32 if last is None else last.hash,
            burn_height=100 if last is None else last.burn_height + int(burn),
            time=GENESIS_TIME + 10 * len(self.blocks),
            transactions=transactions,
        )
        self.blocks.append(block)
        return block

    def fork(self, depth: int) -> None:
        """Take the last blocks away; the tip's height goes back."""
        self.orphans += self.blocks[-depth:]
        del self.blocks[-depth:]


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is answered; ``raw`` replaces the whole of it."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    delay_seconds: float = 0.0
    cut: bool = False


Fault = Callable[[Request, Answer], Answer]


def as_json(value: Any, status: int = 200) -> Answer:
    """An answer of JSON."""
    return Answer(status, json.dumps(value).encode())


NOTHING = as_json({"error": "Not found"}, 404)


class FakeApi:
    """Answers requests about a ``FakeChain``; ``fault`` may change every answer."""

    def __init__(self, chain: FakeChain) -> None:
        self.chain = chain
        self.url = ""
        self.fault: Fault | None = None
        self.requests: list[Request] = []
        self.network_id = 1
        self.sbtc: str | None = SBTC
        self.event_pages = 100
        self.etag = False
        self.extra: dict[str, Callable[[Request], Answer]] = {}

    def answer(self, request: Request) -> Answer:
        """What the interface says."""
        self.requests.append(request)
        found = self._found(request)
        if self.etag and found.status == 200:
            tag = f'"{hashlib.sha256(found.body).hexdigest()}"'
            found = replace(found, headers=(("etag", tag),))
            if request.headers.get("if-none-match") == tag:
                found = Answer(304, headers=(("etag", tag),))
        return found if self.fault is None else self.fault(request, found)

    def _found(self, request: Request) -> Answer:
        path = request.path
        for prefix, respond in self.extra.items():
            if path.startswith(prefix):
                return respond(request)
        if path in ("/v2/info", "/v2/pox"):
            return self._node(path)
        if path.startswith("/extended/v2/blocks/"):
            block = self._block(path.rpartition("/")[2])
            return NOTHING if block is None else as_json(self._told_block(block))
        if path.startswith("/extended/v3/blocks/"):
            block = self._block(path.split("/")[4])
            return NOTHING if block is None else self._listed(request, block)
        if path.startswith("/extended/v3/transactions/"):
            return self._events(request)
        return NOTHING

    def _node(self, path: str) -> Answer:
        if path == "/v2/pox":
            return as_json({} if self.sbtc is None else {"pox_5_sbtc_contract": self.sbtc})
        tip = self.chain.blocks[-1]
        told = {"stacks_tip_height": tip.height, "burn_block_height": tip.burn_height}
        return as_json({"network_id": self.network_id, "server_version": "4.0.2", **told})

    def _block(self, name: str) -> FakeBlock | None:
        blocks = self.chain.blocks
        if name == "latest":
            return blocks[-1]
        if name.startswith("0x"):
            return next((one for one in blocks if one.hash == name[2:]), None)
        return blocks[int(name)] if int(name) < len(blocks) else None

    def _told_block(self, block: FakeBlock) -> dict[str, Any]:
        return {
            "canonical": True,
            "height": block.height,
            "hash": f"0x{named_hash('header', block.hash)}",
            "index_block_hash": f"0x{block.hash}",
            "parent_index_block_hash": f"0x{block.parent}",
            "block_time": block.time,
            "burn_block_height": block.burn_height,
            "burn_block_hash": f"0x{named_hash('burn', block.burn_height)}",
            "tx_count": len(block.transactions),
        }

    def _listed(self, request: Request, block: FakeBlock) -> Answer:
        entries = [
            {
                "tx_id": f"0x{one.txid}",
                "type": one.type,
                "status": one.status,
                "sender": {"address": ALICE, "nonce": place},
                "sponsor": None,
                "fee_rate": "300",
                "block": {
                    "height": block.height,
                    "hash": f"0x{named_hash('header', block.hash)}",
                    "index_hash": f"0x{block.hash}",
                    "time": block.time,
                    "tx_index": place,
                },
                "bitcoin_block": {"height": block.burn_height, "time": block.time},
            }
            for place, one in enumerate(block.transactions)
        ]
        # The API lists the newest first.
        return _page(request, entries[::-1], 50)

    def _events(self, request: Request) -> Answer:
        txid = request.path.split("/")[4].removeprefix("0x")
        for block in self.chain.blocks:
            for one in block.transactions:
                if one.txid == txid and request.path.endswith("/events"):
                    numbered = enumerate(one.events, one.first_index)
                    entries = [{"event_index": place, **event} for place, event in numbered]
                    return _page(request, entries, self.event_pages)
        return NOTHING


def _page(request: Request, entries: list[dict[str, Any]], most: int) -> Answer:
    start = int(request.query.get("cursor", "0").rpartition(":")[2])
    limit = min(int(request.query.get("limit", "20")), most)
    end = start + limit
    cursor = {
        "next": f"0:0:{end}" if end < len(entries) else None,
        "previous": None,
        "current": None,
    }
    told = {"total": len(entries), "limit": limit, "cursor": cursor}
    return as_json({**told, "results": entries[start:end]})


@asynccontextmanager
async def served_api(chain: FakeChain) -> AsyncIterator[FakeApi]:
    """The interface, listening on a free port of loopback."""
    api = FakeApi(chain)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while (request := await _read(reader)) is not None:
                await _write(writer, api.answer(request))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield api
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    line = await reader.readline()
    if not line:
        return None
    method, target, _ = line.decode().split()
    headers = {}
    while (header := (await reader.readline()).decode().strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(method, parts.path, dict(parse_qsl(parts.query)), headers, body)


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    await asyncio.sleep(answer.delay_seconds)
    if answer.raw is not None:
        writer.write(answer.raw)
        writer.close()
        return
    lines = [f"HTTP/1.1 {answer.status} Anything", f"Content-Length: {len(answer.body)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    body = answer.body[: len(answer.body) // 2] if answer.cut else answer.body
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()
    if answer.cut:
        writer.close()
