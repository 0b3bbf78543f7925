"""``/v1/test_helpers/…``: play the payer, the miner and the merchant's wallet on the sandbox chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stacktill.web.api.operation import Ask, Operation, Prepare
from stacktill.web.params import Amount, Boolean, Enum, Integer, Params, Text
from stacktill.web.resources import sandbox_scenes as scenes

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["OPERATIONS"]

URL = "/v1/test_helpers/sandbox"
MAX_BLOCKS = 2_000
MAX_DEPTH = 1_000
"""Blocks that one reorganisation may replace: well within what the watcher remembers."""
MAX_SECONDS = 366 * 24 * 3600
FAULTS = ("none", "down", "slow", "429", "garbage", "stale")

PAY = Params(
    {
        "payment": Text(
            required=True, max_length=100, description="A payment intent or checkout session."
        ),
        "amount": Amount(description="Sats to send; by default what is still due."),
        "asset": Text(
            max_length=200, description="Another token than sBTC: ADDRESS.contract::asset."
        ),
        "contract": Text(max_length=200, description="Another contract that is called."),
        "memo": Text(
            max_length=68,
            pattern=r"^([0-9a-fA-F]{2})*$",
            unsettable=True,
            description="Hex; by default the payment's own, empty for none.",
        ),
        "from": Text(max_length=200, description="The principal that pays."),
        "fail": Enum(("abort_by_response", "abort_by_post_condition")),
        "mine": Boolean(default=True, description="Mine until the payment is final."),
        "minted": Boolean(
            default=False,
            description="Mint it, as when a payer's bitcoin is turned into sBTC: nobody sends it, "
            "and it has no memo.",
        ),
        "split": Boolean(
            default=False,
            description="Pay the platform's fee in the same transaction, as the contract's pay does.",
        ),
    }
)


async def _mine(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    tip = await scenes.script_of(appliance).mine(ask.params["count"], bitcoin=ask.params["bitcoin"])
    return await scenes.tip_after(appliance, tip)


async def _reorg(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    tip = await scenes.script_of(appliance).reorg(ask.params["depth"], drop=ask.params["drop"])
    return await scenes.tip_after(appliance, tip)


async def _advance(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    now = await scenes.script_of(appliance).advance(ask.params["seconds"])
    await scenes.settle(appliance)
    return {"object": "sandbox.clock", "now": now}


async def _stall(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    del ask
    await scenes.script_of(appliance).stall(stalled=True)
    return {"object": "sandbox.state", "stalled": True}


async def _resume(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    del ask
    await scenes.script_of(appliance).stall(stalled=False)
    await scenes.settle(appliance)
    return {"object": "sandbox.state", "stalled": False}


async def _api_fault(appliance: Appliance, ask: Ask) -> dict[str, Any]:
    mode = ask.params["mode"]
    await scenes.script_of(appliance).api_fault(None if mode == "none" else mode)
    return {"object": "sandbox.state", "api_fault": None if mode == "none" else mode}


def _operation(path: str, name: str, summary: str, work: Prepare, **more: Any) -> Operation:
    return Operation(
        method="POST",
        path=path,
        name=f"test_helpers.{name}",
        summary=summary,
        resource="test_helpers",
        work=work,
        access="operator",
        test_only=True,
        **{"returns": "sandbox", **more},
    )


OPERATIONS = (
    _operation(f"{URL}/pay", "sandbox_pay", "Pay on the sandbox", scenes.pay, params=PAY),
    _operation(
        f"{URL}/mine",
        "sandbox_mine",
        "Mine blocks on the sandbox",
        _mine,
        params=Params(
            {
                "count": Integer(minimum=1, maximum=MAX_BLOCKS, default=1),
                "bitcoin": Boolean(default=False, description="Bitcoin blocks instead of Stacks."),
            }
        ),
    ),
    _operation(
        f"{URL}/reorg",
        "sandbox_reorg",
        "Replace the last blocks of the sandbox by a fork",
        _reorg,
        params=Params(
            {
                "depth": Integer(required=True, minimum=1, maximum=MAX_DEPTH),
                "drop": Boolean(default=False, description="Their transactions vanish."),
            }
        ),
    ),
    _operation(
        f"{URL}/expire",
        "sandbox_expire",
        "Travel to the end of a payment's time",
        scenes.expire,
        params=Params({"payment": Text(required=True, max_length=100)}),
    ),
    _operation(
        f"{URL}/advance",
        "sandbox_advance",
        "Move the sandbox's clock forward",
        _advance,
        params=Params({"seconds": Integer(required=True, minimum=1, maximum=MAX_SECONDS)}),
    ),
    _operation(
        f"{URL}/sign_message",
        "sandbox_sign_message",
        "Sign a message as a wallet of the sandbox would",
        scenes.sign_message,
        params=Params(
            {
                "address": Text(required=True, max_length=128, description="The wallet's address."),
                "message": Text(required=True, max_length=2_000, description="What is signed."),
            }
        ),
    ),
    _operation(
        f"{URL}/sign_payment",
        "sandbox_sign_payment",
        "Sign a payment for sponsoring as a payer's wallet would",
        scenes.sign_payment,
        params=Params(
            {
                "payment": Text(required=True, max_length=100, description="A payment intent."),
                "address": Text(required=True, max_length=128, description="The payer's wallet."),
            }
        ),
    ),
    _operation(f"{URL}/stall", "sandbox_stall", "Stop making blocks", _stall),
    _operation(f"{URL}/resume", "sandbox_resume", "Make blocks again", _resume),
    _operation(
        f"{URL}/api_fault",
        "sandbox_api_fault",
        "Make the chain's source misbehave",
        _api_fault,
        params=Params({"mode": Enum(FAULTS, required=True)}),
    ),
    _operation(
        "/v1/test_helpers/payment_intents/{id}/simulate_crypto_deposit",
        "simulate_crypto_deposit",
        "Simulate a crypto deposit",
        scenes.simulate_deposit,
        params=Params(
            {
                "transaction_hash": Text(required=True, max_length=100),
                "network": Enum(("stacks",), required=True),
                "token_currency": Enum(("sbtc",), required=True),
                "buyer_wallet": Text(max_length=200),
            }
        ),
        returns="payment_intent",
    ),
    _operation(
        "/v1/test_helpers/refunds/{id}/sign",
        "sign_refund",
        "Sign a refund with the sandbox's wallet and send it",
        scenes.sign_refund,
        params=Params({"mine": Boolean(default=True, description="Mine it at once.")}),
        returns="refund",
    ),
)
