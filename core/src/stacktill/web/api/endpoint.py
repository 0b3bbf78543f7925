"""From a request to an answer: authenticate, parse, work in one transaction, encode."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import msgspec
from litestar.handlers import HTTPRouteHandler

from stacktill.application.idempotency import Answer as Kept
from stacktill.application.idempotency import Wish, fulfil, keep, recall
from stacktill.application.views.expand import expand
from stacktill.domain.errors import (
    IdempotencyInUse,
    InvalidRequest,
    NotFound,
    Unavailable,
)
from stacktill.plugin.storage import StorageUnavailable, UnitOfWork
from stacktill.web.api.expanding import check_expands
from stacktill.web.api.identity import About, Identity, identify
from stacktill.web.api.lists import ID_LENGTH
from stacktill.web.api.messages import (
    json_answer,
    parameters_of,
    send_answer,
    text_of,
)
from stacktill.web.api.operation import Ask, Operation, Prepare
from stacktill.web.api.recent_keys import Owner, RecentKeys
from stacktill.web.api.refusal import refusal_answer
from stacktill.web.errors import Answer
from stacktill.web.params import Expand, Params, decode_form
from stacktill.web.shell.asgi import Exchange, Receive, Scope, Send, exchange_of

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["identify_request", "route_of"]

encode = msgspec.json.Encoder().encode
sorted_encode = msgspec.json.Encoder(order="sorted").encode

MAX_KEY_LENGTH = 255
LEAVING_KEYS_ALONE = frozenset({"payment_intents"})
"""What is written all the time and changes neither keys nor stores."""
_running: set[tuple[str, bool, str]] = set()
"""The wishes that are being fulfilled outside of a transaction: owner, mode and key."""


def route_of(appliance: Appliance, operation: Operation, recent: RecentKeys) -> HTTPRouteHandler:
    """The Litestar handler of an operation.

    Litestar finds the route and handles what is raised; the operation itself is served by a middleware
    of its route, from the bare messages: the framework's request and response objects would cost more
    than most operations do.
    """
    endpoint = Endpoint(appliance, operation, recent)

    async def answered_above() -> None:
        raise AssertionError(f"{operation.name} is answered by its middleware")

    return HTTPRouteHandler(
        operation.path.replace("}", ":str}"),
        http_method=operation.method,
        name=operation.name,
        status_code=204,
        include_in_schema=False,
        middleware=[lambda app: cast(Any, endpoint)],  # noqa: ARG005 - there is nothing inside
    )(answered_above)


class Endpoint:
    """Serves one operation: an ASGI application."""

    def __init__(self, appliance: Appliance, operation: Operation, recent: RecentKeys) -> None:
        self._appliance = appliance
        self._recent = recent
        self._operation = operation
        self._is_short = operation.method == "GET" and not operation.long and operation.run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what is refused is raised."""
        try:
            answer = await self._serve(scope, receive)
        except StorageUnavailable as error:
            raise Unavailable(
                "The database cannot take the request at the moment; nothing was changed. Try again."
            ) from error
        await send_answer(send, answer)

    async def _serve(self, scope: Scope, receive: Receive) -> Answer:
        appliance, operation = self._appliance, self._operation
        if self._is_short:
            return json_answer(200, await appliance.storage.read(self._look, scope))
        identity = await identify_request(appliance, operation, scope, recent=self._recent)
        _check_key(identity.caller.idempotency_key)
        tree, typed = await parameters_of(operation, scope, exchange_of(scope).headers, receive)
        ask, expands = self._ask(scope, identity, tree, typed=typed)
        if operation.method == "GET":
            is_long = bool(expands) or operation.is_long(ask.params)
            look = appliance.storage.scan if is_long else appliance.storage.read
            return json_answer(200, await look(_act, operation, ask, expands))
        parts = {"params": ask.params, "expand": expands, "is_payer": identity.is_payer}
        wish = _wish(identity.caller.idempotency_key, scope["path"], parts)
        if wish is not None and operation.secret_answer:
            wish = replace(wish, is_secret=True)
        try:
            if operation.work is not None:
                return await self._work(operation.work, ask, wish)
            return await self._write(ask, expands, wish)
        finally:
            if operation.resource not in LEAVING_KEYS_ALONE:
                self._recent.forget()

    def _look(self, uow: UnitOfWork, scope: Scope) -> bytes:
        """All of a short reading on one snapshot: who asks, what for, and the answer."""
        operation, exchange, recent = self._operation, exchange_of(scope), self._recent

        def owner_of(key: str, now: int) -> Owner:
            return recent.owner(exchange.key_digest, now) or recent.look_up(uow, key, now)

        identity = identify(
            owner_of, self._appliance, operation, exchange.credential, _about(operation, exchange)
        )
        _accept(scope, exchange)
        query: bytes = scope["query_string"]
        tree = decode_form(query) if query else {}
        ask, expands = self._ask(scope, identity, tree, typed=False)
        return _act(uow, operation, ask, expands)

    def _ask(
        self, scope: Scope, identity: Identity, tree: dict[str, Any], *, typed: bool
    ) -> tuple[Ask, tuple[str, ...]]:
        operation = self._operation
        paths = tree.pop("expand", None) if operation.expands and isinstance(tree, dict) else None
        params = operation.params.parse(tree, typed=typed)
        expands = _expands(operation, paths, typed)
        check_expands(identity, expands)
        ask = Ask(
            self._appliance.services,
            identity.caller,
            dict(scope["path_params"]),
            params,
            is_payer=identity.is_payer,
            is_operator=identity.is_operator,
        )
        return ask, expands

    async def _work(self, work: Prepare, ask: Ask, wish: Wish | None) -> Answer:
        """What is no transaction of ours, such as a sandbox's doing: repeated by its key all the same."""
        if wish is None:
            return json_answer(200, encode(await work(self._appliance, ask)))
        storage, services = self._appliance.storage, self._appliance.services
        running = (ask.caller.merchant_id, ask.caller.livemode, wish.key)
        if running in _running:
            raise IdempotencyInUse(
                f"The first request under the idempotency key '{wish.key}' still runs. Try again."
            )
        _running.add(running)
        try:
            kept = await storage.read(recall, services, ask.caller, wish)
            if kept is None:
                kept = Kept(200, encode(await work(self._appliance, ask)))
                await storage.write(keep, services, ask.caller, wish, kept)
        finally:
            _running.discard(running)
        answer = json_answer(kept.status, kept.body)
        answer.headers.extend(_told(kept, wish, ask.caller.request_id))
        return answer

    async def _write(self, ask: Ask, expands: tuple[str, ...], wish: Wish | None) -> Answer:
        appliance, operation = self._appliance, self._operation
        if operation.prepare is not None:
            ask = replace(ask, extra=await operation.prepare(appliance, ask))
        kept = await appliance.storage.write(
            fulfil,
            appliance.services,
            ask.caller,
            wish,
            act=lambda uow: _act(uow, operation, ask, expands),
            refuse=lambda uow, error: refusal_answer(uow, ask, error),
        )
        appliance.relay.nudge()
        if operation.after is not None:
            operation.after(appliance, ask)
        answer = json_answer(kept.status, kept.body)
        answer.headers.extend(_told(kept, wish, ask.caller.request_id))
        return answer


