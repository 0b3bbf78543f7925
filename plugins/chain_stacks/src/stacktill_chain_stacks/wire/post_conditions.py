"""Post-conditions: what a transaction may move, or else it is undone.

Source: SIP-005, "Transaction post-conditions", with the additions of SIP-040 and of epoch 4.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias, TypeVar

from stacktill_chain_stacks.wire.clarity import Value
from stacktill_chain_stacks.wire.decoding import read_value
from stacktill_chain_stacks.wire.encoding import encode_value
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.principals import (
    AssetId,
    Principal,
    asset_bytes,
    place_bytes,
    read_account,
    read_asset,
    read_contract,
)
from stacktill_chain_stacks.wire.reader import Reader

__all__ = [
    "Compare",
    "Mode",
    "Nft",
    "NftCondition",
    "Other",
    "PostCondition",
    "StxCondition",
    "TokenCondition",
    "encode_post_condition",
    "read_post_condition",
]


class Mode(IntEnum):
    """What happens to movements that no post-condition names."""

    ALLOW = 1
    DENY = 2
    ORIGINATOR = 3


class Compare(IntEnum):
    """How what is sent compares to the amount of the condition."""

    EQ = 1
    GT = 2
    GE = 3
    LT = 4
    LE = 5


class Nft(IntEnum):
    """Whether one non-fungible token is sent."""

    SENT = 0x10
    NOT_SENT = 0x11
    MAY_SEND = 0x12


@dataclass(frozen=True, slots=True)
class StxCondition:
    """How many micro-STX ``who`` sends; None is the origin of the transaction."""

    who: Principal | None
    compare: Compare
    amount: int

    def __post_init__(self) -> None:
        _check_amount(self.amount)


@dataclass(frozen=True, slots=True)
class TokenCondition:
    """How much of a fungible token ``who`` sends; None is the origin of the transaction."""

    who: Principal | None
    asset: AssetId
    compare: Compare
    amount: int

    def __post_init__(self) -> None:
        _check_amount(self.amount)


@dataclass(frozen=True, slots=True)
class NftCondition:
    """Whether ``who`` sends one token; None is the origin of the transaction."""

    who: Principal | None
    asset: AssetId
    value: Value
    code: Nft


@dataclass(frozen=True, slots=True)
class Other:
    """A condition on staking (kind 3, with an amount) or on proof of transfer (kind 4, without one)."""

    kind: int
    who: Principal | None
    code: int
    amount: int | None


PostCondition: TypeAlias = StxCondition | TokenCondition | NftCondition | Other

_C = TypeVar("_C", Compare, Nft)
_POX_CODES = (0x30, 0x31, 0x32)


def encode_post_condition(condition: PostCondition) -> bytes:
    """The bytes of a post-condition, as transactions hold them and wallets take them in hex."""
    who = _who_bytes(condition.who)
    match condition:
        case StxCondition(compare=compare, amount=amount):
            return b"\x00" + who + bytes([compare]) + amount.to_bytes(8, "big")
        case TokenCondition(asset=asset, compare=compare, amount=amount):
            coded = asset_bytes(asset) + bytes([compare]) + amount.to_bytes(8, "big")
            return b"\x01" + who + coded
        case NftCondition(asset=asset, value=value, code=code):
            return b"\x02" + who + asset_bytes(asset) + encode_value(value) + bytes([code])
        case Other(kind=kind, code=code, amount=amount):
            tail = b"" if amount is None else amount.to_bytes(8, "big")
            return bytes([kind]) + who + bytes([code]) + tail


def read_post_condition(reader: Reader) -> PostCondition:
    """The next post-condition."""
    kind = reader.number(1)
    if kind > 4:
        raise WireError(f"there is no kind of post-condition {kind}")
    who = _read_who(reader)
    if kind == 0:
        return StxCondition(who, _code(Compare, reader), reader.number(8))
    if kind == 1:
        asset = read_asset(reader)
        return TokenCondition(who, asset, _code(Compare, reader), reader.number(8))
    if kind == 2:
        asset = read_asset(reader)
        value = read_value(reader)
        return NftCondition(who, asset, value, _code(Nft, reader))
    if kind == 3:
        return Other(kind, who, _code(Compare, reader), reader.number(8))
    code = reader.number(1)
    if code not in _POX_CODES:
        raise WireError(f"a post-condition has no code {code:#04x}")
    return Other(kind, who, code, None)


def _code(codes: type[_C], reader: Reader) -> _C:
    number = reader.number(1)
    try:
        return codes(number)
    except ValueError as error:
        raise WireError(f"a post-condition has no code {number:#04x}") from error


def _who_bytes(who: Principal | None) -> bytes:
    if who is None:
        return b"\x01"
    return (b"\x02" if who.contract is None else b"\x03") + place_bytes(who)


def _read_who(reader: Reader) -> Principal | None:
    kind = reader.number(1)
    if kind == 1:
        return None
    if kind == 2:
        return read_account(reader)
    if kind == 3:
        return read_contract(reader)
    raise WireError(f"a post-condition has no kind of principal {kind}")


def _check_amount(amount: int) -> None:
    if not 0 <= amount < 1 << 64:
        raise WireError("the amount of a post-condition has 64 bits")
