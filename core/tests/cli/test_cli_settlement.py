"""``stacktill merchant address``, ``merchant tier``, ``statement`` and ``audit``, without a server."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from stacktill.cli import main
from stacktill_chain_sandbox.principals import named_address
from stacktill_chain_sandbox.wallets import sign

WALLET = "ST1BW0G3EKBX3P293K1CKBXYG3V4JAA4P0YV8PKXP"
SEED = "stacktill"


class Box:
    """A box with one merchant and two tiers of fees."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            "STACKTILL__SERVER__DATA_DIR": str(folder),
            "STACKTILL__FEES__TIERS": '{"standard": 100, "charity": 0}',
        }
        self.run("merchant", "create", "--name", "Bakery")

    def run(self, *args: str, status: int = 0) -> str:
        done = CliRunner().invoke(main, args, env=self._environment, prog_name="stacktill")
        assert done.exit_code == status, (done.stdout, done.stderr, done.exception)
        return done.stdout + done.stderr


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_an_address_is_set_confirmed_and_shown(box: Box) -> None:
    told = box.run("merchant", "address", "set", WALLET)
    assert f"New address: {WALLET}" in told
    change = json.loads(box.run("merchant", "address", "show", "--json"))[0]
    confirm = ("merchant", "address", "confirm", change["id"], "--signature")
    refused = box.run(*confirm, "00", status=1)
    assert "no signature" in refused
    signature = sign(SEED, change["message"], address=WALLET)
    assert "will be in force" in box.run(*confirm, signature)
    old = sign(SEED, change["message"], address=change["replaces"])
    assert "in force now" in box.run(*confirm, signature, "--current-signature", old)
    statuses = [
        one["status"] for one in json.loads(box.run(*["merchant", "address", "show", "--json"]))
    ]
    assert statuses == ["active", "replaced"]
    assert "active" in box.run("merchant", "address", "show")


def test_a_contract_is_taken_knowingly(box: Box) -> None:
    vault = f"{WALLET}.vault"
    assert "can send sBTC" in box.run("merchant", "address", "set", vault, status=1)
    told = box.run("merchant", "address", "set", vault, "--contract-can-send")
    assert f"New address: {vault}" in told


def test_an_address_of_several_keys_is_announced_unproven(box: Box) -> None:
    vault = named_address("three of us", version=21)
    told = box.run("merchant", "address", "set", vault)
    assert "no single key that could sign" in told
    assert "--signature HEX" not in told.replace("--current-signature HEX", "")
    change = json.loads(box.run("merchant", "address", "show", "--json"))[0]
    assert (change["form"], change["proven"]) == ("multisig", False)
    confirm = ("merchant", "address", "confirm", change["id"])
    assert "will be in force" in box.run(*confirm)
    old = sign(SEED, change["message"], address=change["replaces"])
    assert "in force now" in box.run(*confirm, "--current-signature", old)
    box.run("merchant", "address", "set", WALLET)
    change = json.loads(box.run("merchant", "address", "show", "--json"))[0]
    signed = ("--signature", sign(SEED, change["message"], address=WALLET))
    confirm = ("merchant", "address", "confirm", change["id"])
    told = box.run(*confirm, *signed, "--current-signature", signed[1], status=1)
    assert "Leave current_signature out" in " ".join(told.split())
    assert "will be in force" in box.run(*confirm, *signed)


def test_a_change_is_canceled(box: Box) -> None:
    box.run("merchant", "address", "set", WALLET)
    change = json.loads(box.run("merchant", "address", "show", "--json"))[0]
    assert "is canceled" in box.run("merchant", "address", "cancel", change["id"])


def test_the_audit_log_is_whole_until_somebody_touches_it(box: Box) -> None:
    sound = json.loads(box.run("audit", "verify", "--json"))
    assert sound["sound"]
    head = sound["chains"][0]["head"]
    box.run("merchant", "tier", "charity")
    assert "is whole" in box.run("audit", "verify", "--contains", head)
    assert "No entry has the hash" in box.run("audit", "verify", "--contains", "00", status=1)
    with sqlite3.connect(box.folder / "stacktill.sqlite3") as books:
        books.execute("UPDATE audit_entries SET actor = 'key_other' WHERE number = 2")
    assert "entry 2: it was altered" in box.run("audit", "verify", status=1)


def test_a_tier_must_be_one(box: Box) -> None:
    assert "charity" in box.run("merchant", "tier", "charity")
    assert "charity, standard" in box.run("merchant", "tier", "gold", status=1)
    assert "default" in box.run("merchant", "tier")


def test_a_statement_is_made_listed_and_written(box: Box, tmp_path: Path) -> None:
    period = ("--from", "2025-01-01", "--to", "2025-02-01")
    made = json.loads(box.run("statement", "create", *period, "--json"))
    assert (made["line_count"], made["closing"]["available"]) == (0, 0)
    assert "ACCOUNT" in box.run("statement", "create", *period)
    assert made["id"] in box.run("statement", "list")
    assert box.run("statement", "csv", made["id"]).startswith("line,time,kind,amount_sats")
    file = tmp_path / "january.csv"
    box.run("statement", "csv", made["id"], "--output", str(file))
    assert file.read_text().startswith("line,time")
    refused = box.run("statement", "create", "--from", "2025-02-01", "--to", "2025-01-01", status=1)
    assert "must end after it begins" in refused
    assert "There is no statement" in box.run("statement", "csv", "stmt_none", status=1)
