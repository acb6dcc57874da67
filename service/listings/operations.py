"""Bring the database's lists and registrations to the state of an archive.

Range by range: only rows that differ are written, so that a nightly refresh holds the write lock
for moments. The snapshot row comes last; until then checks go on answering from what is there, and
an enterprise's rows always change together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from sqlalchemy import Table
from sqlalchemy.orm import Session

from features.archive import Archive
from features.engine import Engine
from service.db.arrow import arrow_schema_of
from service.db.tables import listing, registration
from service.listings import repository
from service.listings.history import listing_history

Progress = Callable[[int, int], None]


@dataclass
class RefreshReport:
    """What a refresh found and changed."""

    listings: int = 0
    registrations: int = 0
    unpaired_removals: int = 0
    added: int = 0
    taken_out: int = 0


def refresh_listings(
    session: Session,
    engine: Engine,
    archive: Archive,
    *,
    loaded_at: datetime,
    progress: Progress | None = None,
) -> RefreshReport:
    """Load list entries and registrations of an archive; commits after every range.

    Parameters
    ----------
    session
        Of `Database.writing()`.
    loaded_at
        Naive UTC; the age of the lists is counted from it (``lists.maximum_age_hours``).
    progress
        Called with ranges done and ranges in all.

    Returns
    -------
    RefreshReport
        Counts of rows in the archive, and of database rows added and taken out.
    """
    report = RefreshReport()
    edges = [None, *archive.boundaries, None]
    for number in range(archive.range_count):
        first, end = edges[number], edges[number + 1]
        entries = engine.to_arrow(archive.table(engine, "list_entry", range_no=number))
        history = listing_history(entries)
        states = pa.Table.from_pandas(
            history.states, schema=arrow_schema_of(listing), preserve_index=False
        )
        events = _registrations(engine, archive, range_no=number)
        for table, wanted in ((listing, states), (registration, events)):
            _bring(session, engine, table, wanted=wanted, edges=(first, end), report=report)
        report.listings += states.num_rows
        report.registrations += events.num_rows
        report.unpaired_removals += history.unpaired_removals
        session.commit()
        if progress is not None:
            progress(number + 1, archive.range_count)
    repository.add_snapshot(
        session,
        archive_build=archive.build_id,
        loaded_at=loaded_at,
        latest_known_at=archive.latest_known_at,
        listings=report.listings,
        registrations=report.registrations,
        unpaired_removals=report.unpaired_removals,
    )
    session.commit()
    return report


def _registrations(engine: Engine, archive: Archive, *, range_no: int) -> pa.Table:
    table = archive.table(engine, "registration", range_no=range_no)
    # A version that was superseded at the very instant it became known was never known.
    known = table.filter(table.superseded_at.isnull() | (table.superseded_at > table.known_at))
    # What was withdrawn only ends the version before it.
    known = known.filter(~known.is_withdrawn.fill_null(False))
    schema = arrow_schema_of(registration)
    return engine.to_arrow(known.select(schema.names)).cast(schema)


def _bring(
    session: Session,
    engine: Engine,
    table: Table,
    *,
    wanted: pa.Table,
    edges: tuple[str | None, str | None],
    report: RefreshReport,
) -> None:
    present = repository.read_range(session, table, first=edges[0], end=edges[1])
    archived, stored = engine.memory(wanted), engine.memory(present)
    new = engine.to_arrow(archived.difference(stored))
    gone = engine.to_arrow(stored.difference(archived))
    repository.apply_changes(session, table, gone=gone, new=new)
    report.added += new.num_rows
    report.taken_out += gone.num_rows
