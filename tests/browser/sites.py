"""Other people's sites: a real HTTP server on another origin, with pages and headers as given."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import pytest

__all__ = ["Site", "shop_policy", "site"]


def shop_policy(box: str, *, frames: str | None = None) -> str:
    """As strict a policy as a shop can have, with the one line that the checkout needs."""
    return (
        f"default-src 'none'; script-src 'self' {box}; frame-src {frames or box}; img-src data:; "
        "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


class Site:
    """``http://localhost:PORT``: for a browser another site than the box at 127.0.0.1."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, bytes, Mapping[str, str]]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, body, headers = site.pages.get(
                    self.path.partition("?")[0], ("text/plain", b"nothing here", {})
                )
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def origin(self) -> str:
        """The origin that browsers see."""
        return f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def page(self, path: str, body: str, *, script: str = "", policy: str | None = None) -> str:
        """Publish a page with a script file of its own; its address."""
        headers = {} if policy is None else {"Content-Security-Policy": policy}
        name = f"{path}.js"
        self.pages[name] = ("text/javascript", script.encode(), {})
        whole = (
            f'<!doctype html><html lang="en"><head><title>A shop</title><link rel="icon" href="data:,">'
            f'<script type="module" src="{name}"></script></head><body>{body}</body></html>'
        )
        self.pages[path] = ("text/html", whole.encode(), headers)
        return self.origin + path


@pytest.fixture
def site() -> Iterator[Site]:
    """Somebody's site."""
    with Site() as other:
        yield other
