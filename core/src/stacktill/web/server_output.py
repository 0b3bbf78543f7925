"""An answer's head and the first part of its body leave in one piece."""

from __future__ import annotations

from typing import Any

__all__ = ["JoinedOutput"]


class JoinedOutput:
    """Stands between uvicorn's cycle of one answer and its connection.

    uvicorn writes the head and then the body. Each write is a call to the system and a packet of its own,
    so the head waits here for what follows. The cycle knows only the methods below.
    """

    __slots__ = ("_head", "_is_begun", "_transport")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._head = b""
        self._is_begun = False

    def write(self, data: bytes) -> None:
        """Hold back the answer's first piece; write each further one behind what waits."""
        if not self._is_begun and not data.startswith(b"HTTP/1.1 100"):
            self._is_begun = True
            self._head = data
            return
        head, self._head = self._head, b""
        self._transport.write(head + data)

    def close(self) -> None:
        """Write what waits, and close."""
        if self._head:
            self.write(b"")
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""
        closing: bool = self._transport.is_closing()
        return closing
