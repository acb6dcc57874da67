"""Connections and transactions, the same for SQLite and PostgreSQL."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from service.errors import SettingsError

_WRITES = "xinheng_writes"


class Database:
    """Where the service keeps its rows.

    SQLite runs in WAL mode: readers never wait. A writer takes the write lock when its transaction
    begins (``BEGIN IMMEDIATE``): one that began as a reader and wrote later would fail instead of
    waiting when another writer came first.

    Parameters
    ----------
    url
        SQLAlchemy URL.
    busy_seconds
        How long a SQLite writer waits for another process.

    Raises
    ------
    SettingsError
        The URL cannot be read or its driver is not installed.
    """

    def __init__(self, url: str, *, busy_seconds: int = 30) -> None:
        try:
            self.url = make_url(url)
            self.is_sqlite = self.url.get_backend_name() == "sqlite"
            self.engine = _create_engine(url, sqlite=self.is_sqlite, busy_seconds=busy_seconds)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            # The message must not show the password that a URL may hold.
            raise SettingsError([f"XINHENG_DATABASE_URL: {type(error).__name__}"]) from None
        self._writing_engine = self.engine.execution_options(**{_WRITES: True})
        # Threads of one process queue here, in order; SQLite's own waiting is a polling sleep.
        self._turn: Any = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One read transaction: everything read in it is one state of the database on SQLite."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One write transaction, committed at the end, rolled back on an error."""
        with self._turn, Session(self._writing_engine) as session:
            yield session
            session.commit()

    @property
    def file(self) -> Path | None:
        """The SQLite file; ``None`` where the database is a server's."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    def close(self) -> None:
        """Close every connection of the pool."""
        self.engine.dispose()


def reading_beside(session: Session) -> Session:
    """A read transaction on the database of a write transaction, which it does not hold up."""
    bind = session.get_bind()
    assert isinstance(bind, Engine)  # `Database` binds every session to an engine
    return Session(bind.execution_options(**{_WRITES: False}))


def _create_engine(url: str, *, sqlite: bool, busy_seconds: int) -> Engine:
    if not sqlite:
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)
    engine = create_engine(
        url, pool_size=20, max_overflow=20, connect_args={"timeout": busy_seconds}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself; `begin` below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # A receipt that was answered must survive a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
