"""A request of the API as ASGI hands it over, and its answer."""

from __future__ import annotations

from typing import Any

from stacktill.domain.errors import InvalidRequest
from stacktill.web.api.operation import Operation
from stacktill.web.errors import Answer, ClientGone
from stacktill.web.params import decode_form, decode_json
from stacktill.web.shell.asgi import Receive, Scope, Send

__all__ = ["Headers", "json_answer", "parameters_of", "send_answer", "text_of"]

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

Headers = dict[bytes, bytes]
"""By name in lower case; the server has refused the repeats that matter."""


async def parameters_of(
    operation: Operation, scope: Scope, headers: Headers, receive: Receive
) -> tuple[dict[str, Any], bool]:
    """The parameters as sent, and whether they came as JSON."""
    query: bytes = scope["query_string"]
    if operation.method != "POST":
        return (decode_form(query) if query else {}), False
    body = await _body(receive)
    if query:
        raise InvalidRequest("Send the parameters of a POST in its body, not in the URL.")
    if not body:
        return {}, False
    kind = (text_of(headers, b"content-type") or FORM).partition(";")[0].strip().lower()
    if kind == FORM:
        return decode_form(body), False
    if kind == JSON:
        return decode_json(body), True
    raise InvalidRequest(
        f"Invalid request: unsupported Content-Type {kind[:80]}. Send {FORM} or {JSON}."
    )


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone("The connection closed before the request body was complete.")
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def text_of(headers: Headers, name: bytes) -> str | None:
    """The value of a header, or None when it was not sent."""
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


def json_answer(status: int, body: bytes) -> Answer:
    """An answer of the API; further headers may be added to it."""
    lines = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return Answer(status, lines, body)


async def send_answer(send: Send, answer: Answer) -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})
