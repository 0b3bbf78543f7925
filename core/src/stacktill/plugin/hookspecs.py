"""The hooks: where the appliance asks its plugins.

Three kinds, told apart by when they run. A *boot* hook is asked once at start and answers with a frozen
descriptor. A *decision* hook is pure, runs inside a use case before the transaction, and fails closed. An
*event* hook runs after the commit, once per event and plugin, and is retried for that plugin alone.
An implementation may take fewer arguments than the specification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click
    from litestar.types import ControllerRouterHandler

    from stacktill.domain.confirmations import Confirmations
    from stacktill.domain.decisions import Fee, Refusal
    from stacktill.domain.events import Event
    from stacktill.domain.merchants import Merchant
    from stacktill.domain.payment_intents import PaymentIntent
    from stacktill.domain.refunds import Refund
    from stacktill.plugin.cache import CacheBackend
    from stacktill.plugin.chain import ChainBackend
    from stacktill.plugin.context import PluginContext
    from stacktill.plugin.info import PluginInfo
    from stacktill.plugin.notices import NoticeBackend
    from stacktill.plugin.notification import NotificationBackend
    from stacktill.plugin.receipts import ReceiptBackend
    from stacktill.plugin.storage import StorageBackend

__all__ = ["PROJECT", "hookimpl", "hookspec"]

PROJECT = "stacktill"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

# ---------------------------------------------------------------- boot: asked once, at start


@hookspec
def stacktill_plugin() -> PluginInfo:
    """Introduce the plugin; every plugin must."""
    raise NotImplementedError


@hookspec
def stacktill_storage() -> StorageBackend:
    """Offer a storage; exactly one enabled plugin must."""
    raise NotImplementedError


@hookspec
def stacktill_chain() -> ChainBackend:
    """Offer a chain for test mode or for live mode; one of each at most, one of test mode at least."""
    raise NotImplementedError


@hookspec
def stacktill_notification() -> NotificationBackend:
    """Offer a way to carry events to subscribers."""
    raise NotImplementedError


@hookspec
def stacktill_receipts() -> ReceiptBackend:
    """Offer a way to bring receipts to payers."""
    raise NotImplementedError


@hookspec
def stacktill_notices() -> NoticeBackend:
    """Offer a way to tell merchants of what their money may depend on, outside the API."""
    raise NotImplementedError


@hookspec
def stacktill_cache() -> CacheBackend:
    """Offer a cache shared by processes; without one the core keeps its own in process."""
    raise NotImplementedError


@hookspec
def stacktill_routes(context: PluginContext) -> list[ControllerRouterHandler]:
    """Offer web routes, mounted below ``/plugins/<plugin name>``."""
    raise NotImplementedError


@hookspec
def stacktill_commands(context: PluginContext) -> list[click.Command]:
    """Offer command-line commands, added below ``stacktill``."""
    raise NotImplementedError


# ------------------------------------------- decision: pure, before the transaction, fails closed


@hookspec
def stacktill_review_payment_intent(
    draft: PaymentIntent, merchant: Merchant, context: PluginContext
) -> Refusal | None:
    """Refuse a payment intent before it is made; any refusal wins."""
    raise NotImplementedError


@hookspec
def stacktill_review_merchant(draft: Merchant, context: PluginContext) -> Refusal | None:
    """Refuse a merchant before it is made; any refusal wins."""
    raise NotImplementedError


@hookspec
def stacktill_review_refund(
    draft: Refund, intent: PaymentIntent, context: PluginContext
) -> Refusal | None:
    """Refuse a refund before its amount is reserved; any refusal wins."""
    raise NotImplementedError


@hookspec
def stacktill_confirmations_required(
    intent: PaymentIntent, merchant: Merchant, context: PluginContext
) -> Confirmations | None:
    """Say how many blocks make this intent's payment final; the first answer wins, else store policy."""
    raise NotImplementedError


@hookspec
def stacktill_platform_fee(
    intent: PaymentIntent, merchant: Merchant, context: PluginContext
) -> Fee | None:
    """Say what the platform's fee on this intent is; the first answer wins, else the tier's.

    It is less than the amount, and its recipient is an address of the intent's chain, but no contract's;
    any other answer refuses the intent. A store that is the recipient itself pays no fee.
    """
    raise NotImplementedError


# --------------------------------------------------- event: after the commit, retried per plugin


@hookspec
async def stacktill_event(event: Event, context: PluginContext) -> None:
    """Receive every event of every type."""


@hookspec
async def stacktill_payment_intent_created(event: Event, context: PluginContext) -> None:
    """Receive ``payment_intent.created``."""


@hookspec
async def stacktill_payment_intent_processing(event: Event, context: PluginContext) -> None:
    """Receive ``payment_intent.processing``: seen in a block, not yet final."""


@hookspec
async def stacktill_payment_intent_partially_funded(event: Event, context: PluginContext) -> None:
    """Receive ``payment_intent.partially_funded``: something arrived, and more is due."""


@hookspec
async def stacktill_payment_intent_succeeded(event: Event, context: PluginContext) -> None:
    """Receive ``payment_intent.succeeded``: paid and final."""


@hookspec
async def stacktill_payment_intent_canceled(event: Event, context: PluginContext) -> None:
    """Receive ``payment_intent.canceled``, also by expiry."""


@hookspec
async def stacktill_payment_intent_reversed(event: Event, context: PluginContext) -> None:
    """Receive ``payment_intent.reversed``: a counted deposit left the canonical chain."""


@hookspec
async def stacktill_deposit_unmatched(event: Event, context: PluginContext) -> None:
    """Receive ``deposit.unmatched``: money arrived that belongs to no open intent."""


@hookspec
async def stacktill_refund_updated(event: Event, context: PluginContext) -> None:
    """Receive ``refund.updated``: a refund moved on."""


@hookspec
async def stacktill_webhook_endpoint_disabled(event: Event, context: PluginContext) -> None:
    """Receive ``webhook_endpoint.disabled``: an endpoint failed for too long or said it is gone."""
