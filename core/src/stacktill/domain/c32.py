"""Stacks addresses: c32check, a base 32 with a version and a checksum.

Source: SIP-005, "Transaction encoding"; the alphabet is Crockford's.
"""

from __future__ import annotations

import hashlib

__all__ = ["decode_address", "encode_address"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = {character: value for value, character in enumerate(_ALPHABET)}
_HASH_BYTES = 20
_CHECKSUM_BYTES = 4
_LONGEST_ADDRESS = 41


def encode_address(version: int, hash160: bytes) -> str:
    """The address of a 20-byte hash under a version from 0 to 31, such as 22 for ``SP…``."""
    if not 0 <= version < len(_ALPHABET) or len(hash160) != _HASH_BYTES:
        raise ValueError("an address is made of a version from 0 to 31 and 20 bytes")
    return "S" + _ALPHABET[version] + _encode(hash160 + _checksum(version, hash160))


def decode_address(text: str) -> tuple[int, bytes]:
    """The version and the hash of an address, or ``ValueError`` unless encoding gives exactly it.

    Wallets also read lower case and O, I and L. We do not: an address that can be written in two
    ways would not be found by comparing it.
    """
    if not 2 < len(text) <= _LONGEST_ADDRESS or text[0] != "S":
        raise ValueError("an address begins with S and has at most 41 characters")
    version = _digit(text[1])
    payload = _decode(text[2:])
    hash160, checksum = payload[:-_CHECKSUM_BYTES], payload[-_CHECKSUM_BYTES:]
    if len(hash160) != _HASH_BYTES or checksum != _checksum(version, hash160):
        raise ValueError("the address has a typing error: its checksum is wrong")
    return version, hash160


def _checksum(version: int, hash160: bytes) -> bytes:
    once = hashlib.sha256(bytes([version]) + hash160).digest()
    return hashlib.sha256(once).digest()[:_CHECKSUM_BYTES]


def _encode(data: bytes) -> str:
    """Base 32 of the bytes as one number; each leading zero byte becomes one ``0``."""
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number:
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "0" * zeros + "".join(reversed(digits))


def _decode(text: str) -> bytes:
    """The reverse of ``_encode``."""
    number = 0
    for character in text:
        number = number * 32 + _digit(character)
    zeros = len(text) - len(text.lstrip("0"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _digit(character: str) -> int:
    digit = _DIGITS.get(character)
    if digit is None:
        raise ValueError("an address is written in the 32 characters of c32")
    return digit
