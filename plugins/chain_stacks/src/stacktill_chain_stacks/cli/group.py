"""The group ``stacktill chain`` with its commands, bound to a configuration."""

from __future__ import annotations

import click

from stacktill_chain_stacks.cli.desk import Desk
from stacktill_chain_stacks.cli.looking import LOOKING
from stacktill_chain_stacks.cli.sending import SENDING
from stacktill_chain_stacks.cli.sponsor import sponsor
from stacktill_chain_stacks.config import StacksConfig

__all__ = ["chain_group"]


def chain_group(config: StacksConfig) -> click.Group:
    """The commands for the network that is configured."""
    group = click.Group(
        "chain",
        help="Look at the Stacks network of live mode, and send transactions to it.",
        context_settings={"obj": Desk(config)},
    )
    for command in (*LOOKING, sponsor, *SENDING):
        group.add_command(command)
    return group
