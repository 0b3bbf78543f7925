"""How refusals and failures look over HTTP: the only place that knows their statuses.

Every answer that is not a success carries Stripe's envelope, because its SDKs choose the class of
the exception by status and, in Node, tell failure from success by the key ``error`` alone::

    {"error": {"type": …, "message": …, "code"?: …, "param"?: …, …}}
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from stacktill.domain import errors
from stacktill.runtime.logs import current_request_id

__all__ = [
    "Answer",
    "BodyTimedOut",
    "ClientGone",
    "UnsupportedEncoding",
    "answer_refusal",
    "answer_status",
    "answer_unrecognized_url",
    "encode_envelope",
    "exception_handlers",
    "render_error",
    "status_of",
    "to_response",
]

logger = logging.getLogger(__name__)

_INVALID = "invalid_request_error"
_IDEMPOTENCY = "idempotency_error"
_API = "api_error"
_SHOWN_PATH_CHARACTERS = 200
_RETRY_SOON_SECONDS = 2.0

# Stripe answers an undeclared method like an unknown path; only methods that no API of its kind
# ever has are named as such.
_ORDINARY_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class BodyTimedOut(errors.RequestError):
    """The request's body did not arrive in time."""


class UnsupportedEncoding(errors.RequestError):
    """The request's body is compressed, which is never undone here."""


class ClientGone(errors.RequestError):
    """The client hung up before its request was whole; nobody reads the answer."""


class Answer(NamedTuple):
    """A whole answer, ready to be sent; header names are in lower case."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class _Rule(NamedTuple):
    status: int
    type: str
    should_retry: bool | None = None
    is_shown: bool = True


_RULES: dict[type[BaseException], _Rule] = {
    errors.RequestError: _Rule(400, _INVALID),
    errors.InvalidRequest: _Rule(400, _INVALID),
    errors.InvalidParameter: _Rule(400, _INVALID),
    errors.StateConflict: _Rule(400, _INVALID),
    errors.NotFound: _Rule(404, _INVALID),
    errors.Unauthenticated: _Rule(401, _INVALID),
    errors.Forbidden: _Rule(403, _INVALID),
    errors.IdempotencyMismatch: _Rule(400, _IDEMPOTENCY),
    errors.IdempotencyInUse: _Rule(409, _IDEMPOTENCY, should_retry=True),
    errors.RateLimited: _Rule(429, _INVALID),
    errors.BodyTooLarge: _Rule(413, _INVALID),
    errors.PluginRefused: _Rule(400, _INVALID),
    errors.Unavailable: _Rule(503, _API, should_retry=True),
    errors.ConfigError: _Rule(500, _API, should_retry=False, is_shown=False),
    errors.InvariantBroken: _Rule(500, _API, should_retry=False, is_shown=False),
    errors.StacktillError: _Rule(500, _API, is_shown=False),
    BodyTimedOut: _Rule(408, _INVALID),
    UnsupportedEncoding: _Rule(415, _INVALID),
    ClientGone: _Rule(400, _INVALID),
    BaseException: _Rule(500, _API, is_shown=False),
}

_STATUS_MESSAGES = {
    400: "The request is not valid HTTP.",
    405: "This method is not supported.",
    408: "The request did not arrive in time.",
    413: "The request body is too large.",
    431: "The request's headers are too large.",
    503: "The server is stopping. Try again in a moment.",
}


def _rule_of(error: BaseException) -> _Rule:
    return next(_RULES[cls] for cls in type(error).__mro__ if cls in _RULES)


def status_of(error: BaseException) -> int:
    """The HTTP status for ``error``; 500 for whatever is not one of ours."""
    return _rule_of(error).status


def encode_envelope(
    error_type: str,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    doc_url: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """Stripe's error envelope as JSON.

    ``extra`` holds further members of ``error``, such as ``{"payment_intent": …}`` with the
    object whose state was in the way; a ``msgspec.Raw`` value is put in as it is.
    """
    optional = {"code": code, "param": param, "doc_url": doc_url}
    error: dict[str, Any] = {"type": error_type, "message": message}
    error |= {name: value for name, value in optional.items() if value is not None}
    error |= extra or {}
    return msgspec.json.encode({"error": error})


def _answer(status: int, body: bytes, *headers: tuple[bytes, bytes]) -> Answer:
    lines = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        *headers,
    ]
    return Answer(status, lines, body)


def render_error(
    error: BaseException,
    *,
    request_id: str | None = None,
    extra: Mapping[str, Any] | None = None,
    doc_url: str | None = None,
    is_stored: bool = False,
) -> Answer:
    """The answer for any exception; a defect's message is never shown, only the request's id.

    ``extra`` goes into the envelope (see ``encode_envelope``). ``is_stored`` says that the answer
    was kept under an idempotency key: then a retry would only get the same again, and the client
    is told not to try. ``request_id`` defaults to that of the running request.
    """
    rule = _rule_of(error)
    message = str(error)
    code = param = None
    if isinstance(error, errors.StacktillError) and rule.is_shown:
        message, code, param = error.message, error.code, error.param
    elif not rule.is_shown:
        message = _crash_message(request_id or current_request_id.get())
        extra = None
    body = encode_envelope(rule.type, message, code=code, param=param, doc_url=doc_url, extra=extra)
    should_retry = False if is_stored and rule.status >= 500 else rule.should_retry
    return _answer(rule.status, body, *_headers_for(error, should_retry))


def _crash_message(request_id: str | None) -> str:
    told = f" and name the request {request_id}" if request_id else ""
    return f"Something went wrong on this server. Ask its operator to look into it{told}."


def _headers_for(error: BaseException, should_retry: bool | None) -> list[tuple[bytes, bytes]]:
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(error, errors.RateLimited):
        wait_seconds = error.retry_after_seconds
        should_retry = True if wait_seconds <= _RETRY_SOON_SECONDS else None
        headers.append((b"stripe-rate-limited-reason", b"global-rate"))
        headers.append((b"retry-after", b"%d" % max(1, math.ceil(wait_seconds))))
    elif isinstance(error, errors.Unavailable):
        headers.append((b"retry-after", b"2"))
    elif isinstance(error, errors.Unauthenticated):
        headers.append((b"www-authenticate", b'Bearer realm="stacktill"'))
    if should_retry is not None:
        headers.append((b"stripe-should-retry", b"true" if should_retry else b"false"))
    return headers


def answer_status(status: int, message: str | None = None) -> Answer:
    """The answer for a bare status, for when there is no exception to tell more."""
    error_type = _API if status >= 500 else _INVALID
    text = message or _STATUS_MESSAGES.get(status, "The request was refused.")
    headers = []
    if status == 405:
        headers.append((b"allow", b"DELETE, GET, POST"))
    if status == 503:
        headers += [(b"retry-after", b"2"), (b"stripe-should-retry", b"true")]
    return _answer(status, encode_envelope(error_type, text), *headers)


def answer_unrecognized_url(method: str, path: str) -> Answer:
    """The answer for an unknown path or for a method that the path does not have."""
    if method not in _ORDINARY_METHODS:
        return answer_status(405, f"The method {method[:20]} is not supported.")
    shown = path if len(path) <= _SHOWN_PATH_CHARACTERS else path[:_SHOWN_PATH_CHARACTERS] + "…"
    shown = shown.encode("utf-8", "replace").decode()
    message = (
        f"Unrecognized request URL ({method}: {shown}). "
        "Check the method and the path against the API reference."
    )
    return _answer(404, encode_envelope(_INVALID, message))


def to_response(answer: Answer) -> Response[bytes]:
    """``answer`` as a Litestar response."""
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in answer.headers
        if name not in (b"content-type", b"content-length")
    }
    return Response(
        answer.body,
        status_code=answer.status,
        headers=headers,
        media_type="application/json",
    )


def answer_refusal(error: Exception) -> Answer:
    """The answer for ``error``, which is logged if it is our fault."""
    status = status_of(error)
    if isinstance(error, errors.Unavailable):
        logger.warning("request.unavailable", extra={"reason": error.message})
    elif status >= 500:
        logger.error("request.crashed", exc_info=error)
    return render_error(error)


def _handle_error(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's handler for our own errors and for crashes."""
    return to_response(answer_refusal(error))


