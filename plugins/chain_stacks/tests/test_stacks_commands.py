"""``stacktill chain``: what it shows, what it sends, and how it treats keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from plugins.chain_stacks.tests.fake_api import (
    ALICE,
    BOB,
    SBTC,
    Answer,
    FakeApi,
    FakeChain,
    FakeTransaction,
    Request,
    as_json,
    memo_print,
    moved,
    named_hash,
    served_api,
)

from stacktill.testing import plugin_context
from stacktill_chain_stacks.client.rejections import REASONS, TransactionRejected
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.plugin import stacktill_commands
from stacktill_chain_stacks.wire.clarity import Err, Ok, UInt
from stacktill_chain_stacks.wire.encoding import encode_value
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import Call, Deploy
from stacktill_chain_stacks.wire.post_conditions import Mode, TokenCondition
from stacktill_chain_stacks.wire.signing import check_signatures
from stacktill_chain_stacks.wire.transactions import decode_transaction, transaction_id

KEY = "11" * 32 + "01"
SENDER = str(PrivateKey.parse(KEY).principal(mainnet=True))
PAID = FakeTransaction(named_hash("paid"), (moved(5), memo_print(b"memo")))
FEES = {"no_priority": 1, "low_priority": 100, "medium_priority": 2500.4, "high_priority": 9000}


class Shop:
    """A fake API, and the commands that talk to it."""

    def __init__(self, api: FakeApi, tmp_path: Path, **settings: Any) -> None:
        self.api = api
        self.sent: list[bytes] = []
        self.config = StacksConfig(apis=(api.url,), requests_per_minute=0, **settings)
        context = plugin_context("chain_stacks", self.config, tmp_path)
        self.group = next(one for one in stacktill_commands(context) if one.name == "chain")
        self.refusal: dict[str, Any] | None = None
        api.extra = {
            f"/extended/v3/transactions/0x{PAID.txid}/events": api._events,
            f"/extended/v3/transactions/0x{PAID.txid}": lambda _: as_json(self.told()),
            "/extended/v2/mempool/fees": lambda _: as_json({"all": FEES, "contract_call": FEES}),
            f"/extended/v3/principals/{ALICE}/balances": lambda _: as_json({"balance": "77"}),
            f"/extended/v3/principals/{SENDER}/nonces": lambda _: as_json({"next_nonce": 9}),
            "/v2/accounts/": lambda _: as_json({"balance": "0x0f4240", "nonce": 4}),
            "/v2/fees/transaction": lambda _: as_json(
                {"error": "x", "reason": "NoEstimateAvailable"}, 400
            ),
            "/v2/transactions": self.take,
            "/v2/contracts/call-read/": self.read,
            "/extended": api._found,
        }
        del api.extra["/extended"]

    def told(self) -> dict[str, Any]:
        """The transaction ``PAID`` in full."""
        tip = self.api.chain.blocks[-1]
        return {
            "tx_id": f"0x{PAID.txid}",
            "type": "contract_call",
            "status": "success",
            "sender": {"address": ALICE, "nonce": 3},
            "fee_rate": "300",
            "block": {"height": 2, "index_hash": f"0x{tip.hash}", "tx_index": 0, "time": 1},
            "bitcoin_block": {"height": 100, "time": 1},
            "event_count": 2,
            "vm_error": "\x1b[31mred",
            "result": {"hex": f"0x{encode_value(Ok(UInt(1))).hex()}", "repr": "a lie"},
            "contract_call": {"contract_id": SBTC, "function_name": "transfer"},
        }

    def take(self, request: Request) -> Answer:
        """The node's door for transactions."""
        if self.refusal is not None:
            return as_json({"error": "transaction rejected", **self.refusal}, 400)
        self.sent.append(request.body)
        return as_json(transaction_id(decode_transaction(request.body)))

    def read(self, request: Request) -> Answer:
        """The node's read-only calls."""
        asked = json.loads(request.body)
        if request.path.endswith("/missing"):
            return as_json({"error": "not found"}, 404)
        if request.path.endswith("/broken"):
            return as_json({"okay": False, "cause": "Unchecked(UndefinedFunction)"})
        assert asked["sender"]
        value = Err(UInt(len(asked["arguments"])))
        return as_json({"okay": True, "result": f"0x{encode_value(value).hex()}"})

    async def run(self, *words: str, entered: str | None = None, **variables: str) -> Result:
        """Run a command."""
        runner = CliRunner(env=variables)
        return await asyncio.to_thread(runner.invoke, self.group, words, input=entered)

    async def json(self, *words: str, **variables: str) -> Any:
        """What a command prints as JSON."""
        result = await self.run(*words, "--json", **variables)
        assert result.exception is None, result.exception
        return json.loads(result.stdout)

    async def refused(self, *words: str, **variables: str) -> str:
        """Why a command is refused."""
        result = await self.run(*words, **variables)
        assert result.exception is not None
        return str(result.exception) + result.output


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    chain = FakeChain()
    chain.mine()
    chain.mine()
    chain.mine(PAID)
    chain.mine(burn=True)
    async with served_api(chain) as api:
        yield Shop(api, tmp_path)


