"""Schema migrations by Alembic. They run only by command: `xinheng migrate`, `xinheng init`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from service.db.connection import Database
from service.errors import MigrationNeededError

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database, *, revision: str = "head") -> None:
    """Bring the schema up to `revision`, making the SQLite file where there is none."""
    if database.file is not None:
        database.file.parent.mkdir(parents=True, exist_ok=True)
    with database.engine.connect() as connection:
        command.upgrade(_config(connection), revision)
        connection.commit()


def downgrade(database: Database, *, revision: str) -> None:
    """Take the schema down to `revision`; ``"base"`` removes every table."""
    with database.engine.connect() as connection:
        command.downgrade(_config(connection), revision)
        connection.commit()


def current_revision(database: Database) -> str | None:
    """The revision of the database; ``None`` for an empty or absent one."""
    if database.file is not None and not database.file.exists():
        return None
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The revision this program needs."""
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    assert head is not None  # the package always ships its migrations
    return head


def check_revision(database: Database) -> None:
    """Refuse to go on with a schema that this program does not know.

    Raises
    ------
    MigrationNeededError
        The database stands at another revision.
    """
    found, expected = current_revision(database), newest_revision()
    if found != expected:
        raise MigrationNeededError(found, expected)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
