"""``stacktill doctor``: look at everything that could be wrong, and say how to mend it."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from stacktill.cli.options import config_option
from stacktill.cli.output import say

__all__ = ["doctor"]


@click.command()
@config_option
@click.pass_context
def doctor(ctx: click.Context, config: Path | None) -> None:
    """Examine this box: configuration, folder, disk, server, database, chains, events."""
    from stacktill.cli.examinations import examine
    from stacktill.cli.opening import quiet

    quiet()
    healthy = True
    for finding in examine(config):
        healthy &= finding.ok
        say(f"{'ok' if finding.ok else '!!'}  {finding.what}: {finding.detail}")
        if not finding.ok and finding.mend:
            say(f"    {finding.mend}")
    ctx.exit(0 if healthy else 1)
