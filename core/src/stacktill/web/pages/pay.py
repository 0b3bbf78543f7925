"""``/pay/{id}``: where a payer sees what to pay, starts it, and reads how it went; without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.application.intent_terms import Verdict
from stacktill.application.payment_intents import confirm_payment_intent
from stacktill.application.services import Caller, Services
from stacktill.application.sessions import draft_of_session, session_of_link, start_session
from stacktill.domain.errors import RequestError, StateConflict
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.domain.resources import CheckoutSession
from stacktill.plugin.storage import StorageUnavailable, UnitOfWork
from stacktill.web.errors import answer_refusal
from stacktill.web.pages import money
from stacktill.web.pages.assets import URLS
from stacktill.web.pages.html import page, render
from stacktill.web.pages.payment import find_payment

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["pay_routes"]

REFRESH_SECONDS = 5
SEE_OTHER = 303
PATH = "/pay/{id:str}"

AnyRequest = Request[Any, Any, Any]


def pay_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The page and its one button."""

    async def show(request: AnyRequest) -> Response[bytes]:
        id = request.path_params["id"]
        payment = await appliance.storage.read(find_payment, appliance.services, id)
        return page(
            render(
                "pay.html",
                payment=payment,
                money=money,
                stylesheet=URLS["pay.css"],
                refresh_seconds=REFRESH_SECONDS,
            )
        )

    async def start(request: AnyRequest) -> Response[bytes]:
        id = await _start(appliance, request.path_params["id"])
        appliance.relay.nudge()
        answer = page(b"", status=SEE_OTHER)
        answer.headers["location"] = f"/pay/{id}"
        return answer

    return [
        HTTPRouteHandler(
            PATH,
            http_method="GET",
            name="pay.show",
            include_in_schema=False,
            exception_handlers={Exception: _problem},
        )(show),
        HTTPRouteHandler(
            PATH,
            http_method="POST",
            name="pay.start",
            status_code=SEE_OTHER,
            include_in_schema=False,
            exception_handlers={Exception: _problem},
        )(start),
    ]


async def _start(appliance: Appliance, id: str) -> str:
    """Show the payer where to pay; the id of the page that does."""
    storage, services = appliance.storage, appliance.services
    payment = await storage.read(find_payment, services, id)
    if payment.state == "closed":
        raise StateConflict("This payment is not open. Ask the shop for a new one.")
    if payment.state != "ready":
        return id  # It was started already, perhaps in another window.
    if id.startswith("pi_"):
        intent = await storage.read(_intent, id)
        verdict = await appliance.verdict(intent, is_new=False)
        await storage.write(_confirm, services, id, verdict)
        return id
    if id.startswith("plink_"):
        session = await storage.write(session_of_link, services, id)
    else:
        session = await storage.read(_session, id)
    draft = draft_of_session(services, session)
    verdict = await appliance.verdict(draft, is_new=True)
    await storage.write(_start_session, services, session, verdict)
    return session.id


def _intent(uow: UnitOfWork, id: str) -> PaymentIntent:
    intent = uow.payment_intents.get(id)
    assert intent is not None
    return intent


def _session(uow: UnitOfWork, id: str) -> CheckoutSession:
    session = uow.checkout_sessions.get(id)
    assert session is not None
    return session


def _confirm(uow: UnitOfWork, services: Services, id: str, verdict: Verdict) -> None:
    intent = _intent(uow, id)
    caller = Caller(intent.merchant_id, intent.livemode)
    confirm_payment_intent(uow, services, caller, id, {}, verdict=verdict)


def _start_session(
    uow: UnitOfWork, services: Services, session: CheckoutSession, verdict: Verdict
) -> None:
    caller = Caller(session.merchant_id, session.livemode)
    start_session(uow, services, caller, session.id, verdict)


def _problem(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Any failure as a page that says what to do."""
    del request
    if isinstance(error, RequestError):
        status, message = answer_refusal(error).status, error.message
    elif isinstance(error, StorageUnavailable):
        status, message = 503, "This cannot be shown at the moment. Try again in a minute."
    else:
        status = answer_refusal(error).status
        message = "Something went wrong on this server. Try again in a minute, or tell the shop."
    return page(render("problem.html", message=message, stylesheet=URLS["pay.css"]), status=status)
