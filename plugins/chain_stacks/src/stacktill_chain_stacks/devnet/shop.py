"""A live store on the local chain, paid at a test wallet, and a first payment of it."""

from __future__ import annotations

import time
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace

from stacktill.plugin import ChainUnavailable
from stacktill_chain_stacks.devnet.note import Note
from stacktill_chain_stacks.devnet.serving import Till
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.messages import sign_message

__all__ = ["AMOUNT_SATS", "make_payment", "prove_address", "register"]

AMOUNT_SATS = 250_000
"""So much that a store waits for two Bitcoin blocks, unless it has said otherwise."""
TIMEOUT_SECONDS = 30.0
LEVEL_SECONDS = 60.0


def register(till: Till, note: Note) -> Note:
    """Make the store as an operator does; the note with its keys."""
    said = till.run("merchant", "create", "--name", "Devnet shop", "--live", "--json")
    made = msgspec.json.decode(said)
    return replace(
        note,
        merchant=made["merchant"]["id"],
        secret_key=made["secret_key"],
        publishable_key=made["publishable_key"],
    )


def prove_address(url: str, secret_key: str, wallet: PrivateKey) -> str:
    """Let the store be paid at a wallet, which signs that it is the store's; the address."""
    address = str(wallet.principal(mainnet=False))
    change = _post(url, secret_key, "settlement_addresses", address=address)
    signature = sign_message(wallet, change["message"]).hex()
    path = f"settlement_addresses/{change['id']}/confirm"
    _post(url, secret_key, path, signature=signature)
    return address


def make_payment(url: str, secret_key: str) -> dict[str, Any]:
    """A payment that waits for a payer."""
    return _post(
        url, secret_key, "payment_intents", amount=AMOUNT_SATS, currency="btc", confirm="true"
    )


def _post(url: str, secret_key: str, path: str, **fields: str | int) -> dict[str, Any]:
    """Ask as a shop does, a little longer while the till has not seen the chain yet."""
    end = time.monotonic() + LEVEL_SECONDS
    while True:
        reply = httpx.post(
            f"{url}/v1/{path}",
            data=fields,
            headers={"Authorization": f"Bearer {secret_key}"},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )
        if reply.status_code == 200:
            return dict(reply.json())
        if reply.status_code < 500 or time.monotonic() > end:
            raise ChainUnavailable(f"The till refuses {path}: {reply.text[:300]}")
        time.sleep(0.5)
