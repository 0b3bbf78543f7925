"""``stacktill events``: watch the event log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from stacktill.cli.opening import on_storage
from stacktill.cli.options import config_option
from stacktill.cli.output import moment, say

if TYPE_CHECKING:
    from stacktill.domain.events import Event
    from stacktill.plugin import Storage, UnitOfWork

__all__ = ["events"]

PAGE = 500
POLL_SECONDS = 0.3


@click.group()
def events() -> None:
    """Watch the event log."""


@events.command()
@config_option
@click.option("--follow", "-f", is_flag=True, help="Go on and print events as they come.")
@click.option(
    "--lines", "-n", type=click.IntRange(0), default=20, show_default=True, help="How many to show."
)
@click.option(
    "--after", type=click.IntRange(0), help="Show all events after this position instead."
)
@click.option("--json", "as_json", is_flag=True, help="Print each event as one line of JSON.")
def tail(
    *, config: Path | None, follow: bool, lines: int, after: int | None, as_json: bool
) -> None:
    """Print the last events of all merchants, in the order of the log."""

    async def work(storage: Storage) -> None:
        import asyncio

        position = after
        if position is None:
            found = await storage.scan(_last, lines)
            _print(found, as_json=as_json)
            position = await storage.read(_end)
        while True:
            found = await storage.scan(_after, position)
            _print(found, as_json=as_json)
            if found:
                position = found[-1].position or position
            elif not follow:
                return
            else:
                await asyncio.sleep(POLL_SECONDS)

    on_storage(config, work)


def _last(uow: UnitOfWork, count: int) -> list[Event]:
    if count == 0:
        return []
    found = uow.events.find({"position >=": 0}, order="position", descending=True, limit=count)
    return found[::-1]


def _end(uow: UnitOfWork) -> int:
    found = _last(uow, 1)
    return (found[0].position or 0) if found else 0


def _after(uow: UnitOfWork, position: int) -> list[Event]:
    return uow.events.find({"position >": position}, order="position", limit=PAGE)


def _print(found: list[Event], *, as_json: bool) -> None:
    import json

    for event in found:
        if not as_json:
            mode = "live" if event.livemode else "test"
            say(
                f"{event.position:>8}  {moment(event.created)}  {mode}  {event.type:<34} "
                f"{event.object_id}  {event.id}"
            )
            continue
        whole = {
            "id": event.id,
            "position": event.position,
            "created": event.created,
            "type": event.type,
            "livemode": event.livemode,
            "merchant": event.merchant_id,
            "data": json.loads(event.data),
        }
        say(json.dumps(whole, ensure_ascii=False))
