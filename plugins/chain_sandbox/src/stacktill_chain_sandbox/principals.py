"""Who and what there is on the sandbox chain: principals, contracts and assets by name."""

from __future__ import annotations

import hashlib
import re

from stacktill.domain.addresses import AddressForm
from stacktill.domain.c32 import decode_address, encode_address

__all__ = [
    "FAUCET",
    "MINT",
    "SBTC_ASSET",
    "SBTC_CONTRACT",
    "STX",
    "form_of",
    "is_asset",
    "is_contract",
    "is_principal",
    "lookalike_asset",
    "named_address",
]

_SINGLE_SIGNATURE = 26  # ST…
_MULTIPLE_SIGNATURES = 21  # SN…
_CONTRACT_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,39}")
# A look-alike is made up to be refused, so nobody needs to compute a checksum for its address.
_CONTRACT = re.compile(r"S[0-9A-Z]{1,40}\." + _CONTRACT_NAME.pattern)
_ASSET = re.compile(_CONTRACT.pattern + r"::[a-zA-Z][a-zA-Z0-9_!?+<>=/*-]{0,127}")


def named_address(name: str, *, version: int = _SINGLE_SIGNATURE) -> str:
    """A testnet address that depends on a name only; nobody has its key, and nobody needs it."""
    return encode_address(version, hashlib.sha256(name.encode("utf-8")).digest()[:20])


SBTC_CONTRACT = named_address("sandbox sbtc deployer", version=_MULTIPLE_SIGNATURES) + ".sbtc-token"
"""The token contract of real sBTC on this chain."""
SBTC_ASSET = f"{SBTC_CONTRACT}::sbtc-token"
"""Real sBTC on this chain; everything else is a look-alike."""
STX = "STX"
"""The chain's own coin: it can be sent, but it is no fungible token and never a ``Transfer``."""
FAUCET = named_address("sandbox faucet")
"""Pays when an order names no sender; holds the whole supply of every asset at the start."""
MINT = named_address("sandbox mint")
"""Stands for nobody: what comes from it is minted, what goes to it is burned, and it may owe."""


_FORMS: dict[int, AddressForm] = {_SINGLE_SIGNATURE: "wallet", _MULTIPLE_SIGNATURES: "multisig"}


def form_of(text: str) -> AddressForm | None:
    """What kind of testnet principal the text names, or None when it names none."""
    address, dot, contract_name = text.partition(".")
    if dot and not _CONTRACT_NAME.fullmatch(contract_name):
        return None
    try:
        version, _ = decode_address(address)
    except ValueError:
        return None
    form = _FORMS.get(version)
    return "contract" if dot and form is not None else form


def is_principal(text: str) -> bool:
    """Whether the text is a testnet address, or one with a contract name behind it."""
    return form_of(text) is not None


def is_contract(text: str) -> bool:
    """Whether the text can name a contract, a look-alike's included."""
    return _CONTRACT.fullmatch(text) is not None


def is_asset(text: str) -> bool:
    """Whether the text can name an asset: ``ADDRESS.contract::asset`` or ``STX``."""
    return text == STX or _ASSET.fullmatch(text) is not None


def lookalike_asset(contract: str) -> str:
    """The asset that a token contract gives when it takes the name of sBTC."""
    return f"{contract}::sbtc-token"
