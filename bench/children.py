"""Talking to a helper process: one line of JSON there, one line back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeVar

import msgspec

__all__ = ["Child", "child"]

A = TypeVar("A")


class Child(Generic[A]):
    """A helper that answers each order with an ``A``."""

    def __init__(self, process: subprocess.Popen[bytes], kind: type[A]) -> None:
        self._process = process
        self._decoder = msgspec.json.Decoder(kind)

    def ask(self, order: msgspec.Struct) -> A:
        """Send an order and wait for its answer; raise ``RuntimeError`` when the helper has ended."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        pipe_in.write(msgspec.json.encode(order) + b"\n")
        pipe_in.flush()
        line = pipe_out.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended; what it said stands above")
        return self._decoder.decode(line)


@contextmanager
def child(
    module: str, kind: type[A], *, environment: Mapping[str, str] | None = None
) -> Iterator[Child[A]]:
    """Start a module of the bench as a process, and end it afterwards."""
    command = [sys.executable, "-m", module]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as process:
        try:
            yield Child(process, kind)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=60)
