"""``stacktill statement``: what moved in a period, for the books."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from stacktill.cli.opening import on_appliance, on_storage
from stacktill.cli.options import config_option, json_option
from stacktill.cli.output import say, say_json, say_table

if TYPE_CHECKING:
    from stacktill.domain.statements import SettlementStatement
    from stacktill.plugin import Storage
    from stacktill.runtime.appliance import Appliance

__all__ = ["statement"]

F = TypeVar("F", bound=Callable[..., Any])
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def statement() -> None:
    """Make settlement statements, and write them as CSV."""


def _whose(function: F) -> F:
    merchant = click.option(
        "--merchant", help="Whose; not needed while there is only one merchant."
    )
    live = click.option("--live", is_flag=True, help="Of live mode, not of test mode.")
    return config_option(merchant(live(json_option(function))))


@statement.command()
@click.option("--from", "first", type=DAY, required=True, help="The first day in UTC: 2026-11-01.")
@click.option("--to", "end", type=DAY, required=True, help="The day after the last: 2026-12-01.")
@_whose
def create(
    *,
    first: datetime,
    end: datetime,
    config: Path | None,
    merchant: str | None,
    live: bool,
    as_json: bool,
) -> None:
    """Make the statement of whole UTC days that are over."""
    from stacktill.application.services import Caller
    from stacktill.application.statements import keep_statement, summed_statement

    period = (_midnight(first), _midnight(end))

    async def work(appliance: Appliance) -> SettlementStatement:
        from stacktill.cli.listing import the_merchant

        storage, services = appliance.storage, appliance.services
        caller = Caller(await the_merchant(storage, merchant), live, actor="operator")
        made = await summed_statement(storage, services, caller, period)
        return await storage.write(keep_statement, made)

    _say(on_appliance(config, work), as_json=as_json)


@statement.command("list")
@_whose
def list_(*, config: Path | None, merchant: str | None, live: bool, as_json: bool) -> None:
    """List the statements that were made, the oldest first."""
    from stacktill.cli.listing import all_of, the_merchant

    async def work(storage: Storage) -> list[SettlementStatement]:
        mine: dict[str, str | bool] = {
            "merchant_id": await the_merchant(storage, merchant),
            "livemode": live,
        }
        return await all_of(storage, lambda uow: uow.settlement_statements, mine)

    found = on_storage(config, work)
    if as_json:
        from stacktill.application.views.settlement import statement_view

        say_json([statement_view(one) for one in found])
        return
    rows = [
        [one.id, _day(one.period_start), _day(one.period_end), str(one.line_count)] for one in found
    ]
    say_table(["ID", "FROM", "TO", "LINES"], rows)


@statement.command("csv")
@click.argument("id")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; else standard output.",
)
@config_option
def csv_(id: str, output: Path | None, config: Path | None) -> None:
    """Write the statement ID (stmt_…) as CSV: one row per line, with its transaction and blocks."""
    from stacktill.application.statement_csv import statement_csv
    from stacktill.domain.errors import NotFound

    async def work(storage: Storage) -> None:
        found = await storage.read(lambda uow: uow.settlement_statements.get(id))
        if found is None:
            raise NotFound(f"There is no statement '{id}'; 'stacktill statement list' shows them.")
        file = sys.stdout if output is None else output.open("w", encoding="utf-8", newline="")
        try:
            async for part in statement_csv(storage, found):
                file.write(part)
        finally:
            if output is not None:
                file.close()

    on_storage(config, work)


def _midnight(day: datetime) -> int:
    return int(day.replace(tzinfo=UTC).timestamp())


def _day(unix_seconds: int) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%d")


def _say(made: SettlementStatement, *, as_json: bool) -> None:
    if as_json:
        from stacktill.application.views.settlement import statement_view

        say_json(statement_view(made))
        return
    say(f"{made.id}: {_day(made.period_start)} until before {_day(made.period_end)}, in sats")
    rows = [[code, str(before), str(made.closing[code])] for code, before in made.opening.items()]
    say_table(["ACCOUNT", "OPENING", "CLOSING"], rows)
    say(f"{made.line_count} lines; 'stacktill statement csv {made.id}' writes them.")
