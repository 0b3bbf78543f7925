"""Principals, who can hold tokens: an account or a contract; and tokens themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from stacktill.domain.c32 import decode_address, encode_address
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.names import (
    check_contract_name,
    check_name,
    name_bytes,
    read_contract_name,
    read_name,
)
from stacktill_chain_stacks.wire.reader import Reader

__all__ = [
    "MAINNET_VERSIONS",
    "TESTNET_VERSIONS",
    "AssetId",
    "Principal",
    "asset_bytes",
    "place_bytes",
    "read_account",
    "read_asset",
    "read_contract",
]

MAINNET_VERSIONS = (22, 20)
"""The address versions of mainnet: one key (SP…), several keys (SM…)."""
TESTNET_VERSIONS = (26, 21)
"""The address versions of testnets: one key (ST…), several keys (SN…)."""


@dataclass(frozen=True, slots=True)
class Principal:
    """An account, or the contract of that name which it deployed; ``str()`` writes it as people do."""

    version: int
    hash160: bytes
    contract: str | None = None

    @classmethod
    def parse(cls, text: str) -> Principal:
        """Read ``SP…`` or ``SP….name``; raise ``WireError`` when it is neither, to the letter."""
        return _parsed(text)

    @property
    def address(self) -> str:
        """The account's address, without a contract's name."""
        return encode_address(self.version, self.hash160)

    @property
    def is_mainnet(self) -> bool:
        """Whether it is one of mainnet's."""
        return self.version in MAINNET_VERSIONS

    def __str__(self) -> str:
        return self.address if self.contract is None else f"{self.address}.{self.contract}"


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Principal:
    address, dot, contract = text.partition(".")
    try:
        version, hash160 = decode_address(address)
    except ValueError as error:
        raise WireError(str(error)) from None
    return Principal(version, hash160, check_contract_name(contract) if dot else None)


@dataclass(frozen=True, slots=True)
class AssetId:
    """A token: the contract that defines it and its name there."""

    contract: Principal
    name: str

    def __post_init__(self) -> None:
        if self.contract.contract is None:
            raise WireError("an asset is defined by a contract, written ADDRESS.contract::asset")
        check_name(self.name)

    @classmethod
    def parse(cls, text: str) -> AssetId:
        """Read ``ADDRESS.contract::asset``."""
        contract, colons, name = text.partition("::")
        if not colons:
            raise WireError("an asset is written ADDRESS.contract::asset")
        return cls(Principal.parse(contract), name)

    def __str__(self) -> str:
        return f"{self.contract}::{self.name}"


def place_bytes(principal: Principal) -> bytes:
    """A principal without any mark of its kind: version, hash and, for a contract, its name."""
    account = bytes([principal.version]) + principal.hash160
    return account if principal.contract is None else account + name_bytes(principal.contract)


def read_account(reader: Reader) -> Principal:
    """The next account, as ``place_bytes`` writes it."""
    version = reader.number(1)
    if version > 31:
        raise WireError(f"an address has a version from 0 to 31, not {version}")
    return Principal(version, reader.take(20))


def read_contract(reader: Reader) -> Principal:
    """The next contract, as ``place_bytes`` writes it."""
    account = read_account(reader)
    return Principal(account.version, account.hash160, read_contract_name(reader))


def asset_bytes(asset: AssetId) -> bytes:
    """A token as post-conditions name it."""
    return place_bytes(asset.contract) + name_bytes(asset.name)


def read_asset(reader: Reader) -> AssetId:
    """The next token, as ``asset_bytes`` writes it."""
    return AssetId(read_contract(reader), read_name(reader))
