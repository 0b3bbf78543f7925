"""Points of sale: phones that may ask for payments of a store, and see their own, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from stacktill.application.keys import NewKey, authenticate, create_key, revoke_key, roll_key
from stacktill.application.lookup import named
from stacktill.application.services import Caller, Services
from stacktill.domain.errors import NotFound, Unauthenticated
from stacktill.domain.merchants import ApiKey, Merchant
from stacktill.domain.payment_intents import PaymentIntent
from stacktill.plugin.storage import Clause, Search, UnitOfWork

__all__ = [
    "LONGEST_LIST",
    "PAIRING_SCOPE",
    "PAIRING_SECONDS",
    "POS_SCOPE",
    "Terminal",
    "create_terminal",
    "pair_terminal",
    "pairing_of",
    "pairing_url",
    "sale_of",
    "sale_params",
    "sales_of",
    "terminal_of",
    "unpair_terminal",
]

POS_SCOPE = "pos:write"
"""What a paired phone's key may do. No operation of the API asks for it, so it opens none."""
PAIRING_SCOPE = "pos:pair"
"""What the key in a pairing link may do: become a phone's, once."""
PAIRING_SECONDS = 3_600
LONGEST_LIST = 500
PAGE = 50
MARK = "pos_terminal"
"""The metadata key under which a sale names the terminal that it was made at."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A paired phone and its store."""

    key: ApiKey
    merchant: Merchant

    @property
    def caller(self) -> Caller:
        """On whose behalf it acts."""
        return Caller(self.merchant.id, self.key.livemode, actor=self.key.id)


def create_terminal(
    uow: UnitOfWork,
    services: Services,
    merchant_id: str,
    *,
    livemode: bool,
    name: str,
    actor: str = "operator",
) -> NewKey:
    """Make the key of a pairing link: it pairs one phone, within ``PAIRING_SECONDS``."""
    return create_key(
        uow,
        services,
        merchant_id,
        livemode=livemode,
        kind="restricted",
        name=name,
        scopes=(PAIRING_SCOPE,),
        life_seconds=PAIRING_SECONDS,
        actor=actor,
    )


def pairing_url(services: Services, text: str) -> str:
    """The address that a phone opens to be paired."""
    return f"{services.public_url}/pos/pair?key={text}"


def pair_terminal(uow: UnitOfWork, services: Services, text: str) -> NewKey:
    """Turn a pairing key into a phone's key; raise ``Unauthenticated`` when it is no longer good."""
    pairing, _ = _holder(uow, services, text, PAIRING_SCOPE)
    new = roll_key(uow, services, pairing.id, overlap_seconds=0, actor=pairing.id)
    record = replace(new.record, scopes=(POS_SCOPE,))
    uow.api_keys.save(record)
    return NewKey(record, new.text)


def pairing_of(uow: UnitOfWork, services: Services, text: str) -> Terminal:
    """What a pairing link would pair with; raise ``Unauthenticated``."""
    return Terminal(*_holder(uow, services, text, PAIRING_SCOPE))


def terminal_of(uow: UnitOfWork, services: Services, text: str) -> Terminal:
    """The terminal of a phone's key; raise ``Unauthenticated``, or ``Forbidden`` for a closed store."""
    return Terminal(*_holder(uow, services, text, POS_SCOPE))


def unpair_terminal(uow: UnitOfWork, services: Services, terminal: Terminal) -> None:
    """Close the phone's key, by its own wish."""
    revoke_key(uow, services, terminal.key.id, actor=terminal.key.id)


def sale_params(terminal: Terminal, amount_sats: int, note: str | None) -> dict[str, Any]:
    """What the payment intent of a sale is made of; the payer reads the note."""
    return {
        "amount": amount_sats,
        "currency": "btc",
        "description": note,
        "metadata": {MARK: terminal.key.id},
        "confirm": True,
    }


def sale_of(uow: UnitOfWork, terminal: Terminal, id: str) -> PaymentIntent:
    """A sale that was made at this terminal, or ``NotFound``."""
    intent = named(uow.payment_intents, terminal.caller, id, kind="sale", param="sale")
    if intent.metadata.get(MARK) != terminal.key.id:
        raise NotFound(f"No such sale: '{id}'", param="sale")
    return intent


def sales_of(uow: UnitOfWork, terminal: Terminal, since: int) -> list[PaymentIntent]:
    """The sales made at this terminal since a Unix second, newest first, at most ``LONGEST_LIST``."""
    sales: list[PaymentIntent] = []
    for intent in _newest_first(uow, terminal):
        if intent.created < since or len(sales) == LONGEST_LIST:
            break
        sales.append(intent)
    return sales


def _newest_first(uow: UnitOfWork, terminal: Terminal) -> Iterator[PaymentIntent]:
    """All sales of the terminal, read a page at a time: who stops early has not read the years before."""
    clauses = (Clause(f"metadata.{MARK}", "=", terminal.key.id),)
    owner = terminal.merchant.id, terminal.key.livemode
    last: str | None = None
    while ids := uow.search("payment_intents", Search(*owner, clauses, False, PAGE, last)):
        for id in ids:
            intent = uow.payment_intents.get(id)
            if intent is not None:
                yield intent
        last = ids[-1]


def _holder(uow: UnitOfWork, services: Services, text: str, scope: str) -> tuple[ApiKey, Merchant]:
    key, merchant = authenticate(uow, text, services.clock.now())
    if key.scopes != (scope,) or key.kind != "restricted":
        raise Unauthenticated("This is no key of a point of sale.")
    return key, merchant
