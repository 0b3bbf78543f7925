"""``stacktill serve`` and ``stacktill migrate``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from stacktill.cli.opening import opened_storage, quiet
from stacktill.cli.options import config_option, settings_from
from stacktill.cli.output import say

__all__ = ["migrate", "serve"]


@click.command()
@config_option
@click.option("--host", help="The address to listen on, instead of the configured one.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="The port to listen on, instead of the configured one; 0 takes any free one.",
)
@click.pass_context
def serve(ctx: click.Context, config: Path | None, host: str | None, port: int | None) -> None:
    """Serve: take payments until SIGTERM or Ctrl-C."""
    import msgspec

    settings = settings_from(config)
    changes = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    server = msgspec.structs.replace(settings.server, **changes)
    # The web is by far the heaviest import of all.
    from stacktill.web.serve import run

    ctx.exit(run(msgspec.structs.replace(settings, server=server)))


@click.command()
@config_option
def migrate(config: Path | None) -> None:
    """Bring the database up to date; the server does so too when it starts."""
    import asyncio

    from rich.console import Console

    quiet()
    settings = settings_from(config)

    async def run() -> list[str]:
        async with opened_storage(settings) as storage:
            return await storage.migrate()

    with Console(stderr=True).status(f"Bringing the database in {settings.data_dir} up to date …"):
        steps = asyncio.run(run())
    for step in steps:
        say(f"done: {step}")
    if not steps:
        say("The database is up to date.")
