"""A receipt of nothing, to try the mail server and to look at."""

from __future__ import annotations

from stacktill.domain.receipts import Receipt, ReceiptItem, Store
from stacktill.plugin import PluginContext
from stacktill_notify_email.addresses import MailAddress, parsed_address

__all__ = ["sample_receipt"]


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
