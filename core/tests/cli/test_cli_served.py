"""Commands on a real box: before, while and after its server runs."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from stacktill.cli import main
from stacktill.testing.receiver import Receiver

STACKTILL = [sys.executable, "-m", "stacktill.cli"]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("STACKTILL")},
    "STACKTILL__SERVER__PORT": "0",
}


class Box:
    """A box in a folder of its own, with a server that can be started and stopped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"STACKTILL__SERVER__DATA_DIR": str(folder), **ENVIRONMENT}
        self.server: subprocess.Popen[str] | None = None
        self.url = ""
        self.secret_key = ""

    def run(self, *args: str, status: int = 0) -> str:
        """Run a command in this process; return what it printed, errors when it is to fail."""
        done = CliRunner().invoke(main, args, env=self.environment, prog_name="stacktill")
        assert done.exit_code == status, (done.stderr, done.exception)
        return done.stderr if status else done.stdout

    def ask(self, *args: str) -> Any:
        """Run a command with ``--json`` and return what it printed."""
        return json.loads(self.run(*args, "--json"))

    def start(self) -> None:
        """Start the server and wait until it says where it is."""
        with (self.folder / "server.log").open("a") as log:
            self.server = subprocess.Popen(
                [*STACKTILL, "serve"],
                env=self.environment,
                stdout=log,
                stderr=log,
                text=True,
            )
        note = self.folder / "server.json"
        deadline = time.monotonic() + 30
        while not note.exists():
            assert self.server.poll() is None, (self.folder / "server.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.url = json.loads(note.read_text())["url"]

    def stop(self) -> None:
        """Stop the server as an operator does."""
        if self.server is not None:
            self.server.terminate()
            assert self.server.wait(timeout=20) == 0
            self.server = None

    def post(self, path: str, **form: str) -> Any:
        """Make a request of the API as a shop does."""
        request = urllib.request.Request(
            self.url + path,
            urlencode(form).encode(),
            {"Authorization": f"Basic {b64encode(f'{self.secret_key}:'.encode()).decode()}"},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def intent(self, **more: str) -> str:
        """Make a payment intent that waits for its payer, and return its id."""
        form = {"amount": "20000", "currency": "btc", "confirm": "true", **more}
        made: str = self.post("/v1/payment_intents", **form)["id"]
        return made


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """Return a served box with one merchant, made before the server ran."""
    made = Box(tmp_path_factory.mktemp("box"))
    shop = made.ask("merchant", "create", "--name", "Ann's", "--email", "ann@example.com")
    assert shop["merchant"]["id"].startswith("acct_")
    assert shop["publishable_key"].startswith("pk_test_")
    made.secret_key = shop["secret_key"]
    made.start()
    yield made
    made.stop()


def test_a_payment_is_paid_from_the_command_line(box: Box) -> None:
    intent = box.intent()
    began = time.monotonic()
    printed = box.run("sandbox", "pay", intent)
    assert time.monotonic() - began < 3
    assert printed.startswith("sent 20000 sats in ")
    assert printed.endswith(f"{intent} is succeeded\n")
    answer = box.ask("sandbox", "pay", box.intent(), "--amount", "5", "--no-mine")
    assert answer["amount"] == 5
    assert answer["payment_intent"]["status"] == "requires_action"


def test_every_sandbox_verb_answers(box: Box) -> None:
    before = box.ask("sandbox", "mine")["height"]
    assert box.ask("sandbox", "mine", "2", "--bitcoin")["height"] == before + 2
    assert box.ask("sandbox", "reorg", "--depth", "2", "--drop")["height"] > before + 2
    assert "Stacks block" in box.run("sandbox", "mine", "2")
    assert box.run("sandbox", "advance", "60").startswith("it is 2")
    assert box.run("sandbox", "expire", box.intent()).endswith(" is canceled\n")
    assert box.run("sandbox", "stall") == "the sandbox chain stands still\n"
    assert "stands still" in box.run("sandbox", "mine", status=1)
    box.run("sandbox", "resume")
    assert box.run("sandbox", "api-fault", "slow") == "the sandbox chain's fault is slow\n"
    box.run("sandbox", "api-fault", "none")
    assert box.run("sandbox", "pay", "pi_none", status=1) == (
        "stacktill: No such test payment: 'pi_none'\n"
    )


def test_the_log_is_printed_and_followed(box: Box) -> None:
    intent = box.intent()
    with subprocess.Popen(
        [*STACKTILL, "events", "tail", "--follow", "--lines", "1", "--json"],
        env={**box.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as follower:
        assert follower.stdout is not None
        first = json.loads(follower.stdout.readline())
        box.run("sandbox", "pay", intent)
        types = []
        position = first["position"]
        while "payment_intent.succeeded" not in types:
            event = json.loads(follower.stdout.readline())
            assert event["position"] == position + 1
            position = event["position"]
            types.append(event["type"])
        follower.terminate()
    last = box.run("events", "tail", "--lines", "1")
    assert last.split()[0] == str(position)
    assert box.run("events", "tail", "--after", str(position)) == ""


def test_keys_are_made_rolled_and_revoked_while_the_server_runs(box: Box) -> None:
    made = box.ask("keys", "create", "--name", "till", "--kind", "secret")
    box.secret_key, first = made["key"], box.secret_key
    box.intent()
    rolled = box.ask("keys", "roll", made["id"], "--overlap", "3600")
    assert rolled["name"] == "till"
    box.intent()
    box.run("keys", "revoke", made["id"])
    with pytest.raises(urllib.error.HTTPError) as refused:
        box.intent()
    assert refused.value.code == 401
    refused.value.close()
    box.secret_key = rolled["key"]
    box.intent()
    box.secret_key = first
    listed = {key["id"]: key for key in box.ask("keys", "list")}
    assert listed[made["id"]]["revoked_at"] is not None
    assert listed[rolled["id"]]["revoked_at"] is None
    assert made["key"] not in box.run("keys", "list")
    scoped = box.ask("keys", "create", "--kind", "restricted", "--scopes", "events:read")
    assert scoped["key"].startswith("rk_test_")
    assert "No usable key" in box.run("keys", "revoke", "key_none", status=1)


def test_merchants_can_be_added_while_the_server_runs(box: Box) -> None:
    made = box.ask("merchant", "create", "--name", "Ben's")
    mine, box.secret_key = box.secret_key, made["secret_key"]
    assert box.intent().startswith("pi_")
    box.secret_key = mine
    assert [one["name"] for one in box.ask("merchant", "list")] == ["Ann's", "Ben's"]
    assert "Ben's" in box.run("merchant", "list")
    assert "name one with --merchant" in box.run("keys", "create", status=1)
    assert "has no chain" in box.run("merchant", "create", "--name", "L", "--live", status=1)


def test_the_doctor_looks_at_the_running_server(box: Box) -> None:
    printed = box.run("doctor")
    assert f"ok  server: runs at {box.url}" in printed
    assert "ok  server's chain_test: " in printed
    assert "ok  clock: agrees with " in printed
    assert "!!" not in printed


def test_a_second_server_is_refused_in_one_line(box: Box) -> None:
    again = [*STACKTILL, "serve"]
    refused = subprocess.run(
        again, env=box.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("stacktill: Another server already runs on ")
    assert refused.stderr.count("\n") == 1
    assert "up to date" in box.run("migrate")


def test_a_taken_port_is_refused_before_keys_are_made(tmp_path: Path) -> None:
    """Keys are shown once, so a start that cannot serve must not use that once up."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        folder = str(tmp_path / "data")
        refused = subprocess.run(
            [*STACKTILL, "serve"],
            env={
                **ENVIRONMENT,
                "STACKTILL__SERVER__DATA_DIR": folder,
                "STACKTILL__SERVER__PORT": port,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f"stacktill: Cannot listen on 127.0.0.1:{port}: address already"
    )
    assert "STACKTILL__SERVER__PORT" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "data" / "stacktill.sqlite3").exists()


async def test_events_are_sent_again(box: Box) -> None:
    async with Receiver() as receiver:
        url = {"url": receiver.url(), "enabled_events[]": "payment_intent.created"}
        endpoint = (await asyncio.to_thread(box.post, "/v1/webhook_endpoints", **url))["id"]
        await asyncio.to_thread(box.intent)
        (first,) = await receiver.wait_for(1)
        event = json.loads(first.body)["id"]
        said = await asyncio.to_thread(box.run, "webhooks", "retry", event, "--endpoint", endpoint)
        assert said == f"queued {event} (payment_intent.created) for {endpoint}\n"
        assert (await receiver.wait_for(2))[1].body == first.body
        said = await asyncio.to_thread(box.run, "webhooks", "replay", endpoint, "--after", "0")
        count = int(said.split()[1])
        assert count > 1
        assert len(await receiver.wait_for(2 + count)) == 2 + count
        listed = await asyncio.to_thread(box.ask, "webhooks", "list")
        assert [one["id"] for one in listed] == [endpoint]
        assert "enabled" in await asyncio.to_thread(box.run, "webhooks", "list")
        none = ("webhooks", "replay", "we_none", "--after", "0")
        assert "no webhook endpoint 'we_none'" in await asyncio.to_thread(box.run, *none, status=1)
