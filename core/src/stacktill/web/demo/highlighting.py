"""Code for people: JSON with its parts told apart, and calls of the API as curl commands."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from stacktill.web.demo.client import Exchange

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["as_curl", "as_json"]

TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?)')


def as_json(text: str) -> Markup:
    """JSON, indented, with names, texts and numbers marked; other text as it is."""
    from markupsafe import Markup, escape

    try:
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return escape(text)
    parts, end = [], 0
    for token in TOKEN.finditer(text):
        parts.append(escape(text[end : token.start()]))
        kind = "name" if token[2] else "text" if token[1] else "word" if token[3] else "number"
        shown = escape(token[1] or token[0])
        parts.append(Markup('<span class="{}">{}</span>{}').format(kind, shown, token[2] or ""))
        end = token.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def as_curl(exchange: Exchange, url: str) -> str:
    """A call as one would type it."""
    lines = [f"curl {url}{exchange.path} -u sk_test_…:"]
    if exchange.method == "GET" and exchange.params:
        lines[0] += " -G"
    lines += [f"-H {_quoted(f'{name}: {value}')}" for name, value in exchange.headers]
    lines += [f"-d {_quoted(f'{name}={value}')}" for name, value in exchange.params]
    return " \\\n  ".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
