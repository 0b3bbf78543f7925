"""Why somebody's network fee is not paid, or a signed payment not sent, in the payer's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacktill.web.pages.html import isolated

if TYPE_CHECKING:
    from markupsafe import Markup

    from stacktill.web.pages.i18n.tongue import Tongue

__all__ = ["refusal_words"]


def refusal_words(code: str | None, store: str, say: Tongue) -> str:
    """A sentence or two for a code; ``several_keys``, ``not_ours`` and ``down`` are the page's own."""
    return (_policy(code, isolated(store), say) or _moment(code, isolated(store), say)).unescape()


def _policy(code: str | None, store: str, say: Tongue) -> Markup | None:
    """What the shop does not pay for; None when that is not the reason."""
    words = None
    match code:
        case "sponsor_off" | "sponsor_for_payers":
            words = say.gettext("%(store)s pays no fees at the moment.", store=store)
        case "sponsor_fee_too_high":
            words = say.gettext(
                "%(store)s pays such fees, but not as much as the network asks now.", store=store
            )
        case "sponsor_payer_limit":
            words = say.gettext(
                "%(store)s has paid as many fees for this wallet as it does in one day.",
                store=store,
            )
        case "sponsor_budget_spent":
            words = say.gettext(
                "What %(store)s pays for such fees in one day is used up.", store=store
            )
        case "several_keys":
            words = say.gettext(
                "%(store)s pays such fees only for wallets with a single key.", store=store
            )
        case "sponsored_already":
            words = say.gettext("%(store)s has paid a fee for this payment already.", store=store)
    return words


def _moment(code: str | None, store: str, say: Tongue) -> Markup:
    """What stands against this one payment, now."""
    match code:
        case "sponsor_payer_waiting":
            words = say.gettext(
                "Another transaction of this wallet comes first. Try again when it is in a block."
            )
        case "sponsor_busy":
            words = say.gettext("Too many payments wait at the moment. Try again in a minute.")
        case "sponsor_would_fail" | "balance_insufficient":
            words = say.gettext(
                "Your transaction would have failed, so it was not sent. Nothing was paid; look whether "
                "there is enough sBTC in your wallet."
            )
        case "payment_intent_unexpected_state":
            words = say.gettext("This payment is not open any more. Nothing was paid now.")
        case "not_ours":
            words = say.gettext(
                "Your wallet signed something else than it was asked to, so %(store)s did not send it. "
                "Nothing was paid. Take another wallet, or pay by hand.",
                store=store,
            )
        case "down":
            words = say.gettext(
                "The network cannot be asked at the moment. Nothing was paid; try again in a minute."
            )
        case _:
            words = say.gettext("The network refused the transaction. Nothing was paid.")
    return words
