"""What a transaction moved and printed: the same events, as an API and as a node tell of them.

Source: the OpenAPI document of the Stacks Blockchain API 9.0; the node's documentation of its event
dispatcher. A movement looks the same in both but for where it says whether it is a transfer.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from stacktill_chain_stacks.client.shapes import Amount, Decoded, Hash, Height, Name

__all__ = ["ApiEvent", "ContractLog", "Moved", "NodeEvent", "TokenEvent", "Verb"]

Verb = Literal["transfer", "mint", "burn"]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of a fungible token; what a mint says of a sender, and a burn of a recipient, is void."""

    asset_identifier: Name
    amount: Amount
    sender: Name | None = None
    recipient: Name | None = None


class TokenEvent(Protocol):
    """An event, whoever tells of it."""

    @property
    def event_index(self) -> int:
        """Its place, counted from wherever the source begins to count."""
        ...

    @property
    def moved(self) -> tuple[Verb, Moved] | None:
        """What it moved of a fungible token, if it did."""
        ...

    @property
    def printed(self) -> tuple[str, str] | None:
        """Which contract printed what, in hex with 0x, if one did."""
        ...


class FtAsset(Moved, frozen=True, kw_only=True):
    """A movement in an API's words."""

    type: Verb


class ContractLog(msgspec.Struct, frozen=True):
    """What a contract printed, in an API's words."""

    contract_id: Name
    topic: str
    value: Decoded


class ApiEvent(msgspec.Struct, frozen=True):
    """An entry of ``/extended/v3/transactions/{id}/events``."""

    event_index: Height
    type: str
    ft_asset: FtAsset | None = None
    contract_log: ContractLog | None = None

    @property
    def moved(self) -> tuple[Verb, Moved] | None:
        """What it moved of a fungible token, if it did."""
        asset = self.ft_asset
        return None if asset is None else (asset.type, asset)

    @property
    def printed(self) -> tuple[str, str] | None:
        """Which contract printed what, if one did."""
        log = self.contract_log
        if log is None or log.topic != "print":
            return None
        return log.contract_id, log.value.hex


class _Printed(msgspec.Struct, frozen=True):
    contract_identifier: Name
    topic: str
    raw_value: str


class NodeEvent(msgspec.Struct, frozen=True):
    """An entry of ``events`` in what a node posts to ``/new_block``."""

    txid: Hash
    event_index: Height
    committed: bool
    type: str
    ft_transfer_event: Moved | None = None
    ft_mint_event: Moved | None = None
    ft_burn_event: Moved | None = None
    contract_event: _Printed | None = None

    @property
    def moved(self) -> tuple[Verb, Moved] | None:
        """What it moved of a fungible token, if it did."""
        if self.ft_transfer_event is not None:
            return "transfer", self.ft_transfer_event
        if self.ft_mint_event is not None:
            return "mint", self.ft_mint_event
        return None if self.ft_burn_event is None else ("burn", self.ft_burn_event)

    @property
    def printed(self) -> tuple[str, str] | None:
        """Which contract printed what, if one did."""
        log = self.contract_event
        if log is None or log.topic != "print":
            return None
        return log.contract_identifier, log.raw_value
