"""What the payer's page asks of the chain's desk for wallets: a call to sign, and what became of it.

Nothing that a wallet or a browser says is believed. An address decides only whose balance is looked at and
whose money the call may move; a transaction's id only what the payer is told while the chain decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from stacktill.application.services import Services
from stacktill.application.wallet_orders import wallet_order
from stacktill.domain.errors import NotFound, StateConflict
from stacktill.plugin.sponsor import SponsoredCall
from stacktill.plugin.storage import UnitOfWork
from stacktill.plugin.wallets import Purse, WalletCall, WalletOrder, wallet_desk
from stacktill.web.pages.checkout.qr import qr_code
from stacktill.web.pages.checkout.reading import find_checkout
from stacktill.web.pages.checkout.sponsoring import drafted, sponsored_fate, sponsors, why_not
from stacktill.web.pages.checkout.states import Checkout, Waiting

if TYPE_CHECKING:
    from stacktill.plugin.wallets import WalletDesk
    from stacktill.runtime.appliance import Appliance
    from stacktill.web.pages.i18n.tongue import Tongue

__all__ = [
    "TXID",
    "Asked",
    "Asker",
    "Offer",
    "asked_of",
    "has_desk",
    "offer_of",
    "phone_code",
    "told_fate",
    "wallet_terms",
]

IN_XVERSE = "https://connect.xverse.app/browser?url="
"""Opens an address in the browser of Xverse's app, which injects its wallet there."""
TXID = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")
STACKS_ADDRESS = re.compile(r"S[0-9A-Z]{5,80}")


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page needs to offer wallets: the network, and ways onto a phone.

    ``address`` is the page's own; ``link`` opens it in a wallet's app. With ``sponsors`` the network's fee
    may be paid for those who have no STX.
    """

    network: str
    address: str
    link: str
    sponsors: bool


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose wallet asks, and whether it might sign only what is made for it."""

    address: str
    wants_draft: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The answer to a wallet's address: a call to sign, a sentence about what stands against it, or both.

    A call that ``is_sponsored`` needs no STX of the payer. Its ``draft`` is the same as a transaction, for
    wallets that sign only what is made.
    """

    call: WalletCall | None
    problem: str | None = None
    is_sponsored: bool = False
    draft: bytes | None = None


def offer_of(appliance: Appliance, found: Checkout) -> Offer | None:
    """How wallets can pay on this page; None where they cannot, or where nothing is open to be paid."""
    desk = _desk(appliance, found)
    if desk is None or not isinstance(found.state, Waiting):
        return None
    address = f"{appliance.settings.server.url}/pay/{quote(found.order.id)}"
    link = IN_XVERSE + quote(address, safe="")
    return Offer(desk.network, address, link, sponsors(appliance, livemode=found.order.livemode))


def phone_code(offer: Offer) -> bytes:
    """The link into a wallet's app as a picture to scan."""
    drawn = str(qr_code(offer.link, keeps_case=True))
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).encode()


def wallet_terms(uow: UnitOfWork, services: Services, id: str) -> tuple[Checkout, WalletOrder]:
    """The payment of that id and what a wallet is to pay now; raise ``StateConflict`` when nothing is due."""
    found = find_checkout(uow, services, id)
    state, intent = found.state, uow.payment_intents.get(found.order.intent_id or "")
    if not isinstance(state, Waiting) or intent is None:
        raise StateConflict("This payment is not open any more.")
    if state.is_over or state.stands_still or not state.remaining_sats:
        raise StateConflict("Nothing should be sent for this payment at the moment.")
    return found, wallet_order(intent)


async def asked_of(
    appliance: Appliance, found: Checkout, order: WalletOrder, asker: Asker, say: Tongue
) -> Asked:
    """What the wallet of an address is to sign, and what the payer should know before."""
    desk = _desk(appliance, found)
    if desk is None:
        raise NotFound("There is no wallet to be asked for this payment.")
    chain, payer = appliance.services.chain(found.order.livemode), asker.address
    form = chain.address_form(payer)
    if form is None or form == "contract":
        return Asked(None, _wrong_place(payer, desk, say))
    if payer in (order.recipient, order.fee_recipient):
        return Asked(None, _is_paid_itself(say))
    call = await desk.call(order, payer)
    purse = await desk.purse(payer, call)
    if purse is not None and purse.sats < order.amount_sats:
        return Asked(call, _too_few_sats(order, purse, say))
    if purse is None or purse.ustx >= purse.fee_ustx:
        return Asked(call)
    reason = await why_not(appliance, found, SponsoredCall(payer, purse.fee_ustx), say)
    if reason is not None:
        return Asked(call, f"{_too_little_stx(purse, say)} {reason}".rstrip())
    draft = await drafted(appliance, found, payer) if asker.wants_draft else None
    return Asked(call, is_sponsored=True, draft=draft)


def has_desk(appliance: Appliance, found: Checkout) -> bool:
    """Whether wallets can be asked for this payment at all, whatever its state."""
    return _desk(appliance, found) is not None


async def told_fate(appliance: Appliance, found: Checkout, txid: str) -> str | None:
    """What the network says of the transaction that a wallet named; None when it does not say."""
    desk = _desk(appliance, found)
    if desk is None:
        return None
    sponsored = await sponsored_fate(appliance, found, txid)
    if sponsored is None:
        return await desk.fate(txid)
    now, fate = sponsored
    return fate if fate != "mined" else await desk.fate(now)


def _desk(appliance: Appliance, found: Checkout) -> WalletDesk | None:
    services = appliance.services
    return wallet_desk(services.live_chain if found.order.livemode else services.test_chain)


def _wrong_place(payer: str, desk: WalletDesk, say: Tongue) -> str:
    if not STACKS_ADDRESS.fullmatch(payer):
        words = say.gettext(
            "Your wallet named no address of Stacks. Take another one, or pay by hand."
        )
    else:
        words = say.gettext(
            "Your wallet is on another network. Switch it to %(network)s, then try again.",
            network=desk.network,
        )
    return words.unescape()


def _is_paid_itself(say: Tongue) -> str:
    # sBTC moves nothing from an address to itself; the network's fee would be lost.
    return say.gettext(
        "This wallet is one that would be paid, and no wallet can pay itself. Take another one."
    ).unescape()


def _too_few_sats(order: WalletOrder, purse: Purse, say: Tongue) -> str:
    return say.gettext(
        "There are %(has)s sBTC in this wallet, and %(amount)s are needed.",
        has=say.btc(purse.sats),
        amount=say.btc(order.amount_sats),
    ).unescape()


def _too_little_stx(purse: Purse, say: Tongue) -> str:
    return say.gettext(
        "The fee of the network is paid in STX: about %(fee)s STX are needed, and there are %(has)s "
        "in this wallet.",
        fee=say.stx(purse.fee_ustx),
        has=say.stx(purse.ustx),
    ).unescape()
