"""The newcomer's way into live mode: one command, a test wallet that pays, blocks, a fork, bad weather."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe
from plugins.chain_stacks.tests.devnet_kit import needed_node
from tests.served import COMMAND, Mailbox, Shop, until

from stacktill_chain_stacks.cli.desk import Desk
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.devnet.paying import ask_for_call, sign_and_send
from stacktill_chain_stacks.devnet.remote import Remote
from stacktill_chain_stacks.wire.messages import sign_message

pytestmark = pytest.mark.xdist_group("devnet")

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "contracts/devnet/till.toml"
WEATHER = (
    *("error", "unavailable", "rate_limit", "garbage", "html", "empty", "wrong_shape"),
    *("truncated", "close", "hang", "slow", "drip"),
)
START_SECONDS = 180.0


@dataclass
class Newcomer:
    """Somebody with two terminals: one runs the till, the other is for commands."""

    config: Path
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def types(self, *words: str) -> str:
        """What a command says."""
        done = subprocess.run(
            [COMMAND, "--config", str(self.config), *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    @property
    def screen(self) -> str:
        """All that the first terminal shows."""
        return "".join(self.said)

    def reads(self, pattern: str) -> str:
        """What stands there."""
        found = re.search(pattern, self.screen)
        assert found is not None, self.screen
        return found[1]

    def listen(self) -> None:
        """Read the first terminal until it ends."""
        assert self.process.stdout is not None
        with suppress(ValueError):
            self.said.extend(self.process.stdout)

    def interrupts(self, how: signal.Signals = signal.SIGINT) -> int:
        """Press Ctrl-C, or do something else that ends it, and look how it ends."""
        self.process.send_signal(how)
        return self.process.wait(60)

    def listening(self) -> list[int]:
        """The ports of its screen that something still listens at."""
        ports = re.findall(r"http://127\.0\.0\.1:(\d+)(?:\"|$)", self.screen, re.MULTILINE)
        assert len(ports) == 2
        found = []
        for port in map(int, ports):
            with socket.socket() as probe:
                found += [port] if probe.connect_ex(("127.0.0.1", port)) == 0 else []
        return found


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """The till is up, as ``make run-devnet`` starts it; blocks come when they are asked for."""
    needed_node()
    folder = tmp_path_factory.mktemp("devnet")
    with started(_config(folder)) as somebody:
        yield somebody


@contextmanager
def started(config: Path, *options: str) -> Iterator[Newcomer]:
    """Somebody whose till is up."""
    environ = {name: text for name, text in os.environ.items() if "STACKTILL" not in name}
    with subprocess.Popen(
        [COMMAND, "--config", str(config), "devnet", "till", "--interval", "0", *options],
        cwd=ROOT,
        env={**environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        somebody = Newcomer(config, process)
        reader = threading.Thread(target=somebody.listen)
        reader.start()
        try:
            until(
                lambda: (
                    any(last in somebody.screen for last in ("Ctrl-C ends both", "secret_key"))
                    or process.poll() is not None
                ),
                seconds=START_SECONDS,
            )
            assert process.poll() is None, somebody.screen
            yield somebody
        finally:
            process.terminate()
            process.wait(60)
            reader.join()


def _config(folder: Path) -> Path:
    """The config of the repository, in a folder and on ports of its own."""
    text = CONFIG.read_text(encoding="utf-8")
    text = text.replace("./data-devnet", str(folder / "data"))
    text = text.replace("[chain]", f"port = {_free_port()}\n\n[chain]", 1)
    text = text.replace("20443", str(_free_port())).replace(
        "poll_seconds = 0.5", "poll_seconds = 0.1"
    )
    config = folder / "till.toml"
    # A silent source is to be noticed before the test ends.
    config.write_text(text.replace("requests_per", "timeout_seconds = 2\nrequests_per"))
    return config


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def shop(newcomer: Newcomer) -> Iterator[Shop]:
    """The store whose keys are on the screen."""
    with httpx.Client(timeout=30) as http:
        yield Shop(
            newcomer.reads(r"till +(http://\S+)"),
            "",
            newcomer.reads(r"(sk_live_\w+)"),
            newcomer.reads(r"(pk_live_\w+)"),
            http,
        )


def chain_of(newcomer: Newcomer, method: str, what: str, **details: Any) -> None:
    url = newcomer.reads(r"chain +(http://\S+)")
    httpx.request(method, f"{url}/devnet/{what}", json=details, timeout=60).raise_for_status()


def pay(newcomer: Newcomer, shop: Shop, intent: dict[str, Any]) -> None:
    """What ``devnet pay`` does, without a process of its own."""
    chain = newcomer.reads(r"chain +(http://\S+)")
    key = Remote(chain).key("alice")
    asked = ask_for_call(shop.url, intent["id"], str(key.principal(mainnet=False)))
    sbtc = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"
    config = StacksConfig(
        network="testnet", apis=(chain,), sbtc_contract=sbtc, requests_per_minute=0
    )
    Desk(config).run(lambda tools: sign_and_send(tools, asked, key))


def is_paid(shop: Shop, intent: dict[str, Any]) -> bool:
    return bool(shop.read(intent)["status"] == "succeeded")


def check_by_hand(newcomer: Newcomer, txid: str) -> None:
    """Do what the page about it says."""
    page = (ROOT / "docs/how-to/check-a-payment-by-hand.md").read_text(encoding="utf-8")
    (words,) = re.findall(r"^    stacktill (.*TXID)$", page, re.MULTILINE)
    said = newcomer.types(*words.replace("TXID", txid).split())
    merchant = newcomer.reads(r"paid at +(\S+)")
    assert "success" in said
    assert merchant in said
    (asked,) = re.findall(r"/extended/v3/transactions/0xTXID/events$", page, re.MULTILINE)
    url = newcomer.reads(r"chain +(http://\S+)") + asked.replace("TXID", txid)
    moved, printed = httpx.get(url, timeout=60).json()["results"][:2]
    (asset,) = re.findall(r"`(SM3\w+\.sbtc-token::sbtc-token)`", page)
    assert moved["ft_asset"]["asset_identifier"] == asset
    assert moved["ft_asset"]["recipient"] == merchant
    assert printed["contract_log"]["value"]["hex"].startswith("0x0200000010")


def test_the_screen_leads_through_paying_confirming_and_a_fork(
    newcomer: Newcomer, shop: Shop
) -> None:
    command, id = newcomer.reads(r"(devnet pay pi_\w+)"), newcomer.reads(r"devnet pay (pi_\w+)")
    waiting = {"id": id}
    with Mailbox() as mailbox:
        secret = mailbox.open_at(shop)["secret"]
        told = newcomer.types(*command.split())
        assert "stacktill-pay-v1 pay" in told
        chain_of(newcomer, "POST", "mine")
        mailbox.wait("payment_intent.processing", seconds=30)
        newcomer.types("devnet", "mine", "2", "--bitcoin")
        until(lambda: is_paid(shop, waiting), seconds=30)
        mailbox.wait("payment_intent.succeeded", seconds=30)
        check_by_hand(newcomer, told.rpartition("sent: ")[2].strip())
        said = newcomer.types("devnet", "reorg", "--depth", "5", "--drop")
        assert said.startswith("5 blocks are gone")
        until(lambda: "payment_intent.reversed" in shop.types(id), seconds=30)
        mailbox.wait("payment_intent.reversed", seconds=30)
        assert not is_paid(shop, waiting)
        for letter in mailbox.letters:
            signature = letter.headers["stripe-signature"]
            stripe.Webhook.construct_event(letter.body, signature, secret)
    (address,) = shop.get("/v1/settlement_addresses")["data"]
    assert (address["status"], address["proven"]) == ("active", True)
    assert address["address"] in newcomer.screen


def test_a_fork_brings_a_payment_again_and_its_refund_is_signed(
    newcomer: Newcomer, shop: Shop
) -> None:
    intent = shop.intent(20_000)
    pay(newcomer, shop, intent)
    chain_of(newcomer, "POST", "mine")
    until(lambda: is_paid(shop, intent), seconds=30)
    chain_of(newcomer, "POST", "reorg", depth=1, mine=2)
    until(lambda: shop.types(intent["id"]).count("payment_intent.succeeded") == 2, seconds=30)
    refund = shop.post("/v1/refunds", {"payment_intent": intent["id"], "amount": 500})
    newcomer.types(*newcomer.reads(r"(devnet refund) re_…").split(), refund["id"])
    chain_of(newcomer, "POST", "mine")
    until(
        lambda: shop.get(f"/v1/refunds/{refund['id']}")["status"] == "succeeded",
        seconds=30,
    )


def test_a_checkout_session_is_paid_as_its_payer_would(newcomer: Newcomer, shop: Shop) -> None:
    bought = shop.post(
        "/v1/checkout/sessions",
        {
            "mode": "payment",
            "success_url": "https://shop.example.com/thanks",
            "line_items[0][quantity]": 2,
            "line_items[0][price_data][currency]": "btc",
            "line_items[0][price_data][unit_amount]": 700,
            "line_items[0][price_data][product_data][name]": "Tea",
        },
    )
    newcomer.types("devnet", "pay", bought["id"])
    chain_of(newcomer, "POST", "mine")
    until(
        lambda: shop.get(f"/v1/checkout/sessions/{bought['id']}")["status"] == "complete",
        seconds=30,
    )


def test_the_command_that_confirms_an_address_is_printed_in_full(newcomer: Newcomer) -> None:
    bob = Remote(newcomer.reads(r"chain +(http://\S+)")).key("bob")
    told = newcomer.types("merchant", "address", "set", "--live", str(bob.principal(mainnet=False)))
    found = re.search(r"stacktill (merchant address confirm .*) HEX", told)
    assert found is not None, told
    message = told.partition("\n\n")[2].partition("\n\n")[0]
    signature = sign_message(bob, message).hex()
    assert "will be in force" in newcomer.types(*found[1].split(), signature)
    (id,) = re.findall(r"sa_\w+", found[1])
    newcomer.types("merchant", "address", "cancel", id, "--live")


def test_no_weather_loses_a_payment(newcomer: Newcomer, shop: Shop) -> None:
    # One wrong answer of each kind, each while a payment is to be seen: the till has to come back by
    # itself, at once. What each kind looks like to the client is tested beside the plugin.
    intents = [shop.intent(1_000 + number) for number, _ in enumerate(WEATHER)]
    for number, mode in enumerate(WEATHER):
        pay(newcomer, shop, intents[number])
        chain_of(newcomer, "POST", "faults", mode=mode, paths="^/extended", count=1, seconds=5)
        chain_of(newcomer, "POST", "mine")
        until(lambda: is_paid(shop, intents[number]), seconds=40)  # noqa: B023 - asked at once
        chain_of(newcomer, "DELETE", "faults")
    for intent in intents:
        assert shop.types(intent["id"]).count("payment_intent.succeeded") == 1


def test_a_contract_of_ones_own_is_deployed_and_trusts_the_boxs_key(
    newcomer: Newcomer, tmp_path: Path
) -> None:
    deployer = newcomer.reads(r"payer's wallet +(\S+)")
    key, terms = tmp_path / "owner.key", tmp_path / "terms.key"
    for path, text in ((key, _key(newcomer, "alice")), (terms, "5" * 64)):
        path.touch(0o600)
        path.write_text(text)
    config = tmp_path / "own.toml"
    ours = newcomer.config.read_text()
    ours = re.sub(r'pay_contract = ".*"', f'pay_contract = "{deployer}.own-pay"', ours)
    config.write_text(re.sub(r'signing_key = ".*"', f'signing_key = "{terms.read_text()}"', ours))
    mine = Newcomer(config, newcomer.process)

    def trusted() -> bool | None:
        told: dict[str, bool | None] = json.loads(mine.types("chain", "info", "--json"))
        return told["signing_key_trusted"]

    signed = ("--key-file", str(key), "--yes")
    assert trusted() is None
    source = str(ROOT / "contracts/contracts/stacktill-pay-v1.clar")
    mine.types("chain", "deploy", "own-pay", source, *signed)
    chain_of(newcomer, "POST", "mine")
    assert trusted() is False
    public = json.loads(mine.types("chain", "info", "--json"))["signing_key_public"]
    mine.types("chain", "call", f"{deployer}.own-pay", "set-signer", public, "true", *signed)
    chain_of(newcomer, "POST", "mine")
    assert trusted() is True


def _key(newcomer: Newcomer, name: str) -> str:
    chain = newcomer.reads(r"chain +(http://\S+)")
    key: str = httpx.get(f"{chain}/devnet", timeout=60).json()["accounts"][name]["private_key"]
    return key


def test_what_cannot_be_is_said(newcomer: Newcomer, shop: Shop, tmp_path: Path) -> None:
    def complaint(*words: str, config: Path = newcomer.config) -> str:
        done = subprocess.run(
            [COMMAND, "--config", str(config), "devnet", *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 1, done.stdout
        return done.stderr

    paid = shop.intent(5_000)
    assert "Nobody is called dave" in complaint("pay", paid["id"], "--from", "dave")
    assert "cannot be paid" in complaint("pay", "pi_nothing")
    assert "not waiting for a signature" in complaint("refund", "re_nothing")
    assert "refuses: depth is a whole number" in complaint("reorg", "--depth", "900")
    assert "runs already" in newcomer.types("devnet")
    assert "A till runs already at" in complaint("till")
    away = tmp_path / "away.toml"
    away.write_text(newcomer.config.read_text().replace("http://127.0.0.1:", "http://192.0.2.1:"))
    assert "is no local chain" in complaint("mine", config=away)


@pytest.mark.parametrize(
    ("node", "complaint"), [("", "there is no 'node' here"), ("v16.20.0", "is v16.20.0")]
)
def test_a_machine_without_node_or_with_an_old_one_is_told(
    tmp_path: Path, node: str, complaint: str
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    if node:
        (tools / "node").write_text(f"#!/bin/sh\necho {node}\n")
        (tools / "node").chmod(0o755)
    done = subprocess.run(
        [COMMAND, "--config", str(_config(tmp_path)), "devnet", "till"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tools) if node else "/nowhere"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "needs Node 20 or newer" in done.stderr
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_both_and_the_next_start_begins_anew(newcomer: Newcomer) -> None:
    assert len(newcomer.listening()) == 2
    note = json.loads((newcomer.config.parent / "data/chain_stacks_devnet.json").read_text())
    assert newcomer.interrupts() == 0
    assert not newcomer.listening()
    began = time.monotonic()
    with started(newcomer.config, "--json") as again:
        assert note["secret_key"] not in again.screen
        told = json.loads(again.screen.splitlines()[-1])
        again.types("devnet", "pay", told["payment_intent"])
        assert (told["secret_key"][:8], told["merchant"][:5]) == ("sk_live_", "acct_")
        again.interrupts(signal.SIGHUP)
        assert not again.listening(), "a closed terminal leaves nothing behind"
    assert time.monotonic() - began < START_SECONDS
