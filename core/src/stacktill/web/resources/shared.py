"""Parameters that several resources share."""

from __future__ import annotations

from stacktill.web.api.lists import ID_LENGTH
from stacktill.web.params import Hash, Text

__all__ = ["address", "reference", "shipping"]

LINE = 500


def reference(description: str, *, required: bool = False, unsettable: bool = False) -> Text:
    """An id of another object."""
    return Text(
        max_length=ID_LENGTH, description=description, required=required, unsettable=unsettable
    )


def address() -> Hash:
    """A postal address."""
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return Hash(
        {name: Text(max_length=LINE, unsettable=True) for name in names},
        unsettable=True,
        description="A postal address.",
    )


def shipping() -> Hash:
    """Where to ship to."""
    return Hash(
        {
            "address": address(),
            "name": Text(max_length=LINE),
            "phone": Text(max_length=LINE, unsettable=True),
            "carrier": Text(max_length=LINE, unsettable=True),
            "tracking_number": Text(max_length=LINE, unsettable=True),
        },
        unsettable=True,
        description="Where the goods are shipped to.",
    )
