"""``/pay/{id}/wallet``: what the page's own module asks while a wallet pays; answered in JSON."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.domain.errors import Forbidden, InvalidParameter, NotFound
from stacktill.plugin.storage import StorageUnavailable
from stacktill.web.errors import answer_refusal
from stacktill.web.pages.checkout.answers import visit_of
from stacktill.web.pages.checkout.reading import find_checkout
from stacktill.web.pages.checkout.sponsoring import hand_over
from stacktill.web.pages.checkout.wallets import (
    TXID,
    Asked,
    Asker,
    asked_of,
    has_desk,
    offer_of,
    phone_code,
    told_fate,
    wallet_terms,
)
from stacktill.web.params import decode_form
from stacktill.web.senders import sender_of

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["wallet_routes"]

LONGEST_ADDRESS = 200
LONGEST_TRANSACTION = 20_000
HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")

AnyRequest = Request[Any, Any, Any]


def wallet_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The questions of the page's module, and the picture that a phone scans."""

    async def ask(request: AnyRequest) -> Response[bytes]:
        _check_own_page(request)
        form = decode_form(await request.body())
        asker = Asker(str(form.get("address", ""))[:LONGEST_ADDRESS], "draft" in form)
        id = request.path_params["id"]
        found, order = await appliance.storage.read(wallet_terms, appliance.services, id)
        say = visit_of(request, found).tongue
        return _json(_shown(await asked_of(appliance, found, order, asker, say)))

    async def sponsor(request: AnyRequest) -> Response[bytes]:
        _check_own_page(request)
        transaction = _signed(await request.body())
        id = request.path_params["id"]
        found = await appliance.storage.read(find_checkout, appliance.services, id)
        if not has_desk(appliance, found):
            raise NotFound("There is no wallet to be asked for this payment.")
        say = visit_of(request, found).tongue
        return _json(asdict(await hand_over(appliance, found, transaction, say)))

    async def follow(request: AnyRequest) -> Response[bytes]:
        _check_own_page(request)
        named = TXID.fullmatch(request.path_params["txid"])
        if named is None:
            raise InvalidParameter("A transaction's id is 64 hex digits.", param="txid")
        id = request.path_params["id"]
        found = await appliance.storage.read(find_checkout, appliance.services, id)
        return _json({"fate": await told_fate(appliance, found, named[1].lower())})

    async def scan(request: AnyRequest) -> Response[bytes]:
        id = request.path_params["id"]
        found = await appliance.storage.read(find_checkout, appliance.services, id)
        offer = offer_of(appliance, found)
        if offer is None:
            raise NotFound("There is no wallet to be asked for this payment.")
        headers = {"cache-control": "private, max-age=3600"}
        return Response(phone_code(offer), media_type="image/svg+xml", headers=headers)

    return [
        _route("GET", "/pay/{id:str}/phone.svg", "pay.phone")(scan),
        _route("POST", "/pay/{id:str}/wallet", "pay.wallet")(ask),
        _route("POST", "/pay/{id:str}/wallet/sponsor", "pay.wallet.sponsor")(sponsor),
        _route("GET", "/pay/{id:str}/wallet/{txid:str}", "pay.wallet.transaction")(follow),
    ]


def _route(method: Any, path: str, name: str) -> HTTPRouteHandler:
    return HTTPRouteHandler(
        path,
        http_method=method,
        name=name,
        status_code=200,
        include_in_schema=False,
        exception_handlers={Exception: _refused},
    )


def _signed(body: bytes) -> bytes | None:
    """What a wallet has signed, out of a form; None when it cannot be a payment."""
    if len(body) > LONGEST_TRANSACTION:
        return None
    text = str(decode_form(body).get("transaction", "")).removeprefix("0x")
    return bytes.fromhex(text) if HEX.fullmatch(text) else None


def _shown(asked: Asked) -> dict[str, Any]:
    call = asked.call
    shown = None
    if call is not None:
        shown = {
            "contract": call.contract,
            "functionName": call.function,
            "functionArgs": call.arguments,
            "postConditions": call.post_conditions,
            "postConditionMode": "deny",
        }
    answer: dict[str, Any] = {"call": shown, "problem": asked.problem}
    if asked.is_sponsored:
        answer["sponsored"] = {"draft": None if asked.draft is None else asked.draft.hex()}
    return answer


def _refused(_: AnyRequest, error: Exception) -> Response[bytes]:
    """A failure without words: the page has its own, in the payer's language."""
    status = 503 if isinstance(error, StorageUnavailable) else answer_refusal(error).status
    return _json({"call": None, "problem": None}, status=status)


def _json(answer: dict[str, Any], *, status: int = 200) -> Response[bytes]:
    return Response(
        msgspec.json.encode(answer),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
    )


def _check_own_page(request: AnyRequest) -> None:
    """Only our own page asks."""
    if sender_of(request) == "elsewhere":
        raise Forbidden("Wallets are asked only by the payment's own page.")