# ------------------------------------------------------------------------------------ looking


async def test_info_compares_the_network_with_the_configuration(shop: Shop) -> None:
    shop.api.extra["/extended"] = _status_then(shop.api)
    told = await shop.json("info")
    assert told["network_matches"]
    assert told["sbtc_matches"]
    assert told["tip_height"] == 3
    shop.api.network_id = 5
    wrong = await shop.run("info", "--json")
    assert not json.loads(wrong.stdout)["network_matches"]
    assert "not the network of the configuration" in str(wrong.exception)
    lines = (await shop.run("info")).stdout
    assert "network_matches" in lines


def _status_then(api: FakeApi) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        if request.path == "/extended":
            return as_json({"server_version": "9.0.2", "status": "ready"})
        del api.extra["/extended"]
        try:
            return api._found(request)
        finally:
            api.extra["/extended"] = answer

    return answer


async def test_fees_are_shown_in_whole_micro_stx(shop: Shop) -> None:
    told = await shop.json("fees")
    assert told["contract_call"] == {"low": 100, "medium": 2500, "high": 9000}
    assert "contract_call" in (await shop.run("fees")).stdout


async def test_a_transaction_is_shown_with_its_transfers(shop: Shop) -> None:
    told = await shop.json("tx", f"0x{PAID.txid.upper()}")
    assert told["stacks_confirmations"] == 2
    assert told["bitcoin_confirmations"] == 1
    assert told["result"] == "(ok u1)"
    (transfer,) = told["transfers"]
    assert transfer["is_sbtc"]
    assert (transfer["amount"], transfer["memo"]) == (5, b"memo".hex())
    lines = (await shop.run("tx", PAID.txid)).stdout
    assert "5 sats of sBTC" in lines
    assert "\x1b" not in lines


async def test_the_sponsors_account_is_shown_without_its_key(shop: Shop, tmp_path: Path) -> None:
    assert "sponsor_key is not set" in await shop.refused("sponsor")
    paying = Shop(shop.api, tmp_path, sponsor_key=KEY)
    told = await paying.json("sponsor")
    assert told == {"address": SENDER, "ustx": 1_000_000, "nonce": 4, "next_nonce": 9}
    lines = (await paying.run("sponsor")).stdout
    assert SENDER in lines
    assert KEY[:64] not in lines + repr(paying.config)
    nobody = Shop(shop.api, tmp_path, sponsor_key="00" * 32)
    assert "sponsor_key: this is no private key" in await nobody.refused("sponsor")


async def test_an_unknown_transaction_is_not_found(shop: Shop) -> None:
    assert "does not know" in await shop.refused("tx", "ab" * 32)
    assert "64 hex digits" in await shop.refused("tx", "ab")


