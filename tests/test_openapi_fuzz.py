"""The OpenAPI document is true: what it allows is understood, what it forbids is refused.

Schemathesis makes requests from the served document, good and bad ones, chains of them too, and
holds every answer against it. ``FUZZ_EXAMPLES=200`` looks longer; then the edges of every parameter
are walked as well.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import schemathesis
from schemathesis.engine import events, from_schema
from schemathesis.generation import GenerationMode
from tests.served import Served, Shop

FORM = "application/x-www-form-urlencoded"
QUICK_EXAMPLES = 10
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", QUICK_EXAMPLES))
STREAM = "payment_intents.events"
BREAKS_THE_CHAIN = ("test_helpers.sandbox_stall", "test_helpers.sandbox_api_fault")

UNREAD = re.compile(r"Invalid (string|array|object|boolean|integer|currency|metadata|[\w\[\]]+:)")
"""How the parser refuses one value by its form: a value that the schema allows must never hear it."""
UNREAD_CODES = {
    "amount_too_large",
    "amount_too_small",
    "email_invalid",
    "parameter_invalid_empty",
    "parameter_invalid_integer",
    "parameter_unknown",
}
EXCLUDED_CHECKS = {
    # A method that a path does not have is answered like an unknown path, with 404; see the
    # decision about unknown methods.
    "unsupported_method": {"enabled": False},
    # What is allowed by its form may still be refused by what is there; ``understood`` tells the
    # two apart.
    "positive_data_acceptance": {"enabled": False},
}


@schemathesis.serializer(FORM)
def brackets(_context: Any, value: Any) -> bytes:
    """A form as SDKs write it."""
    if not isinstance(value, dict):
        return value if isinstance(value, bytes) else str(value).encode()
    return urlencode(list(pairs(value, ""))).encode()


def pairs(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """The names in brackets and the values of a form."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from pairs(each, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from pairs(each, f"{name}[{index}]")
    elif value is None or isinstance(value, bool):
        yield name, {None: "", True: "true", False: "false"}[value]
    else:
        yield name, str(value)


def whole(value: Any) -> Any:
    """Floats without a fraction as integers: to JSON Schema they are the same, to the API not."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    return [whole(each) for each in value] if isinstance(value, list) else value


def vanishes(value: Any) -> bool:
    """Whether something of it cannot be written in a form, such as an empty array."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return any(each in ({}, []) or vanishes(each) for each in inner)
    return False


def is_good(case: Any) -> bool:
    """Whether a request is meant to be one that the document allows."""
    return case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Keep from a request what would hide all the rest of it."""
    if name_of(case) == STREAM:
        case.path_parameters["id"] = "pi_none"  # A stream that is found has no end.
    if is_good(case) and case.headers:
        # Any account and any key are allowed by their form, but only the own account opens, and a
        # key that was used for another wish is refused.
        case.headers.pop("Stripe-Account", None)
        case.headers.pop("Stripe-Context", None)
        case.headers.pop("Idempotency-Key", None)


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    """Mend the chain when a request broke it, or nothing could be paid any more."""
    if name_of(case) in BREAKS_THE_CHAIN and response.status_code == 200:
        sandbox = f"{case.operation.base_url}/v1/test_helpers/sandbox"
        headers = {"Authorization": response.request.headers["Authorization"]}
        # Patiently: the books may first have to follow thousands of blocks that were mined before.
        with httpx.Client(headers=headers, timeout=120) as http:
            http.post(f"{sandbox}/resume").raise_for_status()
            http.post(f"{sandbox}/api_fault", data={"mode": "none"}).raise_for_status()


@schemathesis.check
def understood(_context: Any, response: Any, case: Any) -> None:
    """What the document allows may be refused for what is there, but never for its form."""
    if not is_good(case) or response.status_code != 400:
        return
    error = response.json()["error"]
    assert error.get("code") not in UNREAD_CODES, error
    assert not UNREAD.match(error["message"]), error


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance of its own, because here the chain's clock runs wild."""
    with Served.running(tmp_path_factory.mktemp("fuzz") / "data") as appliance:
        yield appliance


@pytest.fixture
def shop(served: Served) -> Shop:
    return served.shop()


def open_schema(shop: Shop, **phases: bool) -> Any:
    """The served document, with what Schemathesis must know about forms, keys and the sandbox."""
    config = {
        "base-url": shop.url,
        "headers": {"Authorization": f"Bearer {shop.secret_key}"},
        "request-timeout": 30.0,
        "generation": {
            "deterministic": True,
            "max-examples": EXAMPLES,
            "database": "none",
            "with-security-parameters": False,
        },
        "checks": EXCLUDED_CHECKS,
        "phases": {
            name: {"enabled": phases.get(name, False)}
            for name in ("examples", "coverage", "fuzzing", "stateful")
        },
    }
    schema = schemathesis.openapi.from_url(
        f"{shop.url}/openapi.json", config=schemathesis.Config.from_dict(config)
    )
    own_keys = {key["id"] for key in shop.get("/v1/api_keys")["data"]}

    @schema.hook
    def map_body(_context: Any, body: Any) -> Any:
        return whole(body)

    @schema.hook
    def map_query(_context: Any, query: Any) -> Any:
        return whole(query)

    @schema.hook
    def filter_case(_context: Any, case: Any) -> bool:
        if case.media_type == FORM and vanishes(case.body):
            return False
        return (case.path_parameters or {}).get("id") not in own_keys

    return schema


def name_of(case: Any) -> str:
    """The operation's name."""
    return str(case.operation.definition.raw["operationId"])


def findings(schema: Any) -> tuple[list[str], set[str]]:
    """What is wrong, each with the request that shows it; and what was called."""
    wrong: list[str] = []
    called: set[str] = set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            wrong.append(f"Schemathesis itself: {vars(event) if hasattr(event, 'info') else event}")
        if not isinstance(event, events.ScenarioFinished):
            continue
        called |= {node.value.operation.label for node in event.recorder.cases.values()}
        for id, checks in event.recorder.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    sent = check.failure_info
                    answer = event.recorder.interactions[id].response
                    shown = b"" if answer is None else answer.content[:500]
                    wrong.append(f"{sent.failure}\n{sent.code_sample}\n{shown!r}")
    return wrong, called


def test_single_requests(shop: Shop) -> None:
    is_long = EXAMPLES > QUICK_EXAMPLES
    schema = open_schema(shop, fuzzing=True, coverage=is_long)
    wrong, called = findings(schema)
    assert wrong == [], "\n\n".join(wrong[:5])
    declared = {result.ok().label for result in schema.get_all_operations()}
    assert called == declared


def test_chains_of_requests(shop: Shop) -> None:
    wrong, called = findings(open_schema(shop, stateful=True))
    assert wrong == [], "\n\n".join(wrong[:5])
    assert called
