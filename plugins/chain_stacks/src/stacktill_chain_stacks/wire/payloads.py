"""What a transaction does: send STX, call a contract, or deploy one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from stacktill_chain_stacks.wire.clarity import Value
from stacktill_chain_stacks.wire.decoding import read_principal, read_value
from stacktill_chain_stacks.wire.encoding import encode_value, principal_bytes
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.names import (
    check_contract_name,
    check_name,
    name_bytes,
    read_contract_name,
    read_name,
)
from stacktill_chain_stacks.wire.principals import Principal, place_bytes, read_contract
from stacktill_chain_stacks.wire.reader import Reader

__all__ = ["Call", "Deploy", "Payload", "StxTransfer", "encode_payload", "read_payload"]

MEMO_BYTES = 34
_LONGEST_CODE = 2 * 1_048_576
_CLARITY_VERSIONS = range(1, 7)


@dataclass(frozen=True, slots=True)
class StxTransfer:
    """Sends micro-STX with up to 34 bytes of memo; trailing zero bytes of a memo do not count."""

    recipient: Principal
    amount: int
    memo: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.amount < 1 << 64:
            raise WireError("an amount of STX has 64 bits")
        if len(self.memo) > MEMO_BYTES:
            raise WireError(f"a memo has at most {MEMO_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class Call:
    """Calls a public function of a contract."""

    contract: Principal
    function: str
    arguments: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        if self.contract.contract is None:
            raise WireError("only a contract can be called, not an account")
        check_name(self.function)


@dataclass(frozen=True, slots=True)
class Deploy:
    """Puts a contract on the chain; without a version the node takes the newest of its epoch."""

    name: str
    code: str
    clarity_version: int | None = None

    def __post_init__(self) -> None:
        check_contract_name(self.name)
        if not all("\t" <= letter <= "~" for letter in self.code):
            raise WireError("a contract is written in ASCII")
        if self.clarity_version is not None and self.clarity_version not in _CLARITY_VERSIONS:
            raise WireError(f"there is no version {self.clarity_version} of Clarity")


Payload: TypeAlias = StxTransfer | Call | Deploy


def encode_payload(payload: Payload) -> bytes:
    """The bytes of a payload, as fees are estimated for."""
    match payload:
        case StxTransfer(recipient=recipient, amount=amount, memo=memo):
            padded = memo.ljust(MEMO_BYTES, b"\0")
            return b"\x00" + principal_bytes(recipient) + amount.to_bytes(8, "big") + padded
        case Call(contract=contract, function=function, arguments=arguments):
            head = b"\x02" + place_bytes(contract) + name_bytes(function)
            parts = [encode_value(argument) for argument in arguments]
            return head + len(parts).to_bytes(4, "big") + b"".join(parts)
        case Deploy(name=name, code=code, clarity_version=version):
            kind = b"\x01" if version is None else b"\x06" + bytes([version])
            text = code.encode("ascii")
            return kind + name_bytes(name) + len(text).to_bytes(4, "big") + text


def read_payload(reader: Reader) -> Payload:
    """The next payload; those that only miners make are refused."""
    kind = reader.number(1)
    if kind == 0x00:
        recipient = read_principal(reader)
        amount = reader.number(8)
        return StxTransfer(recipient, amount, reader.take(MEMO_BYTES).rstrip(b"\0"))
    if kind == 0x02:
        return _read_call(reader)
    if kind in (0x01, 0x06):
        version = reader.number(1) if kind == 0x06 else None
        name = read_contract_name(reader)
        return Deploy(name, reader.sized(4, limit=_LONGEST_CODE).decode("latin-1"), version)
    raise WireError(f"a payload of kind {kind:#04x} is none that accounts send")


def _read_call(reader: Reader) -> Call:
    contract = read_contract(reader)
    function = read_name(reader)
    count = reader.number(4)
    if count > reader.left():
        raise WireError(f"{count} arguments are announced in {reader.left()} bytes")
    return Call(contract, function, tuple(read_value(reader) for _ in range(count)))
