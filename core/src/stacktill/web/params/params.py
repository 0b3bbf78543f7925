"""The parameters of one operation: parses a request's tree and describes itself for OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacktill.web.params.compounds import ListOf
from stacktill.web.params.parameter import Parameter
from stacktill.web.params.specials import Expand
from stacktill.web.params.table import Groups, Table

__all__ = ["Params"]

_SCALARS = ("string", "integer", "boolean")


class Params:
    """A declared set of parameters, made once at import and shared by all requests.

    Of each group in ``exclusive`` at most one may be sent, of each in ``needed`` at least one.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        *,
        exclusive: Groups = (),
        needed: Groups = (),
    ) -> None:
        self._table = Table(parameters, exclusive=exclusive, needed=needed)

    @property
    def names(self) -> tuple[str, ...]:
        """The declared names, in the order of declaration."""
        return tuple(self._table.parameters)

    def parse(self, tree: Mapping[str, Any], *, typed: bool = False) -> dict[str, Any]:
        """The parsed values of what was sent, and the defaults of what was not.

        ``tree`` comes from `decode_form`, or from `decode_json` with ``typed=True``. Raises
        `InvalidParameter` for one bad parameter, `InvalidRequest` for a bad combination.
        """
        return self._table.read(tree, "", typed)

    def json_schema(self, *, form: bool = False) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the request body, as JSON or, with ``form``, as a form."""
        return self._table.shape(form)

    def form_encoding(self) -> dict[str, dict[str, Any]]:
        """OpenAPI's ``encoding`` of the form body: brackets for all that is not a single value."""
        return {
            name: {"style": "deepObject", "explode": True}
            for name, parameter in self._table.parameters.items()
            if parameter.shape(True).get("type") not in _SCALARS
        }

    def query_parameters(self) -> list[dict[str, Any]]:
        """The OpenAPI parameter objects of a query string, arrays in the ``name[]`` spelling."""
        return [_query(name, each) for name, each in self._table.parameters.items()]


def _query(name: str, parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {"name": name, "in": "query", "required": parameter.required}
    if parameter.description:
        described["description"] = parameter.description
    schema = parameter.json_schema(form=True)
    schema.pop("description", None)
    described["schema"] = schema
    if isinstance(parameter, ListOf | Expand):
        described |= {"name": f"{name}[]", "style": "form", "explode": True}
    elif parameter.shape(True).get("type") not in _SCALARS:
        described |= {"style": "deepObject", "explode": True}
    return described
