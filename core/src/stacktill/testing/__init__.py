"""The testing kit for plugin authors: contract suites, and stand-ins that behave like the real."""

from __future__ import annotations

from stacktill.testing.chain import ChainContract
from stacktill.testing.clock import FakeClock
from stacktill.testing.context import CountingIds, plugin_context
from stacktill.testing.needs import skip_loudly
from stacktill.testing.notification import NotifierContract
from stacktill.testing.receiver import Received, Receiver, Reply
from stacktill.testing.storage import StorageContract

__all__ = [
    "ChainContract",
    "CountingIds",
    "FakeClock",
    "NotifierContract",
    "Received",
    "Receiver",
    "Reply",
    "StorageContract",
    "plugin_context",
    "skip_loudly",
]
