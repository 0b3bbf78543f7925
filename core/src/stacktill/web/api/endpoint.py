"""From a request to an answer: authenticate, parse, work in one transaction, encode."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.application.idempotency import Answer, Wish, fulfil
from stacktill.application.views.expand import expand
from stacktill.domain.errors import (
    Forbidden,
    InvalidRequest,
    NotFound,
    RequestError,
    Unavailable,
)
from stacktill.plugin.storage import StorageUnavailable, UnitOfWork
from stacktill.web.api.identity import Identity, identify
from stacktill.web.api.lists import ID_LENGTH
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.api.refusal import refusal_answer
from stacktill.web.params import Expand, Params, decode_form, decode_json
from stacktill.web.shell import accept_key, presented_key

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["identify_request", "route_of"]

encode = msgspec.json.Encoder().encode
sorted_encode = msgspec.json.Encoder(order="sorted").encode

MAX_KEY_LENGTH = 255
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

AnyRequest = Request[Any, Any, Any]


def route_of(appliance: Appliance, operation: Operation) -> HTTPRouteHandler:
    """The Litestar handler of an operation."""
    path = operation.path.replace("}", ":str}")

    async def endpoint(request: AnyRequest) -> Response[bytes]:
        try:
            return await _serve(appliance, operation, request)
        except StorageUnavailable as error:
            raise Unavailable(
                "The database cannot take the request at the moment; nothing was changed. Try again."
            ) from error

    return HTTPRouteHandler(
        path,
        http_method=operation.method,
        name=operation.name,
        status_code=200,
        include_in_schema=False,
        media_type=JSON,
    )(endpoint)


async def _serve(
    appliance: Appliance, operation: Operation, request: AnyRequest
) -> Response[bytes]:
    identity = await identify_request(appliance, operation, request)
    key = identity.caller.idempotency_key
    _check_key(key)
    tree, typed = await _tree(operation, request)
    paths = tree.pop("expand", None) if operation.expands and isinstance(tree, dict) else None
    params = operation.params.parse(tree, typed=typed)
    expands = _expands(operation, paths, typed)
    if expands and identity.is_payer:
        # What a payer sees names objects of the merchant's own, such as a customer.
        raise Forbidden(
            "Nothing can be expanded with a publishable API key. Please use a secret API key.",
            code="secret_key_required",
            param="expand",
        )
    ask = Ask(
        appliance.services,
        identity.caller,
        dict(request.path_params),
        params,
        is_payer=identity.is_payer,
        is_operator=identity.is_operator,
    )
    if operation.method == "GET":
        body = await _read(appliance, operation, ask, expands)
        return _response(200, body)
    if operation.work is not None:
        return _response(200, encode(await operation.work(appliance, ask)))
    parts = {"params": params, "expand": expands, "is_payer": identity.is_payer}
    wish = _wish(key, request.scope["path"], parts)
    if wish is not None and operation.secret_answer:
        wish = replace(wish, is_secret=True)
    return await _write(appliance, operation, ask, expands, wish)


async def identify_request(
    appliance: Appliance, operation: Operation, request: AnyRequest
) -> Identity:
    """Who makes a request, checked against what the operation demands."""
    headers = request.headers
    about = {
        "request_id": request.scope["state"].get("request_id"),
        "idempotency_key": headers.get("idempotency-key") if operation.method == "POST" else None,
        "account": headers.get("stripe-account"),
    }
    presented = presented_key(_raw(headers.get("authorization")))
    identity = await identify(appliance, operation, presented, about)
    accept_key(request.scope)
    if any(len(id) > ID_LENGTH for id in request.path_params.values()):
        raise NotFound(f"No such object: ids have at most {ID_LENGTH} characters.", param="id")
    return identity


async def _read(
    appliance: Appliance, operation: Operation, ask: Ask, expands: tuple[str, ...]
) -> bytes:
    if operation.work is not None:
        return encode(await operation.work(appliance, ask))
    if operation.long:
        return await appliance.storage.scan(_act, operation, ask, expands)
    return await appliance.storage.read(_act, operation, ask, expands)


async def _write(
    appliance: Appliance,
    operation: Operation,
    ask: Ask,
    expands: tuple[str, ...],
    wish: Wish | None,
) -> Response[bytes]:
    if operation.prepare is not None:
        ask = replace(ask, extra=await operation.prepare(appliance, ask))
    answer = await appliance.storage.write(
        fulfil, appliance.services, ask.caller, wish, _refuse(ask), _act, operation, ask, expands
    )
    appliance.relay.nudge()
    if operation.after is not None:
        operation.after(appliance, ask)
    response = _response(answer.status, answer.body)
    if wish is not None:
        response.headers["Idempotency-Key"] = wish.key
        response.headers["Original-Request"] = answer.replayed_from or ask.caller.request_id or ""
    if answer.replayed_from is not None:
        response.headers["Idempotent-Replayed"] = "true"
    if answer.status >= 400:
        response.headers["Stripe-Should-Retry"] = "false"
    return response


def _act(uow: UnitOfWork, operation: Operation, ask: Ask, expands: tuple[str, ...]) -> bytes:
    """The work of an operation and the encoding of its answer, within the transaction."""
    assert operation.run is not None, operation.name
    view = operation.run(uow, ask)
    if expands:
        view = expand(uow, ask.services, ask.caller, view, expands)
    return encode(view)


def _refuse(ask: Ask) -> Callable[[UnitOfWork, RequestError], Answer]:
    def refuse(uow: UnitOfWork, error: RequestError) -> Answer:
        return refusal_answer(uow, ask, error)

    return refuse


def _wish(key: str | None, path: str, parts: dict[str, Any]) -> Wish | None:
    if key is None:
        return None
    digest = hashlib.sha256(path.encode() + b"\0" + sorted_encode(parts))
    return Wish(key, digest.hexdigest())


def _check_key(key: str | None) -> None:
    """Refuse an idempotency key that cannot be one, also where it would not be used."""
    if key is not None and not (
        0 < len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable()
    ):
        raise InvalidRequest(
            f"Idempotency keys have 1 to {MAX_KEY_LENGTH} printable ASCII characters; this one has "
            f"{len(key)} characters."
        )


def _expands(operation: Operation, paths: Any, typed: bool) -> tuple[str, ...]:
    if paths is None:
        return ()
    parsed = Params({"expand": Expand(operation.expands)}).parse({"expand": paths}, typed=typed)
    return tuple(parsed["expand"] or ())


async def _tree(operation: Operation, request: AnyRequest) -> tuple[dict[str, Any], bool]:
    """The parameters as sent, and whether they came as JSON."""
    query = request.scope["query_string"]
    if operation.method != "POST":
        return (decode_form(query) if query else {}), False
    body = await request.body()
    if query:
        raise InvalidRequest("Send the parameters of a POST in its body, not in the URL.")
    if not body:
        return {}, False
    kind = (request.headers.get("content-type") or FORM).partition(";")[0].strip().lower()
    if kind == FORM:
        return decode_form(body), False
    if kind == JSON:
        return decode_json(body), True
    raise InvalidRequest(
        f"Invalid request: unsupported Content-Type {kind[:80]}. Send {FORM} or {JSON}."
    )


def _response(status: int, body: bytes) -> Response[bytes]:
    return Response(body, status_code=status, media_type=JSON)


def _raw(header: str | None) -> bytes | None:
    return None if header is None else header.encode("latin-1", "replace")
