"""``stacktill webhooks``: see where events go, and send them again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from stacktill.cli.opening import on_appliance, on_storage
from stacktill.cli.options import config_option, json_option
from stacktill.cli.output import moment, say, say_json, say_table
from stacktill.domain.errors import NotFound, StacktillError

if TYPE_CHECKING:
    from stacktill.application.services import Caller
    from stacktill.domain.webhooks import Delivery, WebhookEndpoint
    from stacktill.plugin import Storage, UnitOfWork
    from stacktill.runtime.appliance import Appliance

__all__ = ["webhooks"]


@click.group()
def webhooks() -> None:
    """See where events go, and send them again."""


@webhooks.command("list")
@config_option
@click.option("--merchant", help="Only this merchant's endpoints.")
@json_option
def list_(config: Path | None, merchant: str | None, as_json: bool) -> None:
    """List webhook endpoints and how they are."""
    from stacktill.cli.listing import all_of

    async def work(storage: Storage) -> list[WebhookEndpoint]:
        where = {} if merchant is None else {"merchant_id": merchant}
        return await all_of(storage, lambda uow: uow.webhook_endpoints, where)

    found = on_storage(config, work)
    if as_json:
        say_json(
            [
                {
                    "id": one.id,
                    "merchant": one.merchant_id,
                    "livemode": one.livemode,
                    "status": one.status,
                    "disabled_reason": one.disabled_reason,
                    "failing_since": one.failing_since,
                    "url": one.url,
                    "enabled_events": list(one.enabled_events),
                }
                for one in found
            ]
        )
        return
    rows = [
        [one.id, one.merchant_id, "live" if one.livemode else "test", _state(one), one.url]
        for one in found
    ]
    say_table(["ID", "MERCHANT", "MODE", "STATE (UTC)", "URL"], rows)


@webhooks.command()
@click.argument("event_id")
@click.option("--endpoint", required=True, help="The endpoint (we_…) that it goes to.")
@config_option
def retry(event_id: str, endpoint: str, config: Path | None) -> None:
    """Send the event EVENT_ID (evt_…) to one endpoint again."""

    async def work(appliance: Appliance) -> Delivery:
        from stacktill.application.redelivery import redeliver

        caller = await appliance.storage.read(_owner_of_endpoint, endpoint)
        return await appliance.storage.write(
            redeliver, appliance.services, caller, event_id, endpoint
        )

    queued = on_appliance(config, work)
    say(f"queued {queued.event_id} ({queued.event_type}) for {endpoint}{_wake(config)}")


@webhooks.command()
@click.argument("endpoint")
@click.option(
    "--after",
    type=click.IntRange(0),
    required=True,
    help="The position in the event log to begin after; 0 is the beginning.",
)
@click.option("--until", type=click.IntRange(1), help="The position to end with; else the end.")
@config_option
def replay(endpoint: str, after: int, until: int | None, config: Path | None) -> None:
    """Send a range of the event log into the endpoint ENDPOINT (we_…) again."""

    async def work(appliance: Appliance) -> int:
        return await _replay(appliance, endpoint, after, until)

    count = on_appliance(config, work)
    say(f"queued {count} events for {endpoint}{_wake(config)}")


async def _replay(appliance: Appliance, endpoint: str, after: int, until: int | None) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from stacktill.application.redelivery import replay_range

    caller = await appliance.storage.read(_owner_of_endpoint, endpoint)
    end = await appliance.storage.read(_end)
    last = end if until is None else min(until, end)
    count, position = 0, after
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("queueing events", total=max(last - after, 0))
        while position < last:
            part = await appliance.storage.write(
                replay_range,
                appliance.services,
                caller,
                endpoint,
                after_position=position,
                until_position=last,
            )
            count += len(part.deliveries)
            position = last if part.next_position is None else part.next_position
            progress.update(bar, completed=position - after)
    return count


def _owner_of_endpoint(uow: UnitOfWork, id: str) -> Caller:
    from stacktill.application.services import Caller

    endpoint = uow.webhook_endpoints.get(id)
    if endpoint is None:
        raise NotFound(
            f"There is no webhook endpoint '{id}'; 'stacktill webhooks list' shows them."
        )
    return Caller(endpoint.merchant_id, endpoint.livemode)


def _end(uow: UnitOfWork) -> int:
    found = uow.events.find({"position >=": 0}, order="position", descending=True, limit=1)
    return (found[0].position or 0) if found else 0


def _wake(config: Path | None) -> str:
    """Tell the running server that there is something to send; say what that leads to."""
    from stacktill.cli.options import settings_from
    from stacktill.cli.server_link import running_server

    server = running_server(settings_from(config))
    if server is None:
        return "; it is sent when the server runs"
    try:
        server.post("/v1/operator/wake", {})
    except StacktillError as error:
        return f"; the server sends it at its next look ({error})"
    return ""


def _state(endpoint: WebhookEndpoint) -> str:
    if endpoint.status == "disabled":
        return f"disabled: {endpoint.disabled_reason or 'by hand'}"
    if endpoint.failing_since is not None:
        return f"failing since {moment(endpoint.failing_since)}"
    return "enabled"
