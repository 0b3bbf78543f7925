"""Every error class has a status, and the envelope holds what it should."""

from __future__ import annotations

import json

import msgspec
import pytest

from stacktill.domain import errors
from stacktill.web import errors as web_errors
from stacktill.web.errors import encode_envelope, render_error, status_of

STATUSES = {
    errors.StacktillError: 500,
    errors.RequestError: 400,
    errors.InvalidRequest: 400,
    errors.InvalidParameter: 400,
    errors.StateConflict: 400,
    errors.NotFound: 404,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.IdempotencyMismatch: 400,
    errors.IdempotencyInUse: 409,
    errors.RateLimited: 429,
    errors.BodyTooLarge: 413,
    errors.PluginRefused: 400,
    errors.Unavailable: 503,
    errors.ConfigError: 500,
    errors.InvariantBroken: 500,
}


def test_every_class_is_mapped() -> None:
    named = {getattr(errors, name) for name in errors.__all__}
    assert named == set(STATUSES)
    assert named <= set(web_errors._RULES)


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
def test_status_and_envelope(kind: type[errors.StacktillError], status: int) -> None:
    answer = render_error(kind("Why."), request_id="req_1")
    assert answer.status == status == status_of(kind("Why."))
    error = json.loads(answer.body)["error"]
    is_ours = status == 500
    assert ("req_1" in error["message"]) is is_ours
    assert ("Why." in error["message"]) is not is_ours
    assert dict(answer.headers)[b"content-length"] == str(len(answer.body)).encode()


def test_idempotency_errors_have_their_type() -> None:
    for error in (errors.IdempotencyMismatch("x"), errors.IdempotencyInUse("x")):
        assert json.loads(render_error(error).body)["error"]["type"] == "idempotency_error"
    answer = render_error(errors.IdempotencyInUse("x"))
    assert json.loads(answer.body)["error"]["code"] == "idempotency_key_in_use"
    assert dict(answer.headers)[b"stripe-should-retry"] == b"true"


def test_a_stored_failure_is_not_worth_a_retry() -> None:
    assert b"stripe-should-retry" not in dict(render_error(RuntimeError()).headers)
    stored = render_error(errors.Unavailable("Down."), is_stored=True)
    assert dict(stored.headers)[b"stripe-should-retry"] == b"false"


def test_the_object_in_the_way_can_be_shown() -> None:
    conflict = errors.StateConflict(
        "It was canceled.", code="payment_intent_unexpected_state", object_id="pi_1"
    )
    shown = msgspec.Raw(b'{"id":"pi_1","status":"canceled"}')
    answer = render_error(conflict, extra={"payment_intent": shown}, doc_url="/docs/errors")
    assert json.loads(answer.body)["error"] == {
        "type": "invalid_request_error",
        "message": "It was canceled.",
        "code": "payment_intent_unexpected_state",
        "doc_url": "/docs/errors",
        "payment_intent": {"id": "pi_1", "status": "canceled"},
    }


def test_only_long_waits_are_not_retried_at_once() -> None:
    soon = dict(render_error(errors.RateLimited("Wait.", retry_after_seconds=0.2)).headers)
    assert soon[b"retry-after"] == b"1"
    assert soon[b"stripe-should-retry"] == b"true"
    late = dict(render_error(errors.RateLimited("Wait.", retry_after_seconds=30)).headers)
    assert late[b"retry-after"] == b"30"
    assert b"stripe-should-retry" not in late


def test_absent_members_are_absent() -> None:
    assert encode_envelope("api_error", "No.") == b'{"error":{"type":"api_error","message":"No."}}'
