"""A receipt and a notice of nothing, to try the mail server and to look at."""

from __future__ import annotations

from stacktill.domain.addresses import AddressChange
from stacktill.domain.notices import Notice
from stacktill.domain.receipts import Receipt, ReceiptItem, Store
from stacktill.plugin import PluginContext
from stacktill_notify_email.addresses import MailAddress, parsed_address

__all__ = ["sample_notice", "sample_receipt"]


def sample_receipt(context: PluginContext, to: str, language: str) -> tuple[Receipt, MailAddress]:
    """A receipt of test mode in a language, and whom it goes to; raise ``BadAddress``."""
    recipient = parsed_address(to)
    receipt = Receipt(
        event_id=context.ids.new("evt_test"),
        kind="payment",
        livemode=False,
        recipient=recipient.text,
        store=Store("stacktill"),
        payment="pi_000000000000000000000000",
        amount_sats=20_000,
        moment=context.clock.now(),
        url="https://example.com/",
        network="stacks",
        items=(ReceiptItem("stacktill email test", 1, 20_000),),
        locales=(language,),
    )
    return receipt, recipient


def sample_notice(context: PluginContext, to: str, language: str) -> tuple[Notice, MailAddress]:
    """A notice of test mode in a language, and whom it goes to; raise ``BadAddress``."""
    recipient = parsed_address(to)
    now = context.clock.now()
    news = AddressChange(
        id="sa_000000000000000000000000",
        merchant_id="acct_000000000000000000000000",
        livemode=False,
        created=now,
        chain_id="stacks:0",
        address="ST000000000000000000002AMW42H",
        form="wallet",
        replaces=None,
        message="",
        sign_before=now,
    )
    notice = Notice(
        id=context.ids.new("dlv_test"),
        kind="scheduled",
        livemode=False,
        recipient=recipient.text,
        store_id=news.merchant_id,
        store_name="stacktill",
        moment=now,
        news=news,
        locales=(language,),
    )
    return notice, recipient
