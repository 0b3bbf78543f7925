"""Live mode for a newcomer: chain, till, store and a payment, and what to do next."""

from __future__ import annotations

import subprocess

import click
from msgspec.structs import asdict, replace

from stacktill.domain.errors import ConfigError
from stacktill_chain_stacks.cli.desk import say, say_json
from stacktill_chain_stacks.config import StacksConfig
from stacktill_chain_stacks.devnet.note import Note, begin_folder, write_note
from stacktill_chain_stacks.devnet.process import running_chain
from stacktill_chain_stacks.devnet.remote import Remote
from stacktill_chain_stacks.devnet.serving import Till
from stacktill_chain_stacks.devnet.shop import AMOUNT_SATS, make_payment, prove_address, register

__all__ = ["run_demo"]

FORK_BLOCKS = 10
"""So many blocks the newcomer is told to replace; the chain begins with them, for whoever is quick."""


def run_demo(
    config: StacksConfig, till: Till, *, interval: int, burn_every: int, as_json: bool = False
) -> None:
    """Run both until Ctrl-C; both end with this. Raise ``ConfigError`` when the till ends by itself."""
    remote = Remote(config.node_url)
    till.check_alone()
    click.echo("Starting the local chain …", err=as_json)
    with running_chain(remote, interval=interval, burn_every=burn_every):
        remote.order("mine", count=FORK_BLOCKS, burn=False, burn_every=0)
        note = begin_folder(till.data_dir, str(remote.needed()["id"]))
        is_new = not note.secret_key
        click.echo("Starting the till …", err=as_json)
        if is_new:
            note = register(till, note)
        with till.served() as (process, url):
            note = replace(note, url=url)
            if is_new:
                prove_address(url, note.secret_key, remote.key("merchant"))
            write_note(till.data_dir, note)
            payment = make_payment(url, note.secret_key)
            if as_json:
                say_json({**asdict(note), "chain": remote.url, "payment_intent": payment["id"]})
            else:
                _tell(remote, till, note, payment=payment["id"], interval=interval)
            _watch(process, till)


def _watch(process: subprocess.Popen[bytes], till: Till) -> None:
    status = process.wait()
    raise ConfigError(f"The till has ended by itself, with status {status}; its log: {till.log}")


def _tell(remote: Remote, till: Till, note: Note, *, payment: str, interval: int) -> None:
    accounts = remote.needed()["accounts"]
    named = "" if till.config is None else f" --config {till.config}"
    command = f".venv/bin/stacktill{named}"
    say(
        f"""
A till in live mode, on a chain of this machine. Its sBTC is worth nothing; its keys are for play.

  till             {note.url}
  chain            {remote.url}
  live keys        {note.secret_key}
                   {note.publishable_key}
  paid at          {accounts["merchant"]["address"]}  (merchant)
  payer's wallet   {accounts["alice"]["address"]}  (alice)

1. Open {note.url}/pay/{payment}
   and pay the {AMOUNT_SATS:,} sats with the test wallet, which signs what that page asks for:
     {command} devnet pay {payment}
2. Watch two Bitcoin blocks confirm it (a block every {interval} s, every third on a new Bitcoin block),
   on that page or here:
     {command} events tail --follow
3. Let a fork take it back; the next blocks bring it again, or not, with --drop:
     {command} devnet reorg --depth {FORK_BLOCKS}
4. Give a part of it back: ask for a refund, and let the store's test wallet sign it (with its re_…):
     curl {note.url}/v1/refunds -u {note.secret_key}: -d payment_intent={payment} -d amount=1000
     {command} devnet refund re_…

Ctrl-C ends both."""
    )
