"""Giving orders to the load generator's process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec
from bench.load import Order, Outcome

__all__ = ["Generator", "generator", "request_bytes"]


class Generator:
    """The process that makes requests."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._decoder = msgspec.json.Decoder(Outcome)

    def run(self, order: Order) -> Outcome:
        """Carry out one order; raise ``RuntimeError`` when the generator or the server broke down."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        pipe_in.write(msgspec.json.encode(order) + b"\n")
        pipe_in.flush()
        line = pipe_out.readline()
        if not line:
            raise RuntimeError("the load generator ended; what it said stands above")
        outcome = self._decoder.decode(line)
        if outcome.errors:
            raise RuntimeError(f"{outcome.errors} requests failed: {outcome.first_error}")
        return outcome


@contextmanager
def generator() -> Iterator[Generator]:
    """Start the process, and end it afterwards."""
    command = [sys.executable, "-m", "bench.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Generator(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=30)


def request_bytes(
    method: str,
    path: str,
    *,
    body: str = "",
    headers: Mapping[str, str] | None = None,
    marks: int = 0,
) -> bytes:
    """A whole HTTP/1.1 request; ``marks`` is by how much the marks in the body grow when filled in."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "accept: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if method != "GET":
        lines.append(f"content-length: {len(body) + marks}")
    return ("\r\n".join([*lines, "", ""]) + body).encode()
