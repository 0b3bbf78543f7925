"""``/pay/{id}/choice``: where a payer says how much, or how many, before paying; needs no script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.application.choices import Choice, choose
from stacktill.application.services import Caller
from stacktill.domain.errors import InvalidParameter
from stacktill.runtime.starting import start_payment
from stacktill.web.kept import READING
from stacktill.web.pages.amounts import read_amount, read_count
from stacktill.web.pages.checkout.answers import checkout_page, problem_page, see_other, visit_of
from stacktill.web.pages.checkout.reading import find_checkout
from stacktill.web.pages.checkout.states import Checkout, Choosing
from stacktill.web.params import decode_form

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["choice_routes"]

PATH = "/pay/{id:str}/choice"
TYPED_LENGTH = 40

AnyRequest = Request[Any, Any, Any]


def choice_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """Taking the choice; who comes by address is led to the payment's page, which asks for it."""

    async def find(request: AnyRequest) -> Checkout:
        return await appliance.storage.read(
            find_checkout, appliance.services, request.path_params["id"]
        )

    async def show(request: AnyRequest) -> Response[bytes]:
        found = await find(request)
        return see_other(visit_of(request, found), f"/pay/{found.order.id}")

    async def take(request: AnyRequest) -> Response[bytes]:
        found = await find(request)
        order, visit = found.order, visit_of(request, found)
        if not isinstance(found.state, Choosing):
            return see_other(visit, f"/pay/{order.id}")
        typed = _typed(await request.body())
        try:
            choice = _read(found.state, typed)
            session = await appliance.storage.write(choose, appliance.services, order.id, choice)
        except InvalidParameter as error:
            wrong = (error.param, error.code)
            return checkout_page(appliance, visit, found, status=400, typed=typed, wrong=wrong)
        await start_payment(appliance, Caller(order.merchant_id, order.livemode), session.id)
        return see_other(visit, f"/pay/{session.id}")

    def route(method: Any, name: str) -> HTTPRouteHandler:
        return HTTPRouteHandler(
            PATH,
            http_method=READING if method == "GET" else method,
            name=name,
            status_code=200,
            include_in_schema=False,
            exception_handlers={Exception: problem_page},
        )

    return [route("GET", "pay.choice")(show), route("POST", "pay.choose")(take)]


def _typed(body: bytes) -> dict[str, str]:
    """The fields of the form, each cut to what can be shown again."""
    fields = decode_form(body)
    return {name: text[:TYPED_LENGTH] for name, text in fields.items() if isinstance(text, str)}


def _read(state: Choosing, typed: dict[str, str]) -> Choice:
    """The choice as numbers; raise ``InvalidParameter`` for what is none."""
    amount_sats = None
    if state.custom_amount is not None:
        amount_sats = read_amount(typed.get("amount", ""), typed.get("unit", ""))
        if amount_sats is None:
            raise InvalidParameter("This is no amount.", param="amount")
    quantities = {}
    for place, item in enumerate(state.items):
        name = f"quantity-{place}"
        if item.adjustable_quantity is None or name not in typed:
            continue
        quantity = read_count(typed[name])
        if quantity is None:
            raise InvalidParameter("This is no number.", param=name)
        quantities[place] = quantity
    return Choice(amount_sats, quantities)
