"""Named points at which a test may kill the process, to see that nothing is lost there.

``STACKTILL_CRASH_AT=write.after_commit`` kills it with SIGKILL the first time the point is reached,
``write.after_commit:3`` the third time. Without the variable a point costs one comparison.
"""

from __future__ import annotations

import os
import signal

__all__ = ["CRASH_POINTS", "SPONSOR_POINTS", "VARIABLE", "reach"]

VARIABLE = "STACKTILL_CRASH_AT"

CRASH_POINTS = (
    "write.before_commit",
    "write.after_commit",
    "watch.before_write",
    "watch.after_write",
    "watch.before_expiry",
    "relay.before_write",
    "relay.after_write",
    "deliver.before_attempt",
    "deliver.after_attempt",
    "deliver.after_write",
)
"""The points in the order in which a payment's news passes them."""

SPONSOR_POINTS = ("sponsor.after_keep", "sponsor.after_send", "sponsor.after_resign")
"""Those of payments whose network fee is paid."""

_wanted, _, _times = os.environ.get(VARIABLE, "").partition(":")
_left = int(_times) if _times.isdecimal() else 1


def reach(name: str) -> None:
    """Say that a point is reached; the process ends here when it was told to."""
    global _left  # noqa: PLW0603 - the count of the whole process
    if name != _wanted:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
