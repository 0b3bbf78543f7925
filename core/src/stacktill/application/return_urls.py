"""Where a payer may be sent back to, when it is the payer's own browser that says so."""

from __future__ import annotations

from stacktill.application.services import Caller
from stacktill.domain.errors import InvalidParameter
from stacktill.domain.merchants import Merchant, origin_of
from stacktill.plugin.storage import UnitOfWork

__all__ = ["check_payers_return"]


def check_payers_return(uow: UnitOfWork, caller: Caller, url: str | None) -> None:
    """Raise ``InvalidParameter`` unless ``url`` is on one of the store's own sites.

    What a secret key sets may lead anywhere; with a publishable key, which everybody knows, a stranger
    could make our page show the way to a page of theirs.
    """
    merchant = uow.merchants.get(caller.merchant_id)
    if url is None or merchant is None or origin_of(url) in _own_origins(merchant):
        return
    raise InvalidParameter(
        "With a publishable key, return_url must be on a site of the store: its business_profile[url], "
        "or one of its settings[checkout][allowed_origins].",
        code="url_invalid",
        param="return_url",
    )


def _own_origins(merchant: Merchant) -> set[str]:
    listed = set(merchant.settings.checkout.allowed_origins)
    return listed if merchant.url is None else {*listed, origin_of(merchant.url)}
