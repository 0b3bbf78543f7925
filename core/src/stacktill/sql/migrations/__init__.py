"""The steps that bring a database's tables up to date, run from code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["HEAD", "REVISION_QUERY", "upgrade"]

HEAD = "0001_initial"
"""The name of the newest step."""

REVISION_QUERY = "SELECT version_num FROM alembic_version"


def upgrade(connection: Connection) -> list[str]:
    """Take all missing steps on a connection with a transaction; return their names in order."""
    # Late, because nothing but a missing step needs them, and they take a while to load.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    folder = Path(__file__).parent
    script = ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])
    taken: list[str] = []

    def note(step: Any, **_: Any) -> None:
        taken.append(str(step.up_revision_id))

    with EnvironmentContext(
        Config(),
        script,
        fn=lambda revision, _: script._upgrade_revs("heads", revision),  # noqa: SLF001
    ) as environment:
        environment.configure(
            connection=connection,
            transactional_ddl=True,
            transaction_per_migration=False,
            render_as_batch=connection.dialect.name == "sqlite",
            on_version_apply=cast("Any", note),
        )
        environment.run_migrations()
    return taken
