"""A payment request that wallets can scan: the ``web+stx:`` address of Stacks Pay (SIP-029, a draft).

The request is a query string in Bech32m (BIP-350) with the human-readable part ``stxpay``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, urlencode

from stacktill.web.pages.checkout.states import Place

__all__ = ["bech32m", "payment_request"]

PREFIX = "web+stx:"
HUMAN_PART = "stxpay"
LONGEST = 512
LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
BECH32M = 0x2BC830A3


@lru_cache(maxsize=256)
def payment_request(place: Place, amount_sats: int) -> str | None:
    """The request to pay an amount at a place; None when it cannot say all of it, memo included.

    It has no expiry: money that is late has its own answers, and a wallet's clock may be wrong.
    """
    if place.memo_text is None:
        return None
    fields = {
        "recipient": place.address,
        "token": place.token,
        "amount": amount_sats,
        "memo": place.memo_text,
    }
    encoded = bech32m(HUMAN_PART, f"invoice?{urlencode(fields, quote_via=quote)}".encode())
    return None if len(encoded) > LONGEST else PREFIX + encoded


def bech32m(human_part: str, data: bytes) -> str:
    """Bytes as Bech32m text with that human-readable part."""
    values = list(_fives(data))
    human = [ord(letter) >> 5 for letter in human_part]
    human += [0, *(ord(letter) & 31 for letter in human_part)]
    check = _checksum([*human, *values, 0, 0, 0, 0, 0, 0]) ^ BECH32M
    values += [check >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{human_part}1{''.join(LETTERS[value] for value in values)}"


def _fives(data: bytes) -> Iterable[int]:
    """Eight bits at a time become five bits at a time, the last ones filled up with zeros."""
    bits = int.from_bytes(data, "big")
    spare = -len(data) * 8 % 5
    bits <<= spare
    count = (len(data) * 8 + spare) // 5
    return (bits >> 5 * (count - 1 - place) & 31 for place in range(count))


def _checksum(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, factor in enumerate(GENERATOR):
            check ^= factor if top >> place & 1 else 0
    return check
