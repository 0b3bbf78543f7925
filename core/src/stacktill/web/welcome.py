"""The first minute: a shop to try with, its keys shown once, and what to type next."""

from __future__ import annotations

import sys

from stacktill.application.merchants import NewMerchant
from stacktill.plugin.storage import UnitOfWork
from stacktill.runtime.appliance import Appliance
from stacktill.runtime.registration import register_merchant

__all__ = ["first_shop", "welcome"]


async def first_shop(appliance: Appliance) -> NewMerchant | None:
    """On a box without merchants, register one to try with; None when there are some."""
    if await appliance.storage.read(_has_merchants):
        return None
    return await register_merchant(appliance, "My shop", None)


def welcome(
    url: str, shop: NewMerchant | None, *, has_demo: bool = False, hides_itself: bool = False
) -> None:
    """Tell people on the terminal where they are, and on the first start the three next steps.

    ``hides_itself``: other machines reach the box, and its links lead them to themselves.
    """
    lines = ["", f"  stacktill is ready at {url}   (API reference: {url}/docs)"]
    if has_demo:
        lines.append(f"  Begin here: {url}/demo   (a shop to buy from, and to look behind)")
    if hides_itself:
        lines.append(
            "  Its links say localhost, where phones and shops find nothing: set server.public_url."
        )
    if shop is None:
        lines += ["  Lost your keys? Make new ones:  .venv/bin/stacktill keys create", ""]
    else:
        lines += _first_steps(url, shop)
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _first_steps(url: str, shop: NewMerchant) -> list[str]:
    secret, publishable = shop.secret.text, shop.publishable.text
    return [
        "",
        "  Your test keys (shown this once):",
        f"    secret       {secret}",
        f"    publishable  {publishable}",
        "",
        "  1. Ask to be paid 20,000 sats:",
        f"    curl {url}/v1/payment_intents -u {secret}: -d amount=20000 -d currency=btc -d confirm=true",
        "  2. Pay it on the sandbox chain, with the id that came back:",
        "    .venv/bin/stacktill sandbox pay pi_…",
        "  3. See the events that webhooks carry:",
        "    .venv/bin/stacktill events tail",
        "",
    ]


def _has_merchants(uow: UnitOfWork) -> bool:
    return bool(uow.merchants.find({}, limit=1))
