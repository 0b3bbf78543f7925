"""Writes one call in three languages: curl, and the official SDKs for Python and Node."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from stacktill.web.pages.examples import ID_OF, SDK_NAMES, example_params

__all__ = ["Sample", "samples_of", "sdk_name"]

KEY = "sk_test_…"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
INDENT = "  "


@dataclass(frozen=True, slots=True)
class Sample:
    """One call in one language."""

    language: str
    text: str


def samples_of(name: str, method: str, path: str, url: str) -> list[Sample]:
    """The example call of an operation at an appliance."""
    ids = [_id(name, each) for each in PLACEHOLDER.findall(path)]
    filled = PLACEHOLDER.sub(lambda found: _id(name, found[1]), path)
    params = example_params(name)
    calls = sdk_name(name)
    return [
        Sample("curl", _curl(method, f"{url}{filled}", params, name)),
        Sample("python", _python(calls, method, filled, ids, params)),
        Sample("node", _node(calls, method, filled, ids, params)),
    ]


def sdk_name(name: str) -> str | None:
    """What the SDKs call an operation, or None when they have no word for it."""
    resource, _, verb = name.partition(".")
    if name in SDK_NAMES:
        return SDK_NAMES[name]
    known = SDK_NAMES.get(resource, resource)
    return None if known is None else f"{known}.{verb}"


def _id(name: str, placeholder: str) -> str:
    if placeholder != "id":
        return "pm_…"
    return ID_OF.get(name) or ID_OF[name.partition(".")[0]]


def _curl(method: str, url: str, params: dict[str, Any], name: str) -> str:
    lines = [f"curl {url}" if method != "DELETE" else f"curl -X DELETE {url}", f"-u {KEY}:"]
    if name == "payment_intents.events":
        lines.insert(1, "-N")
    if params and method == "GET":
        lines.append("-G")
    option = "--data-urlencode" if method == "GET" else "-d"
    pairs = [f"{option} {_quoted(f'{key}={value}')}" for key, value in _pairs(params, "")]
    if method == "POST" and not pairs:
        lines.append("-X POST")
    return " \\\n  ".join([*lines, *pairs])


def _pairs(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """The names in brackets and values of a form."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _pairs(each, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _pairs(each, f"{name}[{index}]")
    else:
        text = json.dumps(value) if isinstance(value, bool) else str(value)
        yield name, quote(text, safe=" ,:/@'{}…>~") if "&" in text else text


def _quoted(text: str) -> str:
    if re.fullmatch(r"[\w=.:/@…-]+", text):
        return text
    return '"' + text.replace('"', '\\"') + '"'


def _python(
    calls: str | None, method: str, path: str, ids: list[str], params: dict[str, Any]
) -> str:
    if calls is None:
        given = [f'"{method.lower()}"', f'"{path}"']
        given += [f"{key}={_python_value(value)}" for key, value in params.items()]
        return f"client.raw_request({', '.join(given)})"
    given = [f'"{id}"' for id in ids]
    if params:
        given.append(f"params={_python_value(params)}")
    return f"client.v1.{calls}({', '.join(given)})"


def _node(calls: str | None, method: str, path: str, ids: list[str], params: dict[str, Any]) -> str:
    shown = [_node_value(params)] if params else []
    if calls is None:
        given = [f'"{method}"', f'"{path}"', *shown]
        return f"await stripe.rawRequest({', '.join(given)});"
    words = ".".join(_camel(word) for word in calls.split("."))
    given = [*(f'"{id}"' for id in ids), *shown]
    return f"await stripe.{words}({', '.join(given)});"


def _python_value(value: Any, depth: int = 0) -> str:
    if isinstance(value, dict):
        pairs = [f'"{key}": {_python_value(each, depth + 1)}' for key, each in value.items()]
        return _braced("{", pairs, "}", depth)
    if isinstance(value, list):
        return f"[{', '.join(_python_value(each, depth) for each in value)}]"
    return str(value) if isinstance(value, bool | int) else json.dumps(value, ensure_ascii=False)


def _node_value(value: Any, depth: int = 0) -> str:
    if isinstance(value, dict):
        pairs = [f"{key}: {_node_value(each, depth + 1)}" for key, each in value.items()]
        return _braced("{", pairs, "}", depth)
    if isinstance(value, list):
        return f"[{', '.join(_node_value(each, depth) for each in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _braced(opening: str, parts: list[str], closing: str, depth: int) -> str:
    """On one line when it is short, else one part a line."""
    line = f"{opening}{', '.join(parts)}{closing}"
    if len(line) <= 40 and "\n" not in line:
        return line
    inner = "".join(f"{INDENT * (depth + 1)}{part},\n" for part in parts)
    return f"{opening}\n{inner}{INDENT * depth}{closing}"


def _camel(word: str) -> str:
    first, *rest = word.split("_")
    return first + "".join(each.capitalize() for each in rest)
