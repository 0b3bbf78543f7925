"""A served appliance that is killed again and again, on the same folder and port."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from tests.served import Mailbox, Served, until

from stacktill.plugin.crash_points import VARIABLE

__all__ = ["READY_SECONDS", "Mortal", "close_mailbox", "open_mailbox"]

READY_SECONDS = 5.0
"""How soon a box must be ready again after a kill."""
RETRIES = ",".join(["0.3"] * 10 + ["1"] * 60)


class Mortal(Served):
    """``stacktill serve`` with quick retries of webhooks; ``lives`` are the seconds of each start.

    ``work`` are its seconds of CPU: on a machine that does other things too, they tell more.
    """

    def __init__(self, data_dir: Path, **settings: str) -> None:
        quick = {"STACKTILL__PLUGINS__NOTIFY_WEBHOOK__RETRY_SCHEDULE_SECONDS": RETRIES}
        super().__init__(data_dir, **quick, **settings)
        self.lives: list[float] = []
        self.work: list[float] = []
        self.crash_at: str | None = None

    @property
    def environ(self) -> dict[str, str]:
        """The environment, with the point to die at when there is one."""
        return super().environ | ({VARIABLE: self.crash_at} if self.crash_at else {})

    @property
    def pid(self) -> int:
        """The process that serves now."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_dead(self) -> bool:
        """Whether the process has ended."""
        return self._process is not None and self._process.poll() is not None

    def live(self, crash_at: str | None = None) -> bool:
        """Start; False when the process met its crash point before it was ready."""
        self.crash_at = crash_at
        started = time.monotonic()
        try:
            self.start()
        except AssertionError:
            if crash_at is None or not self.is_dead:
                raise
            self.check_killed()
            return False
        self.lives.append(time.monotonic() - started)
        spent = psutil.Process(self.pid).cpu_times()
        self.work.append(spent.user + spent.system)
        return True

    def wait_for_death(self, seconds: float) -> None:
        """Wait until the process meets its crash point."""
        until(lambda: self.is_dead, seconds=seconds)
        self.check_killed()

    def check_killed(self) -> None:
        """It ended by SIGKILL, and not for a reason of its own."""
        assert self._process is not None
        assert self._process.returncode == -signal.SIGKILL, self._process.returncode

    def close(self) -> None:
        """Leave nothing behind."""
        if not self.is_dead:
            self.kill()
        self.http.close()

    def end(self, seconds: float = 10.0) -> float:
        """SIGTERM, and exit status 0; how many seconds it took."""
        assert self._process is not None
        asked = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(seconds + 10)
        took = time.monotonic() - asked
        assert status == 0, f"ended with {status}: {self._log.read_text()[-3000:]}"
        assert took <= seconds, f"it took {took:.1f} s to end"
        return took


def close_mailbox(mailbox: Mailbox) -> None:
    """Take a receiver off the network; what came stays known."""
    mailbox._run(mailbox.receiver.__aexit__(None, None, None))


def open_mailbox(mailbox: Mailbox) -> None:
    """Put it back, at the same address."""
    mailbox._run(mailbox.receiver.__aenter__())
