"""Private keys for one command: from a file, the environment or a prompt; kept nowhere, shown never."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from stacktill.domain.errors import InvalidRequest
from stacktill_chain_stacks.cli.desk import Tools, say, say_json
from stacktill_chain_stacks.cli.values import text_of
from stacktill_chain_stacks.sending import Draft
from stacktill_chain_stacks.wire.errors import WireError
from stacktill_chain_stacks.wire.keys import PrivateKey
from stacktill_chain_stacks.wire.transactions import encode_transaction, transaction_id

__all__ = ["KEY_VARIABLE", "asked_key", "finish", "signing_options"]

F = TypeVar("F", bound=Callable[..., Any])

KEY_VARIABLE = "STACKTILL_CHAIN_KEY"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LONGEST_FILE_BYTES = 1024


def signing_options(function: F) -> F:
    """Add what every command that signs takes."""
    options = (
        click.option(
            "--key-file",
            type=click.Path(path_type=Path, dir_okay=False),
            help=f"A file with the private key; else {KEY_VARIABLE}, else it is asked for.",
        ),
        click.option("--nonce", type=click.IntRange(0), help="The nonce; else the next one."),
        click.option(
            "--fee", type=click.IntRange(0), help="The fee in micro-STX; else an estimate."
        ),
        click.option(
            "--dry-run", is_flag=True, help="Sign and print the transaction; send nothing."
        ),
        click.option("--yes", is_flag=True, help="Do not ask before sending."),
        click.option(
            "--json", "as_json", is_flag=True, help="Print JSON instead of lines for people."
        ),
    )
    for option in options:
        function = option(function)
    return function


def asked_key(path: Path | None) -> PrivateKey:
    """The key to sign with; raise ``InvalidRequest`` when it is none, or when others can read its file."""
    text = _elsewhere() if path is None else _from_file(path)
    try:
        return PrivateKey.parse(text)
    except WireError as error:
        raise InvalidRequest(f"The private key cannot be used: {error}.") from error


async def finish(
    tools: Tools, draft: Draft, *, what: str, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Show a signed transaction, ask, and send it."""
    txid = transaction_id(draft.transaction)
    data = encode_transaction(draft.transaction).hex()
    told = {"txid": txid, "nonce": draft.nonce, "fee_ustx": draft.fee.ustx, "sent": not dry_run}
    if not as_json:
        say(what)
        say(f"nonce {draft.nonce}, fee {draft.fee.ustx} micro-STX ({draft.fee.origin})")
    if dry_run:
        if as_json:
            say_json({**told, "transaction": data})
        else:
            say(f"{txid} is signed and not sent:")
            say(data)
        return
    if not yes and not _is_agreed(f"Send it to {tools.config.network}?"):
        raise InvalidRequest("Nothing was sent. With --yes it is sent without a question.")
    await tools.sender.send(draft.transaction)
    if as_json:
        say_json(told)
    else:
        say(f"sent: {txid}")


def _is_agreed(question: str) -> bool:
    """A yes; who hangs up, or is nobody, says no."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        return False


def _from_file(path: Path) -> str:
    if path.stat().st_mode & _OTHERS:
        raise InvalidRequest(f"{path} can be read by other users. Close it: chmod 600 {path}")
    if path.stat().st_size > _LONGEST_FILE_BYTES:
        raise InvalidRequest(f"{path} is too long to hold a private key.")
    return text_of(path)


def _elsewhere() -> str:
    """What the environment has, what is typed unseen, or what comes through a pipe."""
    if os.environ.get(KEY_VARIABLE):
        return os.environ[KEY_VARIABLE]
    if sys.stdin.isatty():
        return str(click.prompt("Private key", hide_input=True, err=True))
    piped = sys.stdin.readline(_LONGEST_FILE_BYTES).strip()
    if not piped:
        raise InvalidRequest(
            f"There is no private key. Name its --key-file, or set {KEY_VARIABLE}."
        )
    return piped
