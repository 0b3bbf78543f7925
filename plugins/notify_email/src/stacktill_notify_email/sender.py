"""The senders themselves: a receipt or a notice becomes a letter, which goes to the mail server."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial

from stacktill.domain.notices import Notice
from stacktill.domain.receipts import Receipt
from stacktill.plugin import Attempt, PluginContext
from stacktill_notify_email.addresses import BadAddress, MailAddress, parsed_address
from stacktill_notify_email.config import EmailConfig
from stacktill_notify_email.languages import chosen_language, tongue
from stacktill_notify_email.letters import receipt_letter
from stacktill_notify_email.messages import Envelope, envelope
from stacktill_notify_email.notice_letters import notice_letter
from stacktill_notify_email.postman import Mail, Postman
from stacktill_notify_email.server import MailServer

__all__ = ["EmailNotices", "EmailReceipts", "compose", "compose_notice"]


class EmailReceipts(Postman):
    """Brings receipts to payers by e-mail; implements the ``ReceiptSender`` port."""

    def __init__(self, context: PluginContext, server: MailServer, composer: Executor) -> None:
        super().__init__("receipts", context, server, composer)

    async def attempt(self, receipt: Receipt) -> Attempt:
        """Try once within the deadline; only cancellation is raised."""
        return await self.send(
            Mail(
                id=receipt.event_id,
                kind=receipt.kind,
                livemode=receipt.livemode,
                recipient=receipt.recipient,
                field="receipt_email",
                compose=partial(compose, self._context, receipt),
            )
        )


class EmailNotices(Postman):
    """Tells merchants by e-mail; implements the ``NoticeSender`` port."""

    def __init__(self, context: PluginContext, server: MailServer, composer: Executor) -> None:
        super().__init__("notices", context, server, composer)

    async def attempt(self, notice: Notice) -> Attempt:
        """Try once within the deadline; only cancellation is raised."""
        return await self.send(
            Mail(
                id=notice.id,
                kind=notice.kind,
                livemode=notice.livemode,
                recipient=notice.recipient,
                field="email",
                compose=partial(compose_notice, self._context, notice),
            )
        )


def compose(context: PluginContext, receipt: Receipt, recipient: MailAddress) -> Envelope:
    """The e-mail of a receipt, in the payer's language."""
    config: EmailConfig = context.config
    language = chosen_language(receipt.locales, config.default_language)
    reply_to = None
    if receipt.store.email is not None:
        try:
            reply_to = parsed_address(receipt.store.email)
        except BadAddress:
            # The store's own mistake is no reason to keep the receipt from the payer.
            reply_to = None
    letter = receipt_letter(receipt, tongue(language), can_reply=reply_to is not None)
    return envelope(
        letter,
        id=receipt.event_id,
        sender=parsed_address(config.from_address),
        recipient=recipient,
        reply_to=reply_to,
        clock=context.clock,
    )


def compose_notice(context: PluginContext, notice: Notice, recipient: MailAddress) -> Envelope:
    """The e-mail of a notice, in the store's language. Nobody reads what is answered to it."""
    config: EmailConfig = context.config
    language = chosen_language(notice.locales, config.default_language)
    return envelope(
        notice_letter(notice, tongue(language)),
        id=notice.id,
        sender=parsed_address(config.from_address),
        recipient=recipient,
        reply_to=None,
        clock=context.clock,
    )
