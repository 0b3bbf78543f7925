"""Parameters that are whole numbers: counts, amounts in satoshis, times in Unix seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from stacktill.web.params import refusals
from stacktill.web.params.parameter import Parameter

__all__ = ["MAXIMUM_AMOUNT_SATS", "Amount", "Integer", "Timestamp"]

MAXIMUM_AMOUNT_SATS = 2_100_000_000_000_000
"""All the satoshis there will ever be."""

_INTEGER_CODE = "parameter_invalid_integer"
_whole_number = re.compile(r"0|-?[1-9][0-9]*").fullmatch
_LONGEST_DIGITS = 20
"""Sign and digits of a 64-bit number; what is longer is out of range and is not converted."""


@dataclass(frozen=True, kw_only=True)
class Integer(Parameter):
    """A whole number from ``minimum`` to ``maximum``, both allowed; 64 bits unless narrower.

    In forms plain ASCII digits with an optional minus; in JSON a number without a fraction
    (``1.0`` is refused too). The codes are those of values outside the bounds.
    """

    minimum: int = -(2**63)
    maximum: int = 2**63 - 1
    too_small_code: str = _INTEGER_CODE
    too_large_code: str = _INTEGER_CODE

    def read(self, value: Any, name: str, typed: bool) -> int:
        """The number as an int."""
        if typed:
            if type(value) is not int:
                raise _not_integer(value, name)
            number = value
        elif type(value) is not str or not _whole_number(value):
            raise _not_integer(value, name)
        elif len(value) > _LONGEST_DIGITS:
            number = self.minimum - 1 if value[0] == "-" else self.maximum + 1
        else:
            number = int(value)
        if number < self.minimum:
            message = f"Invalid integer: {name} must be greater than or equal to {self.minimum}."
            raise refusals.invalid(name, message, code=self.too_small_code)
        if number > self.maximum:
            message = f"Invalid integer: {name} must be less than or equal to {self.maximum}."
            raise refusals.invalid(name, message, code=self.too_large_code)
        return number

    def shape(self, form: bool) -> dict[str, Any]:
        """An integer between the bounds."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


def _not_integer(value: object, name: str) -> Exception:
    return refusals.invalid(name, f"Invalid integer: {refusals.shown(value)}", code=_INTEGER_CODE)


@dataclass(frozen=True, kw_only=True)
class Amount(Integer):
    """An amount in satoshis; outside its bounds it is too small or too large, as at Stripe."""

    minimum: int = 1
    maximum: int = MAXIMUM_AMOUNT_SATS
    too_small_code: str = "amount_too_small"
    too_large_code: str = "amount_too_large"


@dataclass(frozen=True, kw_only=True)
class Timestamp(Integer):
    """A moment in Unix seconds, up to the end of the year 9999."""

    minimum: int = 0
    maximum: int = 253_402_300_799
