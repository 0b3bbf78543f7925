"""A set of named parameters: reads a hash of them, and describes it as a JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from stacktill.web.params import refusals
from stacktill.web.params.parameter import Parameter

__all__ = ["Groups", "Table"]

Groups = tuple[tuple[str, ...], ...]
"""Sets of names that belong together in a rule."""


class Table:
    """Named parameters and the rules between them, prepared once and read per request.

    Of each group in ``exclusive`` at most one may be sent, of each in ``needed`` at least one.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        *,
        exclusive: Groups = (),
        needed: Groups = (),
    ) -> None:
        self.parameters = dict(parameters)
        self._required = [name for name, each in parameters.items() if each.required]
        self._defaults = {
            name: each.default for name, each in parameters.items() if each.default is not None
        }
        self._exclusive = [pair for group in exclusive for pair in combinations(group, 2)]
        self._needed = needed
        for name in (name for group in (*exclusive, *needed) for name in group):
            if name not in self.parameters:
                raise ValueError(f"the rule names an undeclared parameter: {name}")

    def read(self, tree: Mapping[str, Any], prefix: str, typed: bool) -> dict[str, Any]:
        """The parsed parameters that were sent, and the defaults of those that were not.

        ``prefix`` is the name of the hash they are in, empty at the top. Raises `InvalidRequest`.
        """
        parameters = self.parameters
        parsed: dict[str, Any] = {}
        for key, value in tree.items():
            name = f"{prefix}[{key}]" if prefix else key
            parameter = parameters.get(key)
            if parameter is None:
                raise refusals.unknown(name, key, parameters)
            if value == "" or value is None:
                if not parameter.unsettable:
                    raise refusals.empty(name)
                parsed[key] = None
            else:
                parsed[key] = parameter.read(value, name, typed)
        for key in self._required:
            if key not in parsed:
                raise refusals.missing(_inside(prefix, key))
        if self._exclusive or self._needed:
            self._check_groups(parsed, prefix)
        if self._defaults:
            return {**self._defaults, **parsed}
        return parsed

    def _check_groups(self, parsed: Mapping[str, Any], prefix: str) -> None:
        for first, second in self._exclusive:
            if first in parsed and second in parsed:
                raise refusals.exclusive((_inside(prefix, first), _inside(prefix, second)))
        for group in self._needed:
            if not any(name in parsed for name in group):
                raise refusals.missing(*(_inside(prefix, name) for name in group))

    def shape(self, form: bool) -> dict[str, Any]:
        """The JSON Schema of the hash; ``form`` as in `Parameter.json_schema`."""
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {name: each.json_schema(form) for name, each in self.parameters.items()},
            "additionalProperties": False,
        }
        if self._required:
            schema["required"] = list(self._required)
        rules: list[dict[str, Any]] = [
            {"not": {"required": list(pair)}} for pair in self._exclusive
        ]
        rules += [{"anyOf": [{"required": [name]} for name in group]} for group in self._needed]
        if rules:
            schema["allOf"] = rules
        return schema


def _inside(prefix: str, key: str) -> str:
    return f"{prefix}[{key}]" if prefix else key
