"""Giving orders to the load generator's process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bench.children import Child, child
from bench.load import Order, Outcome

__all__ = ["Generator", "generator", "request_bytes"]


class Generator:
    """The process that makes requests."""

    def __init__(self, process: Child[Outcome]) -> None:
        self._process = process

    def run(self, order: Order) -> Outcome:
        """Carry out one order; raise ``RuntimeError`` when a request failed."""
        outcome = self._process.ask(order)
        if outcome.errors:
            raise RuntimeError(f"{outcome.errors} requests failed: {outcome.first_error}")
        return outcome


@contextmanager
def generator() -> Iterator[Generator]:
    """Start the process, and end it afterwards."""
    with child("bench.load", Outcome) as process:
        yield Generator(process)


def request_bytes(
    method: str,
    path: str,
    *,
    body: str = "",
    headers: Mapping[str, str] | None = None,
    marks: int = 0,
) -> bytes:
    """A whole HTTP/1.1 request; ``marks`` is by how much the body's marks grow when filled in."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "accept: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if method != "GET":
        lines.append(f"content-length: {len(body) + marks}")
    return ("\r\n".join([*lines, "", ""]) + body).encode()
