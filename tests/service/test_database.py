"""Migrations, transactions and waiting writers."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from service.db.connection import Database
from service.db.migrate import (
    check_revision,
    current_revision,
    downgrade,
    newest_revision,
    upgrade,
)
from service.db.tables import metadata
from service.errors import MigrationNeededError, SettingsError


@pytest.fixture
def database(tmp_path: Path, database_url: str | None) -> Iterator[Database]:
    """An empty database."""
    opened = Database(database_url or f"sqlite:///{tmp_path / 'home' / 'x.db'}", busy_seconds=1)
    yield opened
    opened.close()


def test_migrations_make_the_tables_of_the_code(database: Database) -> None:
    upgrade(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    check_revision(database)


@pytest.mark.postgres
def test_the_service_is_tested_on_postgresql_too(postgres_url: str) -> None:
    database = Database(postgres_url)
    assert database.engine.dialect.name == "postgresql"
    database.close()


def test_migrations_go_down_and_up_again(database: Database) -> None:
    upgrade(database)
    downgrade(database, revision="base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    assert current_revision(database) is None
    upgrade(database)
    assert current_revision(database) == newest_revision()


def test_an_old_or_absent_schema_is_told_with_its_remedy(database: Database) -> None:
    with pytest.raises(MigrationNeededError, match="xinheng migrate"):
        check_revision(database)
    if database.file is not None:
        assert not database.file.exists(), "looking makes no file"


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    upgrade(database)

    def write_and_fail() -> None:
        with database.writing() as session:
            session.execute(text("UPDATE chain_head SET seq = 7"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with database.reading() as session:
        assert session.execute(text("SELECT seq FROM chain_head")).scalar() == 0


def test_sqlite_keeps_a_log_and_syncs_every_commit(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(database)
    with database.reading() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2, "2 is FULL"
    database.close()


def test_a_sqlite_writer_that_reads_first_waits_instead_of_failing(tmp_path: Path) -> None:
    """Without BEGIN IMMEDIATE the second writer's late upgrade of its lock fails at once."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    first, second = Database(url, busy_seconds=5), Database(url, busy_seconds=5)
    upgrade(first)

    def add_one(database: Database) -> None:
        for _ in range(20):
            with database.writing() as session:
                seq = session.execute(text("SELECT seq FROM chain_head")).scalar_one()
                session.execute(text("UPDATE chain_head SET seq = :seq"), {"seq": seq + 1})

    threads = [threading.Thread(target=add_one, args=(each,)) for each in (first, second) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with first.reading() as session:
        assert session.execute(text("SELECT seq FROM chain_head")).scalar() == 80
    first.close()
    second.close()


def test_readers_do_not_wait_and_a_writer_waits_no_longer_than_told(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}", busy_seconds=1)
    upgrade(database)
    holder = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with database.reading() as session:
        assert session.execute(text("SELECT seq FROM chain_head")).scalar() == 0
    with pytest.raises(OperationalError, match="locked"), database.writing() as session:
        session.execute(text("UPDATE chain_head SET seq = 1"))
    holder.close()
    database.close()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysterydb://u:hidden@h/d", "postgresql+nodriver://h/d"]
)
def test_a_url_that_cannot_be_used_is_told_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="XINHENG_DATABASE_URL") as caught:
        Database(url)
    assert "hidden" not in str(caught.value)
