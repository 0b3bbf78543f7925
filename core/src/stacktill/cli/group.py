"""The root group: one line per error, and plugins' commands found only when they are asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import rich_click

from stacktill.domain.errors import StacktillError

__all__ = ["TillGroup", "complain"]

INTERRUPTED = 130


def complain(message: str) -> None:
    """Say on standard error what is wrong, a line per fault.

    Hosts have a part in what errors say: what a terminal would obey, or turn around, becomes a mark.
    """
    for line in message.splitlines():
        shown = "".join(letter if letter.isprintable() else "?" for letter in line)
        click.echo(f"stacktill: {shown}", err=True)


class TillGroup(rich_click.RichGroup):
    """A group whose errors are plain lines, and which asks plugins about names it does not know."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name: one of ours, else one that a plugin offers."""
        found = super().get_command(ctx, cmd_name)
        if found is not None or cmd_name.startswith("-"):
            return found
        # Loading plugins takes a while, so nothing does it that can be answered without.
        from stacktill.cli.plugin_commands import find_plugin_command

        return find_plugin_command(cmd_name, ctx.params.get("config"))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and turn every error that a person can mend into one line and an exit status."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except (click.Abort, KeyboardInterrupt):
            sys.exit(INTERRUPTED)
        except Exception as error:
            status = _explain(error)
            if status is None:
                raise
        sys.exit(status if isinstance(status, int) else 0)


def _explain(error: Exception) -> int | None:
    """Say what went wrong and return the exit status; None for a defect of ours."""
    # Imported late: commands that do not fail do without it.
    from stacktill.plugin import ChainUnavailable, StorageUnavailable

    if isinstance(error, click.UsageError):
        complain(_usage(error))
        return error.exit_code
    if isinstance(error, click.ClickException):
        complain(error.format_message())
        return error.exit_code
    if isinstance(error, StacktillError | StorageUnavailable | ChainUnavailable):
        complain(str(error))
        return 1
    if isinstance(error, OSError):
        where = f"{Path(str(error.filename))}: " if error.filename is not None else ""
        complain(f"{where}{error.strerror or error}")
        return 1
    return None


def _usage(error: click.UsageError) -> str:
    words = error.format_message().rstrip(". ")
    path = "stacktill" if error.ctx is None else error.ctx.command_path
    return f"{words}{'' if words.endswith(('?', ')')) else '.'} Try '{path} --help'."
