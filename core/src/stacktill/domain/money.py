"""Amounts: whole satoshis, never fractions, never more than there can be."""

from __future__ import annotations

from stacktill.domain.errors import InvalidParameter

__all__ = ["CURRENCY", "DUST_SATS", "MAX_SATS", "check_amount", "check_fee"]

CURRENCY = "btc"
"""The API's currency code; its minor unit is the satoshi (8 decimals)."""

MAX_SATS = 2_100_000_000_000_000
"""All bitcoin there can ever be, in sats; below 2**53, so JavaScript holds it exactly."""

DUST_SATS = 1
"""The least amount that an intent may ask for, in sats."""


def check_amount(amount_sats: int, *, param: str = "amount") -> int:
    """Return the amount, or raise ``InvalidParameter`` naming ``param`` when it is out of bounds."""
    if amount_sats < DUST_SATS:
        raise InvalidParameter(
            f"The amount must be at least {DUST_SATS} sat.", code="amount_too_small", param=param
        )
    if amount_sats > MAX_SATS:
        raise InvalidParameter(
            f"The amount must be no more than {MAX_SATS} sats (21 million bitcoin).",
            code="amount_too_large",
            param=param,
        )
    return amount_sats


def check_fee(fee_sats: int, amount_sats: int, *, param: str = "application_fee_amount") -> int:
    """Return a fee on an amount, or raise ``InvalidParameter`` when it is more than the amount."""
    if fee_sats > amount_sats:
        raise InvalidParameter(
            f"The fee must be no more than the amount ({amount_sats} sats).", param=param
        )
    return fee_sats
