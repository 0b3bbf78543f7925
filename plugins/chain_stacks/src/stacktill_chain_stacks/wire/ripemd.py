"""RIPEMD-160 for machines whose OpenSSL no longer has it.

Source: Dobbertin, Bosselaers, Preneel, "RIPEMD-160: A Strengthened Version of RIPEMD" (1996).
"""

from __future__ import annotations

import struct

__all__ = ["ripemd160"]

_MASK = 0xFFFFFFFF
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
_LEFT_CONSTANTS = (0x00000000, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E)
_RIGHT_CONSTANTS = (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0x00000000)
# Per step, as a hex digit: which word of the block it reads and how far it turns; five rounds of sixteen.
_LEFT_WORDS = (
    "0123456789abcdef",
    "74d1a6f3c0952eb8",
    "3ae49f812706db5c",
    "19ba08c4d37fe562",
    "40597c2ae138b6fd",
)
_RIGHT_WORDS = (
    "5e7092b4d6f81a3c",
    "6b370d5aef8c4912",
    "f5137e69b8c2a04d",
    "86413bf05c2d97ae",
    "cfa4158762de039b",
)
_LEFT_TURNS = (
    "befc5879bdef6798",
    "768db97f7cf9b7dc",
    "bd67e9dfe8d65c75",
    "bcefef989e56865c",
    "9f5b68dc5cdeb856",
)
_RIGHT_TURNS = (
    "899bdff5778beec6",
    "9df7c89b77c76fdb",
    "97fb866ecd5edd75",
    "f58bee6e69c9c5f8",
    "85c9c5e68d65fdbb",
)


def ripemd160(data: bytes) -> bytes:
    """20 bytes, as OpenSSL's ``ripemd160`` gives them, only slower."""
    state = list(_START)
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + struct.pack("<Q", len(data) * 8)
    for start in range(0, len(padded), 64):
        words = struct.unpack_from("<16I", padded, start)
        left = _line(state, words, _LEFT_WORDS, _LEFT_TURNS, left=True)
        right = _line(state, words, _RIGHT_WORDS, _RIGHT_TURNS, left=False)
        state = [
            (state[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]) & _MASK for i in range(5)
        ]
    return struct.pack("<5I", *state)


def _line(
    state: list[int],
    block: tuple[int, ...],
    words: tuple[str, ...],
    turns: tuple[str, ...],
    *,
    left: bool,
) -> tuple[int, int, int, int, int]:
    """One of the two lines of eighty steps, from the same state to its own end."""
    a, b, c, d, e = state
    for number in range(5):
        mixing = number if left else 4 - number
        constant = (_LEFT_CONSTANTS if left else _RIGHT_CONSTANTS)[number]
        for word, turn in zip(words[number], turns[number], strict=True):
            total = a + _mixed(mixing, b, c, d) + block[int(word, 16)] + constant
            a, b, c, d, e = e, (_turned(total, int(turn, 16)) + e) & _MASK, b, _turned(c, 10), d
    return a, b, c, d, e


def _mixed(number: int, x: int, y: int, z: int) -> int:
    if number == 0:
        return x ^ y ^ z
    if number == 1:
        return (x & y) | (~x & z)
    if number == 2:
        return (x | ~y) ^ z
    if number == 3:
        return (x & z) | (y & ~z)
    return x ^ (y | ~z)


def _turned(value: int, bits: int) -> int:
    value &= _MASK
    return ((value << bits) | (value >> (32 - bits))) & _MASK
