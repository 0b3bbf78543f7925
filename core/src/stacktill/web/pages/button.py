"""``/button``: where a signed pay button leads; what was edited of it leads nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.application.buttons import ButtonRefused, PayButton, offered
from stacktill.application.payment_intents import create_payment_intent, draft_payment_intent
from stacktill.application.services import Caller
from stacktill.domain.merchants import Merchant
from stacktill.web.kept import READING
from stacktill.web.pages.checkout.answers import problem_page, see_other
from stacktill.web.pages.checkout.brand import brand_url
from stacktill.web.pages.checkout.states import Order
from stacktill.web.pages.checkout.visit import Visit
from stacktill.web.params import decode_form

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["button_routes"]

PATH = "/button"
STATUSES = {"changed": 400, "expired": 410, "closed": 403}

AnyRequest = Request[Any, Any, Any]


def button_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """Seeing what a button offers, and pressing it. A press may come from any site: buttons are for that."""

    async def show(request: AnyRequest) -> Response[bytes]:
        token = request.query_params.get("token", "")
        button, merchant, _ = await appliance.storage.read(offered, appliance.services, token)
        order = _order(button, merchant)
        visit = Visit.of(request, allowed_origins=order.allowed_origins)
        return visit.page("button.html", order=order, token=token, brand_url=brand_url(order.brand))

    async def press(request: AnyRequest) -> Response[bytes]:
        token = decode_form(await request.body()).get("token")
        button, merchant, caller = await appliance.storage.read(
            offered, appliance.services, token if isinstance(token, str) else ""
        )
        id = await _start(appliance, caller, button)
        origins = merchant.settings.checkout.allowed_origins
        return see_other(Visit.of(request, allowed_origins=origins), f"/pay/{id}")

    def route(method: Any, name: str) -> HTTPRouteHandler:
        return HTTPRouteHandler(
            PATH,
            http_method=READING if method == "GET" else method,
            name=name,
            status_code=200,
            include_in_schema=False,
            exception_handlers={ButtonRefused: _refused, Exception: problem_page},
        )

    return [route("GET", "button.show")(show), route("POST", "button.press")(press)]


async def _start(appliance: Appliance, caller: Caller, button: PayButton) -> str:
    """Make the payment intent of one press and show where to pay it; its id."""
    services, params = appliance.services, button.intent_params
    draft = draft_payment_intent(services, caller, params)
    verdict = await appliance.verdict(draft, is_new=True)
    intent = await appliance.storage.write(
        create_payment_intent, services, caller, draft, params, verdict=verdict
    )
    appliance.relay.nudge()
    return intent.id


def _order(button: PayButton, merchant: Merchant) -> Order:
    return Order(
        id="",
        intent_id=None,
        merchant_id=merchant.id,
        store=merchant.name,
        brand=merchant.settings.branding,
        allowed_origins=merchant.settings.checkout.allowed_origins,
        livemode=button.livemode,
        amount_sats=button.amount_sats,
        description=button.description,
    )


def _refused(request: AnyRequest, error: ButtonRefused) -> Response[bytes]:
    status = STATUSES[error.why]
    return Visit.of(request).page(
        "button_refused.html", status=status, why=error.why, brand_url=None
    )
