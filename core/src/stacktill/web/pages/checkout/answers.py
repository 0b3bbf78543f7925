"""What the payer's pages answer with: the page in its state, a step to another page, a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request, Response

from stacktill.domain.errors import NotFound, RequestError
from stacktill.plugin.storage import StorageUnavailable
from stacktill.web.errors import answer_refusal
from stacktill.web.pages.checkout.brand import brand_url
from stacktill.web.pages.checkout.qr import qr_code
from stacktill.web.pages.checkout.sandbox import scenes_of
from stacktill.web.pages.checkout.stacks_pay import payment_request
from stacktill.web.pages.checkout.states import Checkout, Waiting
from stacktill.web.pages.checkout.visit import Visit
from stacktill.web.pages.checkout.wallets import offer_of

if TYPE_CHECKING:
    from markupsafe import Markup

    from stacktill.runtime.appliance import Appliance

__all__ = ["checkout_page", "problem_page", "see_other", "visit_of"]

REFRESH_SECONDS = 5
SEE_OTHER = 303

AnyRequest = Request[Any, Any, Any]


def visit_of(request: AnyRequest, found: Checkout) -> Visit:
    """The visit that a request makes to a payment."""
    order = found.order
    return Visit.of(request, locale=order.locale, allowed_origins=order.allowed_origins)


def checkout_page(
    appliance: Appliance, visit: Visit, found: Checkout, *, status: int = 200, **more: Any
) -> Response[bytes]:
    """The page in the state that the payment is in; ``more`` is for that state's template."""
    order, state = found.order, found.state
    return visit.page(
        "pay.html",
        status=status,
        checkout=found,
        order=order,
        state=state,
        brand_url=brand_url(order.brand),
        qr=_qr(state),
        scenes=scenes_of(appliance, livemode=order.livemode) if found.is_moving else (),
        refresh_seconds=REFRESH_SECONDS,
        wallets=offer_of(appliance, found),
        **more,
    )


def see_other(visit: Visit, path: str) -> Response[bytes]:
    """Lead a visit to another page of ours."""
    headers = {
        "location": visit.url(path),
        "cache-control": "no-store",
        **visit.framing.headers,
    }
    return Response(b"", status_code=SEE_OTHER, media_type="text/html", headers=headers)


def problem_page(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Any failure as a page that says what to do."""
    is_ours = isinstance(error, RequestError)
    status = 503 if isinstance(error, StorageUnavailable) else answer_refusal(error).status
    kind = "other"
    if isinstance(error, NotFound):
        kind = "missing"
    elif is_ours:
        kind = "refused"
    elif status == 503:
        kind = "down"
    visit = Visit.of(request)
    return visit.page("problem.html", status=status, kind=kind, brand_url=None)


def _qr(state: object) -> Markup | None:
    if not isinstance(state, Waiting):
        return None
    text = payment_request(state.place, state.remaining_sats)
    return None if text is None else qr_code(text)
