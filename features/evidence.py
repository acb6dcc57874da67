"""Find the records behind a reason: how a person can look each of them up."""

from collections.abc import Sequence
from typing import Any

import ibis
import pyarrow as pa

from features.catalogue import RecordKind, record_kinds
from features.engine import AnyEngine, Query
from features.indicators.records import ArchiveTables, fetch_by_kind, stored

_WANTED = "evidence_wanted"
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
    engine: AnyEngine,
    archive: ArchiveTables,
    record_ids: Sequence[str],
    *,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
) -> pa.Table:
    """Describe records by their ids.

    Parameters
    ----------
    range_no, enterprise_ids
        Look in this range, or at these enterprises, only; give one where the records are known to
        be theirs.

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
    queries = engine.once("evidence", lambda: _queries(engine))
    engine.bind(_WANTED, wanted, columns=["record_id"])
    found = fetch_by_kind(
        engine,
        archive,
        queries,
        schema=_SCHEMA,
        few=enterprise_ids is not None,
        range_no=range_no,
        enterprise_ids=enterprise_ids,
    )
    return found.sort_by("record_id")


def _queries(engine: AnyEngine) -> dict[str, Query]:
    ids = ibis.table(ibis.schema({"record_id": "string"}), name=_WANTED)
    return {
        kind.name: engine.prepare(_described(kind, ids=ids)) for kind in record_kinds().values()
    }


def _described(kind: RecordKind, *, ids: Any) -> Any:
    rows = stored(kind.name, with_provenance=True).semi_join(ids, "record_id")
    current = rows.filter(rows.superseded_at.isnull())
    return current.select(
        "record_id",
        kind=ibis.literal(kind.name),
        reference=current[kind.reference].cast("string"),
        event_on=current.event_on,
        source=current.source,
    )
