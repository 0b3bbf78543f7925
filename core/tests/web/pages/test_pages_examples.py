"""The examples of the reference: each is accepted by the API and known to the SDK."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from stacktill.web.live import LIVE_OPERATION
from stacktill.web.pages.examples import PARAMS, example_params
from stacktill.web.pages.samples import samples_of, sdk_name
from stacktill.web.params import decode_form
from stacktill.web.resources.every import OPERATIONS
from stacktill.web.statements import CSV_OPERATION

EVERY = {operation.name: operation for operation in (*OPERATIONS, LIVE_OPERATION, CSV_OPERATION)}
URL = "http://127.0.0.1:8080"


def text_of(name: str, language: str) -> str:
    operation = EVERY[name]
    samples = samples_of(name, operation.method, operation.path, URL)
    return next(sample.text for sample in samples if sample.language == language)


@pytest.mark.parametrize("name", EVERY)
def test_parameters_are_accepted(name: str) -> None:
    EVERY[name].params.parse(example_params(name), typed=True)


def test_no_example_is_left_over() -> None:
    assert set(PARAMS) <= set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_the_sdk_knows_what_it_is_said_to_know(name: str) -> None:
    call: Any = stripe.StripeClient("sk_test_x").v1
    for word in (sdk_name(name) or "").split("."):
        call = getattr(call, word) if word else call


@pytest.mark.parametrize("name", EVERY)
def test_python_examples_are_python(name: str) -> None:
    compile(text_of(name, "python"), name, "eval")


def test_a_form_as_curl_sends_it() -> None:
    text = text_of("checkout_sessions.create", "curl")
    sent = [line.strip().removeprefix("-d ").rstrip(" \\").strip('"') for line in text.split("\n")]
    tree = decode_form("&".join(line for line in sent[2:]).encode())
    parsed = EVERY["checkout_sessions.create"].params.parse(tree)
    assert parsed["line_items"][0]["quantity"] == 2
    assert parsed["success_url"].endswith("{CHECKOUT_SESSION_ID}")


def test_three_languages() -> None:
    assert text_of("payment_intents.retrieve", "curl") == (
        f"curl {URL}/v1/payment_intents/pi_… \\\n  -u sk_test_…:"
    )
    assert text_of("payment_intents.retrieve", "python") == (
        'client.v1.payment_intents.retrieve("pi_…")'
    )
    assert text_of("payment_intents.cancel", "node") == (
        'await stripe.paymentIntents.cancel("pi_…", {\n'
        '  cancellation_reason: "requested_by_customer",\n});'
    )
    assert text_of("deposits.attach", "python") == (
        'client.raw_request("post", "/v1/deposits/dep_…/attach", payment_intent="pi_…")'
    )
