"""What every declared parameter has: whether it is required, may be unset, and what it means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from stacktill.web.params import refusals

__all__ = ["Parameter", "read_value"]


@dataclass(frozen=True, kw_only=True)
class Parameter(ABC):
    """One declared parameter.

    An empty string (or JSON null) for an ``unsettable`` one reads as None, which is not the
    same as being absent; for any other it is refused. ``default`` is given to the reader when
    the parameter is absent; None means that there is none.
    """

    required: bool = False
    unsettable: bool = False
    default: Any = None
    description: str = ""

    @abstractmethod
    def read(self, value: Any, name: str, typed: bool) -> Any:
        """The parsed value of a parameter that is not empty.

        ``name`` is its whole name in brackets, for errors; ``typed`` says that the value came
        as JSON and must have JSON's type, else it is a string of a form. Raises `InvalidParameter`.
        """

    @abstractmethod
    def shape(self, form: bool) -> dict[str, Any]:
        """The JSON Schema of values that are not empty; ``form`` as in `json_schema`."""

    def json_schema(self, form: bool = False) -> dict[str, Any]:
        """The JSON Schema of all that `read_value` accepts.

        With ``form`` it is that of what a form can carry: it has no null, and an empty array or
        hash sends nothing at all, which is allowed where the parameter is not required.
        """
        schema = self.shape_or_empty(form) if self.unsettable else self.shape(form)
        if self.default is not None:
            schema["default"] = self.default
        if self.description:
            schema["description"] = self.description
        return schema

    def shape_or_empty(self, form: bool) -> dict[str, Any]:
        """The JSON Schema of values that may be empty."""
        return {"anyOf": [self.shape(form), {"enum": [""] if form else ["", None]}]}


def read_value(parameter: Parameter, value: Any, name: str, typed: bool) -> Any:
    """Read one value, empty or not; raises `InvalidParameter`."""
    if value == "" or value is None:
        if parameter.unsettable:
            return None
        raise refusals.empty(name)
    return parameter.read(value, name, typed)
