"""Opening the demo shop: it is given keys of the first store, and sets up the rest by the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from stacktill.application.keys import create_key
from stacktill.application.services import Services
from stacktill.domain.errors import RequestError
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.demo.client import TillClient, TillRefused
from stacktill.web.demo.identity import Identity, new_cookie_key, read_identity, write_identity

if TYPE_CHECKING:
    from stacktill.runtime.appliance import Appliance

__all__ = ["NAME", "OpenShop", "open_shop"]

NAME = "demo shop"
FILE = "demo.json"
WEBHOOK_PATH = "/demo/webhook"
SCOPES = (
    "account:write",
    "checkout_sessions:write",
    "payment_intents:read",
    "webhook_endpoints:write",
)
EVENTS = (
    "checkout.session.completed",
    "checkout.session.expired",
    "payment_intent.partially_funded",
    "payment_intent.processing",
    "payment_intent.reversed",
    "payment_intent.succeeded",
)


class OpenShop:
    """The demo shop once it can sell: who it is, and its way to the API."""

    def __init__(self, identity: Identity, client: TillClient, origins: list[str]) -> None:
        self.identity = identity
        self.client = client
        self.origins = frozenset(origins)
        """Where the checkout may be shown in a frame."""

    @property
    def cookie_key(self) -> bytes:
        """The key that visitors' cookies are signed with."""
        return self.identity.cookie_key.encode()


async def open_shop(appliance: Appliance) -> OpenShop:
    """Find or make the shop's keys, its webhook endpoint and its place among the allowed origins.

    Raise ``TillRefused`` when the box does not let it, with the box's own words.
    """
    url = _own_url(appliance)
    path = appliance.settings.data_dir / FILE
    known = read_identity(path)
    identity = known if known is not None and await _opens(known, url) else None
    if identity is None:
        identity = await _make_identity(appliance, known)
        await _forget_endpoints(TillClient(url, identity.secret_key))
    client = TillClient(url, identity.secret_key)
    identity = await _with_endpoint(identity, client, _webhook_url(appliance, url))
    if identity != known:
        write_identity(path, identity)
    origins = await _allow_own_pages(client, _own_origins(url, appliance.services.public_url))
    return OpenShop(identity, client, origins)


async def _make_identity(appliance: Appliance, known: Identity | None) -> Identity:
    """New keys; visitors stay who they were."""
    try:
        made = await appliance.storage.write(_new_keys, appliance.services)
    except RequestError as error:
        raise TillRefused(0, error.message) from error
    return made if known is None else replace(made, cookie_key=known.cookie_key)


async def _opens(identity: Identity, url: str) -> bool:
    """Whether a key still does: it may have been revoked, or the books may be new."""
    try:
        await TillClient(url, identity.secret_key).get("/v1/account")
    except TillRefused as refusal:
        if refusal.status in (401, 403):
            return False
        raise
    return True


def _new_keys(uow: UnitOfWork, services: Services) -> Identity:
    """Keys of the box's first store: one that may do just what the shop does, one for its pages."""
    merchants = uow.merchants.find({}, limit=1)
    if not merchants:
        raise TillRefused(0, "There is no store yet. Make one:  stacktill merchant create")
    id = merchants[0].id
    secret = create_key(
        uow, services, id, livemode=False, kind="restricted", name=NAME, scopes=SCOPES
    )
    publishable = create_key(uow, services, id, livemode=False, kind="publishable", name=NAME)
    return Identity(
        secret_key=secret.text, publishable_key=publishable.text, cookie_key=new_cookie_key()
    )


async def _with_endpoint(identity: Identity, client: TillClient, url: str) -> Identity:
    """The identity with an endpoint that sends to this address."""
    if identity.endpoint:
        path = f"/v1/webhook_endpoints/{identity.endpoint}"
        try:
            there = (await client.get(path)).answer
        except TillRefused as refusal:
            if refusal.status != 404:
                raise
        else:
            if there["url"] != url or there["status"] != "enabled":
                await client.post(path, {"url": url, "disabled": "false"})
            return identity
    wish = {"url": url, "description": NAME, "metadata[made_by]": NAME}
    wish |= {f"enabled_events[{place}]": name for place, name in enumerate(EVENTS)}
    made = (await client.post("/v1/webhook_endpoints", wish)).answer
    return replace(identity, endpoint=made["id"], webhook_secret=made["secret"])


async def _forget_endpoints(client: TillClient) -> None:
    """Delete the endpoints of an earlier shop whose secrets are lost."""
    listed = await client.get("/v1/webhook_endpoints", {"limit": "100"})
    for endpoint in listed.answer["data"]:
        if endpoint["metadata"].get("made_by") == NAME:
            await client.delete(f"/v1/webhook_endpoints/{endpoint['id']}")


async def _allow_own_pages(client: TillClient, origins: list[str]) -> list[str]:
    """Add the shop's pages to those that may hold the checkout in a frame; all of these."""
    account: dict[str, Any] = (await client.get("/v1/account")).answer
    allowed: list[str] = account["settings"]["checkout"]["allowed_origins"]
    wanted = [*allowed, *(origin for origin in origins if origin not in allowed)]
    if wanted != allowed:
        name = "settings[checkout][allowed_origins]"
        wish = {f"{name}[{place}]": origin for place, origin in enumerate(wanted)}
        await client.post("/v1/account", wish)
    return wanted


def _own_url(appliance: Appliance) -> str:
    """Where this very process listens, as the note for this machine's commands says."""
    settings = appliance.settings
    if settings.server.tls_certificate is not None:
        return settings.server.url  # The name that the certificate is for.
    try:
        noted = json.loads((settings.data_dir / "server.json").read_bytes())["url"]
    except (OSError, ValueError, KeyError):
        return settings.server.url
    parts = urlsplit(str(noted))
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(parts.hostname or "")  # noqa: S104 - compared
    return f"http://{host}:{parts.port}" if host else str(noted)


def _webhook_url(appliance: Appliance, url: str) -> str:
    """Where webhooks come to: a box with real money sends none to addresses within its own network."""
    services = appliance.services
    return (url if services.live_chain is None else services.public_url) + WEBHOOK_PATH


def _own_origins(url: str, public_url: str) -> list[str]:
    """The origins that a visitor may see the shop at; http is only for this machine."""
    parts = urlsplit(public_url)
    origins = [f"{parts.scheme}://{parts.netloc}"] if parts.scheme == "https" else []
    here = urlsplit(url)
    if here.scheme == "http" and here.hostname in ("127.0.0.1", "localhost", "::1"):
        origins += [f"http://{name}:{here.port}" for name in ("127.0.0.1", "localhost")]
    return origins
