"""What all records have in common, as one table: the ground of every report on quality."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis

from features.engine import Engine
from features.intake.stored import stored_tables
from features.point_in_time import OFFICE_OFFSET, start_of_day

_COMMON = (
    "source",
    "provider",
    "import_id",
    "row_no",
    "record_id",
    "enterprise_id",
    "event_on",
    "known_at",
)
_ONE_DAY = timedelta(days=1)


def supplied_records(
    engine: Engine,
    records_dir: Path,
    *,
    first: date | None = None,
    last: date | None = None,
) -> Any | None:
    """Rows of all imports that departments supplied (Ibis), versions made by hand left out.

    Grain: one row per imported row and kind. Columns: kind, source, provider, import_id, row_no,
    record_id, enterprise_id, event_on, known_at. Only rows known from `first` to `last`, days in
    China, both included. None when nothing was imported.
    """
    tables = stored_tables(engine, records_dir)
    if not tables:
        return None
    parts = [
        table.filter(table.corrected_by.isnull()).select(*_COMMON, kind=ibis.literal(kind))
        for kind, table in tables.items()
    ]
    records = parts[0] if len(parts) == 1 else ibis.union(*parts)
    if first is not None:
        records = records.filter(records.known_at >= start_of_day(first))
    if last is not None:
        records = records.filter(records.known_at < start_of_day(last + _ONE_DAY))
    return records


def day_in_china(instant: Any) -> Any:
    """The day (Ibis) on which a naive UTC instant falls in China."""
    hours = int(OFFICE_OFFSET.total_seconds() // 3600)
    return (instant + ibis.interval(hours=hours)).date()
