"""Wallets of the sandbox: they sign messages without keys, since nobody here has anything to lose."""

from __future__ import annotations

import hashlib
import hmac

from stacktill.domain.addresses import AddressForm
from stacktill.domain.c32 import decode_address
from stacktill.domain.errors import InvalidParameter
from stacktill_chain_sandbox.principals import SBTC_CONTRACT, form_of

__all__ = ["address_fault", "address_form", "is_signed", "sign"]

_MAINNET_VERSIONS = (22, 20)  # SP…, SM…


def address_form(text: str) -> AddressForm | None:
    """What kind of principal the text names, or None."""
    return form_of(text)


def address_fault(text: str) -> str | None:
    """Why nobody should be paid there, or None."""
    try:
        version, hash160 = decode_address(text.partition(".")[0])
    except ValueError:
        return None
    if text == SBTC_CONTRACT:
        return f"'{text}' is the contract of sBTC itself, and nobody gets out what is sent to it."
    if not any(hash160):
        return f"'{text}' is nobody's: it has no key, and what is sent there is lost."
    if version in _MAINNET_VERSIONS:
        return f"'{text}' is an address of the main network. The sandbox's begin with ST or SN."
    return None


def sign(seed: str, message: str, *, address: str) -> str:
    """A text's signature by the wallet of an address: hex of 65 bytes, as real ones have.

    Raise ``InvalidParameter`` when the address is no wallet's.
    """
    if form_of(address) != "wallet":
        raise InvalidParameter(
            f"'{address}' is no wallet's address, and only a wallet can sign: it begins with ST and "
            "names no contract.",
            param="address",
        )
    key = f"{seed}/wallet/{address}".encode()
    return hmac.new(key, message.encode(), hashlib.sha512).hexdigest() + "00"


def is_signed(seed: str, message: str, signature: str, *, address: str) -> bool:
    """Whether ``sign`` made it."""
    if form_of(address) != "wallet":
        return False
    given = signature.removeprefix("0x").lower().encode()
    return hmac.compare_digest(sign(seed, message, address=address).encode(), given)
