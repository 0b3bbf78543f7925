"""The public plugin API: hooks, ports, descriptors and the config base."""

from __future__ import annotations

from stacktill.plugin.cache import Cache, CacheBackend
from stacktill.plugin.chain import (
    Block,
    Chain,
    ChainBackend,
    ChainUnavailable,
    RefundTerms,
    SandboxOrder,
    SandboxScript,
    Transfer,
)
from stacktill.plugin.clock import Clock, Ids
from stacktill.plugin.context import PluginContext
from stacktill.plugin.health import Health
from stacktill.plugin.hookspecs import hookimpl
from stacktill.plugin.info import API_VERSION, NoConfig, PluginConfig, PluginInfo
from stacktill.plugin.notices import NoticeBackend, NoticeSender
from stacktill.plugin.notification import Attempt, Message, NotificationBackend, Notifier, Target
from stacktill.plugin.receipts import ReceiptBackend, ReceiptSender
from stacktill.plugin.sponsor import (
    CallEnd,
    CallNews,
    ScriptedPayer,
    SignedCall,
    Sponsor,
    SponsorChain,
    SponsoredCall,
    SponsorPurse,
    WaitingCall,
    sponsor_of,
)
from stacktill.plugin.storage import (
    Clause,
    NotUnique,
    Search,
    Storage,
    StorageBackend,
    StorageUnavailable,
    Table,
    UnitOfWork,
    Where,
)
from stacktill.plugin.unread import PartlyUnread
from stacktill.plugin.wallets import (
    Purse,
    WalletCall,
    WalletChain,
    WalletDesk,
    WalletOrder,
    wallet_desk,
)

__all__ = [
    "API_VERSION",
    "Attempt",
    "Block",
    "Cache",
    "CacheBackend",
    "CallEnd",
    "CallNews",
    "Chain",
    "ChainBackend",
    "ChainUnavailable",
    "Clause",
    "Clock",
    "Health",
    "Ids",
    "Message",
    "NoConfig",
    "NotUnique",
    "NoticeBackend",
    "NoticeSender",
    "NotificationBackend",
    "Notifier",
    "PartlyUnread",
    "PluginConfig",
    "PluginContext",
    "PluginInfo",
    "Purse",
    "ReceiptBackend",
    "ReceiptSender",
    "RefundTerms",
    "SandboxOrder",
    "SandboxScript",
    "ScriptedPayer",
    "Search",
    "SignedCall",
    "Sponsor",
    "SponsorChain",
    "SponsorPurse",
    "SponsoredCall",
    "Storage",
    "StorageBackend",
    "StorageUnavailable",
    "Table",
    "Target",
    "Transfer",
    "UnitOfWork",
    "WaitingCall",
    "WalletCall",
    "WalletChain",
    "WalletDesk",
    "WalletOrder",
    "Where",
    "hookimpl",
    "sponsor_of",
    "wallet_desk",
]
