"""Find the records behind a reason: how a person can look each of them up."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.catalogue import ENTERPRISE_NO, SEQUENCE, RecordKind, record_kinds
from features.engine import AnyEngine, Query
from features.indicators.records import (
    ArchiveTables,
    fetch_by_kind,
    is_few,
    split_places,
    stored,
)

_WANTED, _IDS = "evidence_wanted", "evidence_ids"
_ROW, _KIND, _IS_CURRENT = "row_", "kind_", "is_current"
# What is told of a record.
DESCRIPTION = pa.schema(
    [("reference", pa.string()), ("event_on", pa.date32()), ("source", pa.string())]
)
_SCHEMA = pa.schema([("record_id", pa.string()), ("kind", pa.string()), *DESCRIPTION])
_PLACES = pa.schema(
    [
        (_ROW, pa.int64()),
        (_KIND, pa.int64()),
        (ENTERPRISE_NO, pa.int64()),
        (SEQUENCE, pa.int32()),
    ]
)
_FOUND = pa.schema([(_ROW, pa.int64()), (_IS_CURRENT, pa.bool_()), *DESCRIPTION])
_IDENTITIES = pa.schema([(_ROW, pa.int64()), ("record_id", pa.string())])


def describe(
    engine: AnyEngine,
    archive: ArchiveTables,
    numbers: NDArray[np.int64],
    places: pa.Array,
    *,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
) -> pa.Table:
    """Describe records by their enterprises and their places, in the order asked for.

    Parameters
    ----------
    numbers
        ``enterprise_no`` of each, shape (n,).
    places
        Which of its records (see ``build_matrix(with_places=True)``), int64, n of them; null for
        none.
    range_no, enterprise_ids
        Look in this range, or at these enterprises, only; give one where the records are known to
        be theirs.

    Returns
    -------
    pa.Table
        n rows of reference, event_on and source as :func:`lookup` says them; null throughout where
        `places` is.
    """
    wanted = _wanted(numbers, places)
    where: dict[str, Any] = {"range_no": range_no, "enterprise_ids": enterprise_ids}
    queries = engine.once("evidence places", lambda: _queries(engine, _at_place))
    found = _fetch(engine, archive, queries, wanted, schema=_FOUND, **where)
    told = found.select([_ROW, *DESCRIPTION.names])
    outdated = found[_ROW].filter(pc.invert(found[_IS_CURRENT]))
    if len(outdated):
        corrected = wanted.filter(pc.is_in(wanted[_ROW], value_set=outdated.combine_chunks()))
        told = pa.concat_tables([told, _in_force(engine, archive, corrected, **where)])
    return _by_row(told, rows=len(places))


def identify(
    engine: AnyEngine,
    archive: ArchiveTables,
    numbers: NDArray[np.int64],
    places: pa.Array,
    *,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
) -> pa.ChunkedArray:
    """The ``record_id`` of records by their enterprises and their places; see :func:`describe`."""
    where: dict[str, Any] = {"range_no": range_no, "enterprise_ids": enterprise_ids}
    found = _identities(engine, archive, _wanted(numbers, places), **where)
    return _by_row(found, rows=len(places))["record_id"]


def _wanted(numbers: NDArray[np.int64], places: pa.Array) -> pa.Table:
    known = np.flatnonzero(places.is_valid().to_numpy(zero_copy_only=False))
    kinds, sequence = split_places(places.drop_null().to_numpy())
    columns = [known, kinds, numbers[known], sequence.astype(np.int32)]
    return pa.table(columns, schema=_PLACES)


def _by_row(told: pa.Table, *, rows: int) -> pa.Table:
    """What is told of each row, in their order; the last that is told of one stands."""
    place = np.full(rows, -1, dtype=np.int64)
    place[told[_ROW].to_numpy()] = np.arange(told.num_rows)
    return told.drop([_ROW]).take(pa.array(place, mask=place < 0))


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
        As for :func:`describe`.

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
    queries = engine.once("evidence", lambda: _queries(engine, _with_id))
    engine.bind(_IDS, wanted, columns=["record_id"])
    found = fetch_by_kind(
        engine,
        archive,
        queries,
        schema=_SCHEMA,
        few=is_few(enterprise_ids),
        range_no=range_no,
        enterprise_ids=enterprise_ids,
    )
    return found.sort_by("record_id")


def _in_force(
    engine: AnyEngine, archive: ArchiveTables, wanted: pa.Table, **where: Any
) -> pa.Table:
    """The versions in force of records that were corrected since.

    Few were: the identities of all would cost as much as everything else that is told of them.
    """
    identities = _identities(engine, archive, wanted, **where)
    newest = lookup(engine, archive, identities["record_id"].to_pylist(), **where)
    place = pc.index_in(identities["record_id"], value_set=newest["record_id"].combine_chunks())
    told = newest.take(place.drop_null()).select(DESCRIPTION.names)
    return told.add_column(0, _ROW, identities[_ROW].filter(place.is_valid()))


def _identities(
    engine: AnyEngine, archive: ArchiveTables, wanted: pa.Table, **where: Any
) -> pa.Table:
    queries = engine.once("evidence identities", lambda: _queries(engine, _identified))
    return _fetch(engine, archive, queries, wanted, schema=_IDENTITIES, **where)


def _fetch(
    engine: AnyEngine,
    archive: ArchiveTables,
    queries: Mapping[str, Query],
    wanted: pa.Table,
    *,
    schema: pa.Schema,
    range_no: int | None,
    enterprise_ids: Sequence[str] | None,
) -> pa.Table:
    """What the queries of the kinds that are `wanted` say of the records at these places."""
    names = list(record_kinds())
    asked = [names[number] for number in np.unique(wanted[_KIND].to_numpy()).tolist()]
    engine.bind(_WANTED, wanted, columns=_PLACES.names)
    return fetch_by_kind(
        engine,
        archive,
        {name: queries[name] for name in asked},
        schema=schema,
        few=is_few(enterprise_ids),
        range_no=range_no,
        enterprise_ids=enterprise_ids,
    )


def _queries(engine: AnyEngine, described: Any) -> dict[str, Query]:
    return {kind.name: engine.prepare(described(kind)) for kind in record_kinds().values()}


def _at_place(kind: RecordKind) -> Any:
    """The records at the places bound, and whether they are in force."""
    found = _found(kind)
    is_current = {_IS_CURRENT: found.superseded_at.isnull()}
    return found.select(_ROW, **is_current, **_description(kind, found))


def _identified(kind: RecordKind) -> Any:
    """The identities of the records at the places bound."""
    return _found(kind).select(*_IDENTITIES.names)


def _found(kind: RecordKind) -> Any:
    wanted = ibis.table(ibis.Schema.from_pyarrow(_PLACES), name=_WANTED)
    wanted = wanted.filter(wanted[_KIND] == list(record_kinds()).index(kind.name)).drop(_KIND)
    rows = stored(kind.name, with_provenance=True)
    return rows.inner_join(wanted, [ENTERPRISE_NO, SEQUENCE])


def _with_id(kind: RecordKind) -> Any:
    """The records with the identities bound."""
    ids = ibis.table(ibis.schema({"record_id": "string"}), name=_IDS)
    rows = stored(kind.name, with_provenance=True).semi_join(ids, "record_id")
    current = rows.filter(rows.superseded_at.isnull())
    return current.select("record_id", kind=ibis.literal(kind.name), **_description(kind, current))


def _description(kind: RecordKind, rows: Any) -> dict[str, Any]:
    return {
        "reference": rows[kind.reference].cast("string"),
        "event_on": rows.event_on,
        "source": rows.source,
    }
