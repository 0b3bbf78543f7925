"""``/demo``: the shop's pages, its cart, its orders, and the address that webhooks come to."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.domain.errors import Forbidden, NotFound, RateLimited
from stacktill.web.demo.answers import FILES, demo_page, see_other
from stacktill.web.demo.client import TillRefused
from stacktill.web.demo.goods import lines_of, total_sats
from stacktill.web.demo.opening import OpenShop, open_shop
from stacktill.web.demo.orders import Order, Orders, Way
from stacktill.web.demo.sales import find_again, place_order, receive
from stacktill.web.demo.visits import COOKIE, Visit, read_visit, sign_visit
from stacktill.web.kept import READING
from stacktill.web.pages.i18n.languages import Language, choose_language, wanted_language
from stacktill.web.params import decode_form
from stacktill.web.senders import sender_of

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["demo_routes", "has_demo"]

WAYS: tuple[Way, ...] = ("modal", "inline", "page")
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
ORDERS_PER_SECOND = 2.0
ORDERS_AT_ONCE = 40.0
COOKIE_SECONDS = 7 * 86_400

AnyRequest = Request[Any, Any, Any]


def has_demo(appliance: Appliance) -> bool:
    """Whether this box has the demo shop: as set, else only while it can take no real money."""
    wanted = appliance.settings.server.demo
    return appliance.services.live_chain is None if wanted is None else wanted


def demo_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """The routes of the demo shop; none where it is switched off."""
    if not has_demo(appliance):
        return []
    pages = _Pages(appliance)

    def route(method: Any, path: str, name: str) -> HTTPRouteHandler:
        return HTTPRouteHandler(
            path,
            http_method=READING if method == "GET" else method,
            name=f"demo.{name}",
            status_code=200,
            include_in_schema=False,
            exception_handlers={TillRefused: pages.sorry},
        )

    return [
        route("GET", "/demo", "shop")(pages.shelf),
        route("POST", "/demo/cart", "cart")(pages.cart),
        route("POST", "/demo/orders", "order")(pages.order),
        route("GET", "/demo/orders/{id:str}", "show")(pages.show),
        route("POST", "/demo/webhook", "webhook")(pages.webhook),
        route("GET", "/demo/static/{name:str}", "static")(_file),
    ]


async def _file(request: AnyRequest) -> Response[bytes]:
    name = request.path_params["name"]
    if name not in FILES:
        raise NotFound("There is no such file.")
    return FILES[name].answer(request)


class _Pages:
    """The handlers, and what they share: the shop, opened at the first visit, and its orders."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._orders = Orders()
        self._shop: OpenShop | None = None
        self._opening = asyncio.Lock()
        self._spare = ORDERS_AT_ONCE
        self._counted_at = time.monotonic()

    async def shelf(self, request: AnyRequest) -> Response[bytes]:
        """What there is to buy, the cart, and how to check out."""
        shop = await self._opened()
        visit = _visit(request, shop)
        here = _own_address(request, self._appliance.services.public_url)
        way = "modal" if here in shop.origins else "page"
        return self._page("shop.html", request, shop, lines=lines_of(visit.cart), way=way)

    async def cart(self, request: AnyRequest) -> Response[bytes]:
        """Put something into the cart, or take it out."""
        _check_same_site(request)
        shop = await self._opened()
        visit, form = _visit(request, shop), decode_form(await request.body())
        quantity = str(form.get("quantity", ""))
        if quantity.isascii() and quantity.isdigit() and len(quantity) < 3:
            visit = visit.with_quantity(str(form.get("sku")), int(quantity))
        return _remember(see_other("/demo#cart"), request, visit, shop)

    async def order(self, request: AnyRequest) -> Response[bytes]:
        """Make an order of the cart, and a checkout session for it."""
        _check_same_site(request)
        shop = await self._opened()
        visit, form = _visit(request, shop), decode_form(await request.body())
        lines = lines_of(visit.cart)
        way: Way = next((way for way in WAYS if way == form.get("way")), "page")
        if not lines:
            return see_other("/demo")
        self._count()
        url = _own_address(request, self._appliance.services.public_url)
        order = await place_order(
            shop,
            self._orders,
            visit.visitor,
            lines,
            way=way,
            url=url,
            language=_language(request, visit).code,
        )
        visit = visit.with_order(order.id, order.session_id)
        here = f"/demo/orders/{order.id}"
        if request.headers.get("accept") == "application/json":
            body = msgspec.json.encode({"payment": order.payment, "order": here})
            answer = Response(body, media_type="application/json")
        else:
            answer = see_other(order.url or here)
        return _remember(answer, request, visit, shop)

    async def show(self, request: AnyRequest) -> Response[bytes]:
        """One order of this visitor, with all that happened behind the counter."""
        shop = await self._opened()
        visit = _visit(request, shop)
        order = await self._find(request.path_params["id"], visit, shop)
        if order is None:
            return self._page("missing.html", request, shop, status=404)
        return self._page("order.html", request, shop, order=order)

    async def webhook(self, request: AnyRequest) -> Response[bytes]:
        """Where the box sends its events: 2xx once they are noted, 400 to whatever is not signed."""
        shop = await self._opened()
        body = await request.body()
        is_good = receive(shop, self._orders, dict(request.headers), body)
        said = {"received": True} if is_good else {"error": {"message": "Not signed by the box."}}
        return Response(
            msgspec.json.encode(said),
            status_code=200 if is_good else 400,
            media_type="application/json",
        )

    def sorry(self, request: AnyRequest, refusal: TillRefused) -> Response[bytes]:
        """What is shown when the box did not do what the shop asked it to."""
        if refusal.status in (401, 403):
            self._shop = None  # Its key was taken away: the next visit opens it anew.
        public_url = self._appliance.services.public_url
        return demo_page(
            "sorry.html",
            _language(request, Visit()),
            public_url=public_url,
            status=503,
            why=refusal.message,
        )

    async def _opened(self) -> OpenShop:
        async with self._opening:
            if self._shop is None:
                self._shop = await open_shop(self._appliance)
            return self._shop

    async def _find(self, id: str, visit: Visit, shop: OpenShop) -> Order | None:
        order = self._orders.get(id, visit.visitor)
        session_id = visit.session_of(id)
        if order is None and session_id is not None:
            return await find_again(shop, self._orders, visit.visitor, id, session_id)
        return order

    def _count(self) -> None:
        """Anybody may order, and each order is a row in the books: so not too many at once."""
        now = time.monotonic()
        grown = self._spare + (now - self._counted_at) * ORDERS_PER_SECOND
        self._spare, self._counted_at = min(grown, ORDERS_AT_ONCE), now
        if self._spare < 1:
            raise RateLimited("The demo shop is busy; try again.", retry_after_seconds=2)
        self._spare -= 1

    def _page(
        self,
        template: str,
        request: AnyRequest,
        shop: OpenShop,
        *,
        status: int = 200,
        **values: Any,
    ) -> Response[bytes]:
        visit = _visit(request, shop)
        answer = demo_page(
            template,
            _language(request, visit),
            public_url=self._appliance.services.public_url,
            status=status,
            url=self._appliance.services.public_url,
            visit=visit,
            total_sats=total_sats,
            key=shop.identity.publishable_key,
            has_docs=self._appliance.settings.server.docs,
            **values,
        )
        # A cookie that is set only on purpose cannot undo what another tab has done meanwhile.
        return _remember(answer, request, visit, shop) if "lang" in request.query_params else answer


def _visit(request: AnyRequest, shop: OpenShop) -> Visit:
    visit = read_visit(request.cookies.get(COOKIE), shop.cookie_key) or Visit()
    chosen = wanted_language(request.query_params.get("lang"))
    return visit if chosen is None else replace(visit, language=chosen.code)


def _language(request: AnyRequest, visit: Visit) -> Language:
    return choose_language(visit.language, None, request.headers.get("accept-language"))


def _remember(
    answer: Response[bytes], request: AnyRequest, visit: Visit, shop: OpenShop
) -> Response[bytes]:
    answer.set_cookie(
        COOKIE,
        sign_visit(visit, shop.cookie_key),
        max_age=COOKIE_SECONDS,
        path="/demo",
        secure=request.scope["scheme"] == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


def _check_same_site(request: AnyRequest) -> None:
    """Only the shop's own pages change a cart."""
    if sender_of(request) == "elsewhere":
        raise Forbidden("Orders are placed from the shop's own page only.")


def _own_address(request: AnyRequest, public_url: str) -> str:
    """The address that the visitor knows the shop by: there the cookie is."""
    host = request.headers.get("host", "")
    return f"{request.scope['scheme']}://{host}" if HOST.fullmatch(host) else public_url
