"""``/pos``: pairing a phone, its keypad, its sales and its list of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from stacktill.application.pos import Terminal, pair_terminal, pairing_of, unpair_terminal
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.money import check_amount
from stacktill.web.pages.amounts import read_amount
from stacktill.web.pages.assets import URLS
from stacktill.web.pages.checkout.brand import brand_url
from stacktill.web.pages.checkout.qr import qr_code
from stacktill.web.pages.checkout.sandbox import has_sandbox
from stacktill.web.pages.html import Kept
from stacktill.web.pages.pos.access import (
    check_same_origin,
    forgotten,
    midnight,
    paired_cookie,
    terminal,
)
from stacktill.web.pages.pos.answers import lead_to, pos_page, pos_problem
from stacktill.web.pages.pos.selling import cancel_sale, day_of, make_sale, shown_sale
from stacktill.web.params import decode_form

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["pos_routes"]

NOTE_LENGTH = 100
TYPED_LENGTH = 40
REFRESH_SECONDS = 3

AnyRequest = Request[Any, Any, Any]


def pos_routes(appliance: Appliance) -> list[HTTPRouteHandler]:
    """All pages of a point of sale."""
    pages = _Pages(appliance)
    return [
        _route("GET", "/pos", "pos.keypad", pages.keypad),
        _route("GET", "/pos/pair", "pos.pairing", pages.pairing),
        _route("POST", "/pos/pair", "pos.pair", pages.pair),
        _route("POST", "/pos/unpair", "pos.unpair", pages.unpair),
        _route("GET", "/pos/sales", "pos.day", pages.day),
        _route("POST", "/pos/sales", "pos.sell", pages.sell),
        _route("GET", "/pos/sales/{id:str}", "pos.sale", pages.sale),
        _route("POST", "/pos/sales/{id:str}/cancel", "pos.cancel", pages.cancel),
        _route("GET", "/pos/app.webmanifest", "pos.manifest", _manifest()),
    ]


def _route(method: Any, path: str, name: str, handler: Any) -> HTTPRouteHandler:
    route = HTTPRouteHandler(
        path,
        http_method=method,
        name=name,
        status_code=200,
        include_in_schema=False,
        exception_handlers={Exception: pos_problem},
    )
    return route(handler)


class _Pages:
    """The handlers."""

    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance

    async def pairing(self, request: AnyRequest) -> Response[bytes]:
        """What the link would pair with. Looking pairs nothing: previews of links look, too."""
        key = request.query_params.get("key", "")
        found = await self._read(pairing_of, self._appliance.services, key)
        return pos_page(request, "pair.html", key=key, **_of(found))

    async def pair(self, request: AnyRequest) -> Response[bytes]:
        """Make the phone a terminal."""
        check_same_origin(request)
        key = await _field(request, "key")
        new = await self._write(pair_terminal, self._appliance.services, key)
        answer = lead_to("/pos")
        answer.cookies.append(paired_cookie(self._appliance, new.text))
        return answer

    async def unpair(self, request: AnyRequest) -> Response[bytes]:
        """Make the terminal a phone again, and its key worthless."""
        check_same_origin(request)
        here = await terminal(self._appliance, request)
        await self._write(unpair_terminal, self._appliance.services, here)
        answer = lead_to("/pos")
        answer.cookies.append(forgotten(self._appliance))
        return answer

    async def keypad(self, request: AnyRequest) -> Response[bytes]:
        """Where an amount is typed."""
        here = await terminal(self._appliance, request)
        return _keypad(request, here)

    async def sell(self, request: AnyRequest) -> Response[bytes]:
        """Ask for a payment of what was typed."""
        check_same_origin(request)
        here = await terminal(self._appliance, request)
        fields = decode_form(await request.body())
        typed = {
            name: str(fields.get(name, ""))[:NOTE_LENGTH] for name in ("amount", "unit", "note")
        }
        amount_sats = read_amount(typed["amount"], typed["unit"])
        try:
            check_amount(amount_sats or 0)
        except InvalidParameter as error:
            wrong = error.code if amount_sats else "no_amount"
            return _keypad(request, here, status=400, typed=typed, wrong=wrong)
        note = typed["note"].strip() or None
        intent = await make_sale(self._appliance, here, amount_sats or 0, note)
        return lead_to(f"/pos/sales/{intent.id}")

    async def sale(self, request: AnyRequest) -> Response[bytes]:
        """A sale, its code to scan, and how it goes."""
        appliance, services = self._appliance, self._appliance.services
        here = await terminal(appliance, request)
        found = await self._read(shown_sale, services, here, request.path_params["id"])
        pay_url = f"{services.public_url}/pay/{found.order.id}"
        return pos_page(
            request,
            "sale.html",
            checkout=found,
            order=found.order,
            state=found.state,
            pay_url=pay_url,
            qr=qr_code(pay_url, keeps_case=True),
            has_sandbox=has_sandbox(appliance, livemode=found.order.livemode) and found.is_moving,
            refresh_seconds=REFRESH_SECONDS,
            **_of(here),
        )

    async def cancel(self, request: AnyRequest) -> Response[bytes]:
        """Take a sale back."""
        check_same_origin(request)
        here = await terminal(self._appliance, request)
        id = request.path_params["id"]
        await self._write(cancel_sale, self._appliance.services, here, id)
        return lead_to("/pos")

    async def day(self, request: AnyRequest) -> Response[bytes]:
        """What was sold since midnight."""
        here = await terminal(self._appliance, request)
        since = midnight(request, self._appliance.services.now(here.key.livemode))
        day = await self._appliance.storage.scan(day_of, here, since)
        return pos_page(request, "day.html", day=day, **_of(here))

    async def _read(self, function: Any, *arguments: Any) -> Any:
        return await self._appliance.storage.read(function, *arguments)

    async def _write(self, function: Any, *arguments: Any) -> Any:
        done = await self._appliance.storage.write(function, *arguments)
        self._appliance.relay.nudge()
        return done


def _of(found: Terminal) -> dict[str, Any]:
    """What every page says about where it is."""
    brand = found.merchant.settings.branding
    return {
        "terminal": found,
        "livemode": found.key.livemode,
        "store": found.merchant.name,
        "brand": brand,
        "brand_url": brand_url(brand),
    }


def _keypad(request: AnyRequest, here: Terminal, **more: Any) -> Response[bytes]:
    return pos_page(request, "keypad.html", note_length=NOTE_LENGTH, **_of(here), **more)


async def _field(request: AnyRequest, name: str) -> str:
    value = decode_form(await request.body()).get(name)
    return value if isinstance(value, str) else ""


def _manifest() -> Any:
    """What makes the keypad an app on the phone's first screen."""
    icons = [
        {"src": URLS[f"pos-{size}.png"], "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    manifest = {
        "name": "Point of sale",
        "short_name": "Till",
        "id": "/pos",
        "start_url": "/pos",
        "scope": "/pos",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#f3f1eb",
        "icons": [*icons, {**icons[-1], "purpose": "maskable"}],
    }
    kept = Kept(msgspec.json.encode(manifest), "application/manifest+json")

    async def serve(request: AnyRequest) -> Response[bytes]:
        return kept.answer(request)

    return serve
