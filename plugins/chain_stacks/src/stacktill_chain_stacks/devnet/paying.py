"""The test wallet: it signs exactly what the payer's page asks a wallet to sign, and sends it."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from stacktill.domain.errors import InvalidRequest
from stacktill_chain_stacks.cli.desk import Tools
from stacktill_chain_stacks.wire.decoding import decode_value, from_hex
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.payloads import Call
from stacktill_chain_stacks.wire.post_conditions import read_post_condition
from stacktill_chain_stacks.wire.principals import Principal
from stacktill_chain_stacks.wire.reader import Reader

__all__ = ["ask_for_call", "ask_for_refund", "sign_and_send"]

TIMEOUT_SECONDS = 30.0


class AskedCall(msgspec.Struct, frozen=True, rename="camel"):
    """A contract call as wallets take it: every argument and post-condition is hex."""

    contract: str
    function_name: str
    function_args: tuple[str, ...]
    post_conditions: tuple[str, ...]


class _Answer(msgspec.Struct, frozen=True):
    call: AskedCall | None
    problem: str | None = None


def ask_for_call(url: str, id: str, payer: str) -> AskedCall:
    """What a payer's wallet is to sign; raise ``InvalidRequest`` when nothing is to be paid."""
    if id.startswith("cs_"):
        # A session asks for money once its payer has pressed the button; pressed twice it is the same.
        httpx.post(f"{url}/pay/{id}", timeout=TIMEOUT_SECONDS, trust_env=False)
    reply = httpx.post(
        f"{url}/pay/{id}/wallet", data={"address": payer}, timeout=TIMEOUT_SECONDS, trust_env=False
    )
    if reply.status_code != 200:
        raise InvalidRequest(
            f"{id} cannot be paid: the page of the till answers {reply.status_code}. A payment is paid "
            "once, before its time is over, and not while its page waits for money that a fork took."
        )
    answer = msgspec.json.decode(reply.content, type=_Answer)
    if answer.call is None:
        raise InvalidRequest(answer.problem or f"Nothing is to be paid for {id}.")
    return answer.call


def ask_for_refund(url: str, secret_key: str, id: str) -> AskedCall:
    """What the merchant's wallet is to sign for a refund."""
    reply = httpx.get(
        f"{url}/v1/refunds/{id}",
        headers={"Authorization": f"Bearer {secret_key}"},
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
    )
    told: dict[str, Any] = reply.json()
    action = told.get("next_action") or {}
    if reply.status_code != 200 or "sign_transaction" not in action:
        raise InvalidRequest(f"The refund {id} is not waiting for a signature.")
    return msgspec.convert(action["sign_transaction"]["transaction"]["wallet"], AskedCall)


async def sign_and_send(tools: Tools, asked: AskedCall, key: PrivateKey) -> str:
    """Sign a call as it was asked for and send it; its transaction's id."""
    call = Call(
        Principal.parse(asked.contract),
        asked.function_name,
        tuple(decode_value(from_hex(one)) for one in asked.function_args),
    )
    bounds = tuple(read_post_condition(Reader(from_hex(one))) for one in asked.post_conditions)
    draft = await tools.sender.draft(call, key, post_conditions=bounds)
    return await tools.sender.send(draft.transaction)
