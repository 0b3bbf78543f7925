"""How much the box takes while it does nothing, and how soon it is there."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from bench.figures import Figure, median
from bench.load import cpu_seconds
from bench.processes import Box, command_line, resident_mb

__all__ = ["measure_footprint"]

IDLE_MB = 150
READY_SECONDS = 3
HELP_CPU_SECONDS = 0.6
SETTLE_SECONDS = 3.0


def measure_footprint(folder: Path, *, rounds: int) -> list[Figure]:
    """Resident memory when idle, time to ready on later starts, processor time of the help."""
    box = Box(folder / "footprint")
    ready, started, resident = [], [], []
    with box.served() as appliance:
        first = appliance.ready_seconds
    for _ in range(rounds):
        with box.served() as appliance:
            ready.append(appliance.ready_seconds)
            started.append(cpu_seconds(appliance.pid))
            time.sleep(SETTLE_SECONDS)
            resident.append(resident_mb(appliance.pid))
    helps = [_help_cpu_seconds() for _ in range(rounds)]
    words = f"{median(started):.1f} s CPU; first start {first:.1f} s"
    return [
        Figure("memory when idle", "", median(resident), IDLE_MB, "at most", "MB"),
        Figure("ready on a second start", words, median(ready), READY_SECONDS, "at most", "s"),
        Figure("stacktill --help, CPU", "", median(helps), HELP_CPU_SECONDS, "at most", "s"),
    ]


def _help_cpu_seconds() -> float:
    command = [*command_line(), "--help"]
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    used = after.children_user + after.children_system
    return used - before.children_user - before.children_system