def _told(kept: Kept, wish: Wish | None, request_id: str | None) -> list[tuple[bytes, bytes]]:
    """What the answer to a write says about its idempotency key."""
    lines: list[tuple[bytes, bytes]] = []
    if wish is not None:
        original = kept.replayed_from or request_id or ""
        lines.append((b"idempotency-key", wish.key.encode("latin-1")))
        lines.append((b"original-request", original.encode("latin-1")))
    if kept.replayed_from is not None:
        lines.append((b"idempotent-replayed", b"true"))
    if kept.status >= 400:
        lines.append((b"stripe-should-retry", b"false"))
    return lines


async def identify_request(
    appliance: Appliance,
    operation: Operation,
    scope: Scope,
    *,
    recent: RecentKeys | None = None,
) -> Identity:
    """Who makes a request, checked against what the operation demands."""
    exchange = exchange_of(scope)
    recent = recent or RecentKeys()
    asked = appliance, operation, exchange.credential, _about(operation, exchange)
    owner = recent.owner(exchange.key_digest, appliance.services.clock.now())
    if owner is not None:
        known = owner
        identity = identify(lambda *_: known, *asked)
    else:
        identity = await appliance.storage.read(
            lambda uow: identify(partial(recent.look_up, uow), *asked)
        )
    _accept(scope, exchange)
    return identity


def _accept(scope: Scope, exchange: Exchange) -> None:
    """Note that the key is a real one, and refuse what cannot be an id."""
    exchange.key_accepted = True
    for id in scope["path_params"].values():
        if len(id) > ID_LENGTH:
            raise NotFound(f"No such object: ids have at most {ID_LENGTH} characters.", param="id")


def _about(operation: Operation, exchange: Exchange) -> About:
    is_post, headers = operation.method == "POST", exchange.headers
    return About(
        request_id=exchange.request_id,
        idempotency_key=text_of(headers, b"idempotency-key") if is_post else None,
        accounts=tuple(
            named
            for header in (b"stripe-account", b"stripe-context")
            if (named := text_of(headers, header)) is not None
        ),
    )


def _act(uow: UnitOfWork, operation: Operation, ask: Ask, expands: tuple[str, ...]) -> bytes:
    """The work of an operation and the encoding of its answer, within the transaction."""
    assert operation.run is not None, operation.name
    view = operation.run(uow, ask)
    if expands:
        view = expand(uow, ask.services, ask.caller, view, expands)
    return encode(view)


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
