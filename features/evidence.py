"""Find the records behind a reason: how a person can look each of them up."""

from collections.abc import Sequence

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


def lookup(engine: Engine, archive: ArchiveTables, record_ids: Sequence[str]) -> pa.Table:
    """Describe records by their ids.

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
    ids = engine.memory(wanted)
    found = [_of_kind(engine, archive, kind, ids) for kind in record_kinds().values()]
    return pa.concat_tables(found).cast(_SCHEMA).sort_by("record_id")


def _of_kind(engine: Engine, archive: ArchiveTables, kind: RecordKind, ids: object) -> pa.Table:
    rows = archive.table(engine, kind.name).semi_join(ids, "record_id")
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
