"""Request parameters: one declaration parses, refuses as Stripe does, and writes the schema."""

from __future__ import annotations

from stacktill.web.params.addresses import Email, Origin, Url
from stacktill.web.params.compounds import Hash, ListOf
from stacktill.web.params.form import decode_form
from stacktill.web.params.json_body import decode_json
from stacktill.web.params.numbers import MAXIMUM_AMOUNT_SATS, Amount, Integer, Timestamp
from stacktill.web.params.parameter import Parameter
from stacktill.web.params.params import Params
from stacktill.web.params.specials import Expand, Metadata, Range
from stacktill.web.params.texts import Boolean, Currency, Enum, Text

__all__ = [
    "MAXIMUM_AMOUNT_SATS",
    "Amount",
    "Boolean",
    "Currency",
    "Email",
    "Enum",
    "Expand",
    "Hash",
    "Integer",
    "ListOf",
    "Metadata",
    "Origin",
    "Parameter",
    "Params",
    "Range",
    "Text",
    "Timestamp",
    "Url",
    "decode_form",
    "decode_json",
]
