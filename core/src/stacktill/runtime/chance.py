"""Random bytes from the system, fetched many at a time.

Asking the system lets go of the interpreter's lock, so a thread that makes an id might have to wait for
its turn again. No byte is handed out twice: every thread has a stock of its own.
"""

from __future__ import annotations

import os
import threading

__all__ = ["chance"]

STOCK_BYTES = 4_096


class _Stock(threading.local):
    """What one thread has fetched and not yet handed out."""

    bytes = b""
    used = 0


_stock = _Stock()


def chance(count: int) -> bytes:
    """So many bytes (at most ``STOCK_BYTES``) that nobody can guess."""
    stock = _stock
    end = stock.used + count
    if end > len(stock.bytes):
        stock.bytes, stock.used, end = os.urandom(STOCK_BYTES), 0, count
    taken = stock.bytes[stock.used : end]
    stock.used = end
    return taken


os.register_at_fork(after_in_child=lambda: setattr(_stock, "bytes", b""))
