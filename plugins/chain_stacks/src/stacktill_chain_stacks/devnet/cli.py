"""``stacktill devnet``: start the local chain or a till on it, pay, mine, and take blocks back."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TypeVar

import click

from stacktill.domain.errors import ConfigError
from stacktill_chain_stacks.cli.desk import Desk, say
from stacktill_chain_stacks.config import StacksConfig

__all__ = ["devnet_group"]

BURN_EVERY = 3

F = TypeVar("F", bound=Callable[..., Any])


def devnet_group(config: StacksConfig, data_dir: Path) -> click.Group:
    """The commands for the local chain that is configured, and the till whose data folder it is."""
    desk = Desk(config)
    start = _start(desk)

    @click.group("devnet", invoke_without_command=True)
    @click.pass_context
    def devnet(context: click.Context) -> None:
        """Run a local chain of real Clarity (the same as 'start'), or a till in live mode on it."""
        if context.invoked_subcommand is None:
            context.invoke(start)

    ours = (start, _till(desk, data_dir), _pay(desk, data_dir), _refund(desk, data_dir))
    for command in (*ours, _mine(desk), _reorg(desk)):
        devnet.add_command(command)
    return devnet


def _interval(function: F) -> F:
    return click.option(
        "--interval",
        type=click.IntRange(0, 3600),
        default=5,
        show_default=True,
        help="Mine a block every so many seconds; 0 only when told to.",
    )(function)


def _start(desk: Desk) -> click.Command:
    @click.command("start")
    @_interval
    def start(interval: int) -> None:
        """Run the local chain until Ctrl-C."""
        from stacktill_chain_stacks.devnet.process import running_chain
        from stacktill_chain_stacks.devnet.remote import Remote

        remote = Remote(desk.config.node_url)
        with until_told(), running_chain(remote, interval=interval, burn_every=BURN_EVERY) as new:
            if not new:
                say(f"The local chain runs already at {remote.url}.")
                return
            say(f"The local chain runs at {remote.url}. Ctrl-C ends it.")
            for name, account in remote.needed()["accounts"].items():
                say(f"  {name:<14} {account['address']}")
            say(f"Their keys, and what else there is: {remote.url}/devnet and contracts/README.md")
            signal.pause()

    return start


def _till(desk: Desk, data_dir: Path) -> click.Command:
    @click.command("till")
    @_interval
    @click.option(
        "--json", "as_json", is_flag=True, help="Print keys and addresses as JSON, once up."
    )
    @click.pass_context
    def till(context: click.Context, interval: int, *, as_json: bool) -> None:
        """Run the local chain and a till in live mode on it, with a store and a payment, until Ctrl-C."""
        from stacktill_chain_stacks.devnet.demo import run_demo
        from stacktill_chain_stacks.devnet.serving import Till

        config = context.find_root().params.get("config")
        with until_told():
            run_demo(
                desk.config,
                Till(config, data_dir),
                interval=interval,
                burn_every=BURN_EVERY,
                as_json=as_json,
            )

    return till


def _pay(desk: Desk, data_dir: Path) -> click.Command:
    @click.command("pay")
    @click.argument("id")
    @click.option("--from", "payer", default="alice", show_default=True, help="Who pays.")
    def pay(id: str, payer: str) -> None:
        """Pay the payment ID of the till out of a test wallet: it signs what the payer's page asks for."""
        from stacktill_chain_stacks.devnet.note import read_note
        from stacktill_chain_stacks.devnet.paying import ask_for_call, sign_and_send
        from stacktill_chain_stacks.devnet.remote import Remote

        key, note = Remote(desk.config.node_url).key(payer), read_note(data_dir)
        if note is None:
            raise ConfigError(f"No till on the local chain has its books in {data_dir}.")
        address = str(key.principal(mainnet=desk.config.is_mainnet))
        asked = ask_for_call(note.url, id, address)
        txid = desk.run(lambda tools: sign_and_send(tools, asked, key))
        say(f"{address} calls {asked.contract} {asked.function_name}")
        say(f"sent: {txid}")

    return pay


def _refund(desk: Desk, data_dir: Path) -> click.Command:
    @click.command("refund")
    @click.argument("id")
    def refund(id: str) -> None:
        """Sign the refund ID (re_…) with the store's test wallet and send it."""
        from stacktill_chain_stacks.devnet.note import read_note
        from stacktill_chain_stacks.devnet.paying import ask_for_refund, sign_and_send
        from stacktill_chain_stacks.devnet.remote import Remote

        key, note = Remote(desk.config.node_url).key("merchant"), read_note(data_dir)
        if note is None:
            raise ConfigError(f"No till on the local chain has its books in {data_dir}.")
        asked = ask_for_refund(note.url, note.secret_key, id)
        say(f"sent: {desk.run(lambda tools: sign_and_send(tools, asked, key))}")

    return refund


def _mine(desk: Desk) -> click.Command:
    @click.command("mine")
    @click.argument("count", type=click.IntRange(1, 10_000), default=1)
    @click.option("--bitcoin", is_flag=True, help="Each on a Bitcoin block of its own.")
    def mine(count: int, bitcoin: bool) -> None:
        """Mine COUNT blocks (one, if not said)."""
        from stacktill_chain_stacks.devnet.remote import Remote

        told = Remote(desk.config.node_url).order(
            "mine", count=count, burn=bitcoin, burn_every=1 if bitcoin else 0
        )
        say(f"the tip is block {told['tip']['height']}")

    return mine


def _reorg(desk: Desk) -> click.Command:
    @click.command("reorg")
    @click.option(
        "--depth", type=click.IntRange(1, 1000), required=True, help="How many blocks go."
    )
    @click.option("--drop", is_flag=True, help="Let their transactions vanish.")
    def reorg(depth: int, drop: bool) -> None:
        """Replace the last blocks by a fork that is one block longer."""
        from stacktill_chain_stacks.devnet.remote import Remote

        order = Remote(desk.config.node_url).order
        told = order("reorg", depth=depth, lose=drop, mine=depth + 1)
        say(f"{len(told['orphaned'])} blocks are gone; the tip is block {told['tip']['height']}")

    return reorg


@contextmanager
def until_told() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end what runs in the context, in order and without complaint."""
    # Said of all: a shell lets commands in the background ignore Ctrl-C from their start.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        with suppress(OSError):  # The terminal may be gone.
            click.echo("\nEnded.", err=True)


def _interrupt(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