async def test_a_balance_is_shown_in_sats(shop: Shop) -> None:
    told = await shop.json("balance", ALICE)
    assert told == {"principal": ALICE, "sbtc_sats": 77, "ustx": 1_000_000, "next_nonce": 4}
    assert (await shop.json("balance", SBTC))["sbtc_sats"] == 0
    assert "no principal" in await shop.refused("balance", "SPX")
    other = str(PrivateKey.parse(KEY).principal(mainnet=False))
    assert "no address of mainnet" in await shop.refused("balance", other)
    assert "neither a file" in await shop.refused("broadcast", "nothing.hex")


async def test_a_read_only_function_is_asked(shop: Shop) -> None:
    told = await shop.json("read", SBTC, "get-balance", f"'{ALICE}", "u1")
    assert told["value"] == "(err u2)"
    assert (await shop.run("read", SBTC, "get", "--sender", BOB)).stdout == "(err u0)\n"
    assert "UndefinedFunction" in await shop.refused("read", SBTC, "broken")
    assert "ends too soon" in await shop.refused("read", SBTC, "broken", "(list u1")
    assert "knows no contract" in await shop.refused("read", SBTC, "missing")
    assert "no value" in await shop.refused("read", SBTC, "get", "u")
    assert "account" in await shop.refused("read", ALICE, "get")


# ------------------------------------------------------------------------------------ sending


async def test_a_call_is_signed_bound_and_sent(shop: Shop) -> None:
    arguments = ("u5", f"'{SENDER}", f"'{BOB}", "(some 0x6d)")
    words = ("call", SBTC, "transfer", *arguments, "--sends-sats", "5", "--yes")
    told = await shop.json(*words, STACKTILL_CHAIN_KEY=KEY)
    (body,) = shop.sent
    sent = decode_transaction(body)
    check_signatures(sent)
    assert told["txid"] == transaction_id(sent)
    assert (sent.origin.nonce, sent.origin.fee) == (9, 2500)
    assert sent.mode is Mode.DENY
    (bound,) = sent.post_conditions
    assert isinstance(bound, TokenCondition)
    assert (bound.who, bound.amount) == (None, 5)
    assert isinstance(sent.payload, Call)
    assert sent.payload.arguments[0] == UInt(5)


async def test_nothing_is_sent_without_a_yes(shop: Shop) -> None:
    words = ("call", SBTC, "transfer", "u5", "--fee", "1")
    for said in ("n\n", ""):
        result = await shop.run(*words, entered=said, STACKTILL_CHAIN_KEY=KEY)
        assert "Nothing was sent" in str(result.exception)
    result = await shop.run(*words, "--dry-run", STACKTILL_CHAIN_KEY=KEY)
    assert result.exit_code == 0
    assert not shop.sent
    signed = result.stdout.splitlines()[-1]
    check_signatures(decode_transaction(bytes.fromhex(signed)))
    result = await shop.run("broadcast", "-", entered=signed)
    assert result.exit_code == 0
    assert shop.sent == [bytes.fromhex(signed)]


async def test_a_contract_is_deployed(shop: Shop, tmp_path: Path) -> None:
    source = tmp_path / "counter.clar"
    source.write_text("(define-data-var n uint u0)\n")
    words = ("deploy", "counter", str(source), "--nonce", "3", "--yes")
    told = await shop.json(*words, STACKTILL_CHAIN_KEY=KEY)
    sent = decode_transaction(shop.sent[0])
    assert isinstance(sent.payload, Deploy)
    assert sent.payload.clarity_version == 4
    assert told["fee_ustx"] == sent.origin.fee == 2500
    source.write_text("é")
    assert "ASCII" in await shop.refused(*words, STACKTILL_CHAIN_KEY=KEY)
    assert "name" in await shop.refused("deploy", "no name", str(source), STACKTILL_CHAIN_KEY=KEY)


async def test_a_key_comes_from_a_file_that_only_its_owner_reads(
    shop: Shop, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o644)
    words = ("call", SBTC, "transfer", "--key-file", str(path), "--yes", "--fee", "1")
    assert "chmod 600" in await shop.refused(*words)
    path.chmod(0o600)
    result = await shop.run(*words)
    assert result.exit_code == 0
    assert KEY not in result.output
    assert SENDER in result.stdout
    path.write_text("a" * 2000)
    assert "too long" in await shop.refused(*words)
    path.write_bytes(b"\xff\xfe")
    assert "holds no text" in await shop.refused(*words)
    assert "holds no text" in await shop.refused("broadcast", str(path))
    assert "holds no text" in await shop.refused("deploy", "name", str(path))
    path.write_text("")
    assert "cannot be used" in await shop.refused(*words, STACKTILL_CHAIN_KEY=KEY)