def _handle_http_exception(
    request: Request[Any, Any, Any], error: HTTPException
) -> Response[bytes]:
    """Litestar's handler for what its router, its parser or a guard refused."""
    status = error.status_code
    if status in (404, 405):
        return to_response(answer_unrecognized_url(request.method, request.scope["path"]))
    if status >= 500 and status != 503:
        return _handle_error(request, error)
    if status == 422 or status < 400:
        status = 400
    message, param = _explain(error)
    error_type = _API if status >= 500 else _INVALID
    answer = _answer(status, encode_envelope(error_type, message, param=param))
    response = to_response(answer)
    response.headers.update(error.headers or {})
    return response


def _explain(error: HTTPException) -> tuple[str, str | None]:
    """The sentence and the parameter of a Litestar exception; its validation lists its finds."""
    finds = error.extra if isinstance(error.extra, list) else []
    if finds and isinstance(finds[0], dict):
        param = finds[0].get("key")
        reason = str(finds[0].get("message", error.detail))
        return (f"Invalid value for '{param}': {reason}" if param else reason), param
    return error.detail or _STATUS_MESSAGES.get(error.status_code, "The request was refused."), None


exception_handlers: dict[int | type[Exception], Callable[[Any, Any], Response[bytes]]] = {
    HTTPException: _handle_http_exception,
    Exception: _handle_error,
}
"""For ``Litestar(exception_handlers=…)``: every failure becomes an envelope."""
