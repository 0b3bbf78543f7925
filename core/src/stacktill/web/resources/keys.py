"""``/v1/api_keys`` (ours): the store's own keys of this mode; their text is shown once."""

from __future__ import annotations

from typing import Any

from stacktill.application import keys as use_cases
from stacktill.application.lookup import named
from stacktill.application.views.keys import key_view
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.merchants import SCOPE_RESOURCES, ApiKey
from stacktill.plugin.storage import UnitOfWork
from stacktill.web.api.lists import Listing, list_page, list_params
from stacktill.web.api.operation import Ask, Operation
from stacktill.web.params import Enum, Integer, ListOf, Params, Text

__all__ = ["OPERATIONS"]

URL = "/v1/api_keys"
WEEK_SECONDS = 7 * 86_400
SCOPES = ("*", *(f"{name}:{right}" for name in SCOPE_RESOURCES for right in ("read", "write")))

CREATE = Params(
    {
        "kind": Enum(
            ("restricted", "publishable", "secret"), required=True, description="What it may do."
        ),
        "name": Text(max_length=200, description="What it is for."),
        "scopes": ListOf(
            Enum(SCOPES),
            min_items=1,
            max_items=len(SCOPES),
            description="What a restricted key may do; refunds:write includes reading them.",
        ),
    }
)

ROLL = Params(
    {
        "overlap_seconds": Integer(
            minimum=0,
            maximum=WEEK_SECONDS,
            default=86_400,
            description="How long the old key still opens.",
        )
    }
)


def _list(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    return list_page(uow.api_keys, ask, Listing(URL, "api_key", {}), lambda key: _view(ask, key))


def _create(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    kind, scopes = ask.params["kind"], tuple(dict.fromkeys(ask.params.get("scopes", ())))
    if kind == "restricted" and not scopes:
        raise InvalidParameter(
            "A restricted key needs scopes, such as payment_intents:write.",
            code="parameter_missing",
            param="scopes",
        )
    if kind != "restricted" and scopes:
        raise InvalidParameter(f"A {kind} key has no scopes; leave them out.", param="scopes")
    new = use_cases.create_key(
        uow,
        ask.services,
        ask.caller.merchant_id,
        livemode=ask.caller.livemode,
        kind=kind,
        name=ask.params.get("name"),
        scopes=scopes,
        actor=ask.caller.actor,
    )
    return _view(ask, new.record, new.text)


def _roll(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    key = named(uow.api_keys, ask.caller, ask.id, kind="api_key")
    overlap_seconds = ask.params["overlap_seconds"]
    new = use_cases.roll_key(
        uow, ask.services, key.id, overlap_seconds=overlap_seconds, actor=ask.caller.actor
    )
    return _view(ask, new.record, new.text)


def _revoke(uow: UnitOfWork, ask: Ask) -> dict[str, Any]:
    key = named(uow.api_keys, ask.caller, ask.id, kind="api_key")
    return _view(ask, use_cases.revoke_key(uow, ask.services, key.id, actor=ask.caller.actor))


def _view(ask: Ask, key: ApiKey, text: str | None = None) -> dict[str, Any]:
    return key_view(key, now=ask.services.clock.now(), text=text)


def _operation(method: Any, path: str, name: str, summary: str, **more: Any) -> Operation:
    return Operation(
        method=method,
        path=URL + path,
        name=f"api_keys.{name}",
        summary=summary,
        resource="api_keys",
        access="owner",
        **{"returns": "api_key", **more},
    )


OPERATIONS = (
    _operation(
        "GET",
        "",
        "list",
        "List your API keys (hints, never the keys)",
        params=list_params(),
        returns="list:api_key",
        run=_list,
        long=True,
    ),
    _operation(
        "POST",
        "",
        "create",
        "Create an API key; its text is in this answer only",
        params=CREATE,
        run=_create,
        secret_answer=True,
    ),
    _operation(
        "POST",
        "/{id}/roll",
        "roll",
        "Make a key's successor, whose text is in this answer only",
        params=ROLL,
        run=_roll,
        secret_answer=True,
    ),
    _operation("POST", "/{id}/revoke", "revoke", "Close an API key at once", run=_revoke),
)