async def test_a_key_is_asked_for_and_never_shown(shop: Shop) -> None:
    words = ("call", SBTC, "transfer", "--yes", "--fee", "1")
    result = await shop.run(*words, entered=f"{KEY}\n")
    assert result.exit_code == 0
    assert KEY not in result.output
    assert "--key-file" in await shop.refused(*words)
    refused = await shop.refused(*words, STACKTILL_CHAIN_KEY="zz" * 32)
    assert "cannot be used" in refused
    assert "zz" * 32 not in refused


@pytest.mark.parametrize("reason", [*REASONS, "PoisonMicroblocksDoNotConflict", "BrandNew", ""])
async def test_every_refusal_is_explained(shop: Shop, reason: str) -> None:
    shop.refusal = {"reason": reason, "reason_data": {"expected": 9, "actual": "0x05"}, "txid": "x"}
    words = ("call", SBTC, "transfer", "--yes", "--fee", "1")
    result = await shop.run(*words, STACKTILL_CHAIN_KEY=KEY)
    assert isinstance(result.exception, TransactionRejected)
    assert result.exception.reason in (reason, "transaction rejected")
    assert "{" not in result.exception.message
    assert not shop.sent


async def test_a_fee_that_nobody_would_want_is_refused(shop: Shop) -> None:
    shop.api.extra["/v2/fees/transaction"] = lambda _: as_json(
        {"estimations": [{"fee": 1}, {"fee": 6_000_000}, {"fee": 9_000_000}]}
    )
    words = ("call", SBTC, "transfer", "--yes")
    assert "--fee" in await shop.refused(*words, STACKTILL_CHAIN_KEY=KEY)
    told = await shop.json(*words, "--fee", "6000000", STACKTILL_CHAIN_KEY=KEY)
    assert told["fee_ustx"] == 6_000_000


async def test_without_any_estimate_there_is_still_a_fee(shop: Shop) -> None:
    shop.api.extra["/v2/fees/transaction"] = lambda _: Answer(500)
    told = await shop.json("call", SBTC, "transfer", "--yes", STACKTILL_CHAIN_KEY=KEY)
    assert told["fee_ustx"] == 10 * len(shop.sent[0])


async def test_what_is_not_signed_for_this_network_is_not_sent(shop: Shop, tmp_path: Path) -> None:
    shop.api.extra.pop("/v2/fees/transaction")
    testnet = Shop(shop.api, tmp_path, network="testnet")
    words = (
        "call",
        "ST000000000000000000002AMW42H.pox",
        "x",
        "--dry-run",
        "--fee",
        "1",
        "--nonce",
        "1",
    )
    told = await testnet.json(*words, STACKTILL_CHAIN_KEY=KEY)
    assert "mainnet" in await shop.refused("broadcast", told["transaction"])
    broken = told["transaction"][:-1] + "f"
    assert "no signed transaction" in await testnet.refused("broadcast", broken)
    path = tmp_path / "tx.hex"
    path.write_text(told["transaction"])
    assert (await testnet.json("broadcast", str(path)))["txid"] == told["txid"]


async def test_post_conditions_are_taken_in_hex(shop: Shop) -> None:
    stx = "0002" + "16" + "00" * 20 + "01" + "00" * 8
    words = ("call", SBTC, "transfer", "--dry-run", "--fee", "1", "--allow", "--post-condition")
    told = await shop.json(*words, stx, STACKTILL_CHAIN_KEY=KEY)
    signed = decode_transaction(bytes.fromhex(told["transaction"]))
    assert signed.mode is Mode.ALLOW
    assert len(signed.post_conditions) == 1
    assert "post-condition" in await shop.refused(*words, "00", STACKTILL_CHAIN_KEY=KEY)
