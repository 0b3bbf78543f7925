"""The root of all commands. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from stacktill import __version__
from stacktill.cli.audit import audit
from stacktill.cli.buttons import button
from stacktill.cli.checking import check, init, plugins
from stacktill.cli.doctor import doctor
from stacktill.cli.events import events
from stacktill.cli.group import TillGroup
from stacktill.cli.keys import keys
from stacktill.cli.merchants import merchant
from stacktill.cli.pos import pos
from stacktill.cli.sandbox import sandbox
from stacktill.cli.serving import migrate, serve
from stacktill.cli.statements import statement
from stacktill.cli.webhooks import webhooks

__all__ = ["main"]


@click.group(
    cls=TillGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Plugins may add commands of their own; `stacktill plugins` lists them.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The config file, for every command.",
)
@click.version_option(__version__, message="stacktill %(version)s")
def main(config: Path | None) -> None:
    """A self-hosted till for sBTC."""
    del config  # `stacktill.cli.options.settings_from` looks it up.


for _command in (
    serve,
    init,
    check,
    migrate,
    plugins,
    merchant,
    keys,
    button,
    pos,
    sandbox,
    events,
    webhooks,
    statement,
    audit,
    doctor,
):
    main.add_command(_command)
