"""Find the records behind a reason: how a person can look each of them up."""

from collections.abc import Sequence
from typing import Any

import ibis
import pyarrow as pa

from features.catalogue import RecordKind, record_kinds
from features.engine import Engine
from features.indicators.records import ArchiveTables

_SCHEMA = pa.schema(
    [
        ("record_id", pa.string()),
        ("kind", pa.string()),
        ("reference", pa.string()),
        ("event_on", pa.date32()),
        ("source", pa.string()),
    ]
)


def lookup(
    engine: Engine,
    archive: ArchiveTables,
    record_ids: Sequence[str],
    *,
    range_no: int | None = None,
) -> pa.Table:
    """Describe records by their ids.

    Parameters
    ----------
    range_no
        Look in this range only; give it where the records are known to be of its enterprises.

    Returns
    -------
    pa.Table
        One row per id that the archive has, sorted by id: record_id, kind, reference (decision,
        licence, inspection number and so on, as text), event_on, source. Of a corrected record the
        version in force. Unknown ids have no row.
    """
    wanted = pa.table({"record_id": pa.array(sorted(set(record_ids) - {""}), pa.string())})
    if not wanted.num_rows:
        return _SCHEMA.empty_table()
    # An engine of its own: the ids of a range of a batch would stay with the caller's.
    with type(engine)() as scratch:
        ids = scratch.memory(wanted)
        found = [
            _described(scratch, archive.table(scratch, kind.name, range_no=range_no), kind, ids=ids)
            for kind in record_kinds().values()
        ]
    return pa.concat_tables(found).cast(_SCHEMA).sort_by("record_id")


def _described(engine: Engine, records: Any, kind: RecordKind, *, ids: Any) -> pa.Table:
    rows = records.semi_join(ids, "record_id")
    current = rows.filter(rows.superseded_at.isnull())
    return engine.to_arrow(
        current.select(
            "record_id",
            kind=ibis.literal(kind.name),
            reference=current[kind.reference].cast("string"),
            event_on=current.event_on,
            source=current.source,
        )
    )
