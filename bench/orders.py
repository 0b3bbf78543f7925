"""What is asked of the appliance, as orders for the load generator."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from bench.generator import request_bytes
from bench.load import Order
from bench.processes import Appliance

__all__ = ["create", "listing", "pay", "retrieve", "search"]

MARK_BYTES = 2
NUMBER_BYTES = 12
FORM = {"content-type": "application/x-www-form-urlencoded"}
INTENTS = "/v1/payment_intents"


def create(box: Appliance, connections: int, *, more: str = "") -> Order:
    """Create intents the way the official SDKs do: a form, with metadata and an idempotency key."""
    prefix = f"{secrets.token_hex(6)}-"
    body = (
        "amount=20000&currency=btc&description=Two+mugs&automatic_payment_methods[enabled]=true"
        f"&metadata[order]=@@{more}"
    )
    growth = len(prefix) + NUMBER_BYTES - MARK_BYTES
    headers = {**_key(box), "idempotency-key": "@@", **FORM}
    request = request_bytes("POST", INTENTS, body=body, headers=headers, marks=growth)
    return _order(box, request, connections, prefix=prefix)


def retrieve(box: Appliance, connections: int, ids: Sequence[str]) -> Order:
    """Read intents by their ids."""
    request = request_bytes("GET", f"{INTENTS}/@@", headers=_key(box))
    return _order(box, request, connections, values=ids)


def listing(box: Appliance, connections: int) -> Order:
    """The newest twenty intents."""
    request = request_bytes("GET", f"{INTENTS}?limit=20", headers=_key(box))
    return _order(box, request, connections)


def search(box: Appliance, connections: int, words: Sequence[str]) -> Order:
    """Find an intent by its metadata."""
    path = f"{INTENTS}/search?query=metadata%5B'order'%5D:'@@'"
    request = request_bytes("GET", path, headers=_key(box))
    return _order(box, request, connections, values=words)


def pay(box: Appliance, connections: int, ids: Sequence[str], *, more: str = "") -> Order:
    """Pay intents on the sandbox chain, each in a block of its own, until they have succeeded."""
    body = f"payment=@@{more}"
    growth = len(ids[0]) - MARK_BYTES
    headers = {**_key(box), **FORM}
    path = "/v1/test_helpers/sandbox/pay"
    request = request_bytes("POST", path, body=body, headers=headers, marks=growth)
    return _order(box, request, connections, values=ids)


def _key(box: Appliance) -> dict[str, str]:
    return {"authorization": f"Bearer {box.key}"}


def _order(
    box: Appliance,
    request: bytes,
    connections: int,
    *,
    values: Sequence[str] = (),
    prefix: str = "",
) -> Order:
    return Order(
        port=box.port,
        request=request,
        connections=connections,
        seconds=1.0,
        pid=box.pid,
        values=[*values],
        prefix=prefix,
    )
