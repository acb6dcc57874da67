"""Records of one range of enterprises, from all imports: versioned, numbered, sorted, written.

The queries are written out once and run for every range and kind.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.archive.files import piece_file, unreadable
from features.archive.numbers import with_numbers
from features.archive.plan import BuildPlan
from features.archive.versions import only_versions, repeated_records, with_versions
from features.catalogue import ENTERPRISE_NO, arrow_schema, record_kinds, record_schema
from features.engine import Engine, Query
from features.identity import apply_links
from features.intake.stored import read_imported

# Small enough that one enterprise is read without much of its neighbours, large enough to scan.
ROW_GROUP_ROWS = 16_384
# After an event one such file is written again; opening many of them takes time in a batch.
PIECE_ROWS = 2 * ROW_GROUP_ROWS
_ROWS, _NUMBERS, _RECEIPTS = "range_rows", "range_numbers", "range_receipts"
_PROVENANCE = ("source", "producer", "provider", "import_id")
_ORDER = ("enterprise_id", "known_at", "record_id", "row_no")


class RangeRecords:
    """The records of every range and kind of a build."""

    def __init__(self, engine: Engine, *, plan: BuildPlan, receipts: pa.Table) -> None:
        self._engine = engine
        self._plan = plan
        self._receipts = ibis.table(ibis.Schema.from_pyarrow(receipts.schema), name=_RECEIPTS)
        engine.bind(_RECEIPTS, receipts, columns=receipts.column_names)

    def enterprises(self, kind: str, *, number: int, only: pa.Array | None = None) -> pa.Table:
        """The distinct ``enterprise_id`` of a kind in a range, or of those among `only`."""
        self._bind(kind, number=number, only=only)
        query = self._engine.once(
            "range ids", lambda: self._engine.prepare(_rows(kind)[["enterprise_id"]].distinct())
        )
        return self._engine.fetch(query)

    def write(self, kind: str, folder: Path, *, number: int, numbers: pa.Table) -> None:
        """Write the versions of a kind in a range, sorted by enterprise, then by day known."""
        self._bind(kind, number=number)
        query = self._ordered(kind, numbers)
        _write_pieces(kind, folder, self._engine.batches(query, rows=PIECE_ROWS))

    def renew(
        self,
        kind: str,
        folder: Path,
        *,
        number: int,
        numbers: pa.Table,
        changed: pa.Array,
        before: Mapping[Path, pa.Array],
    ) -> pa.Array:
        """Write the files `before` again with the records of `changed` found anew.

        Sorting only their records is several times faster than sorting everybody's.

        Parameters
        ----------
        before
            Every file of the kind that holds, or may hold, any of `changed`, and which of them.

        Returns
        -------
        The ``enterprise_no`` of those of `changed` that have records.
        """
        self._bind(kind, number=number, only=changed)
        schema = arrow_schema(kind)
        fresh = self._engine.fetch(self._ordered(kind, numbers)).cast(schema)
        owners = pc.unique(fresh[ENTERPRISE_NO])
        if not before:
            _write_pieces(kind, folder, iter([fresh]))
        for path, theirs in before.items():
            rows = _read(path).select(schema.names).cast(schema)
            news = fresh.filter(pc.is_in(fresh["enterprise_id"], value_set=theirs))
            rows = _replaced(rows, theirs, news)
            # Of a later file without records nobody could tell where it begins.
            if rows.num_rows or path.name == piece_file(kind, 0):
                _write(kind, folder / path.name, rows)
        return owners

    def _ordered(self, kind: str, numbers: pa.Table) -> Query:
        """The versions of the records that are bound."""
        numbers = numbers.select(["enterprise_id", ENTERPRISE_NO])
        self._engine.bind(_NUMBERS, numbers, columns=numbers.column_names)
        repeats = self._engine.once("range repeats", lambda: self._repeats(kind))
        # Most records come once; only the others need an order.
        repeated = bool(self._engine.fetch(repeats)["repeats"][0].as_py())
        return self._engine.once(
            ("range", kind, repeated), lambda: self._versions(kind, repeated=repeated)
        )

    def _repeats(self, kind: str) -> Query:
        repeated = repeated_records(_rows(kind))
        return self._engine.prepare(repeated.aggregate(repeats=repeated.count()))

    def _versions(self, kind: str, *, repeated: bool) -> Query:
        rows = _rows(kind)
        if repeated:
            versions = with_versions(rows, self._receipts, kind=kind)
        else:
            versions = only_versions(rows, kind=kind)
        schema = {"enterprise_id": "string", ENTERPRISE_NO: "int64"}
        numbers = ibis.table(ibis.schema(schema), name=_NUMBERS)
        numbered = with_numbers(versions, numbers).select(arrow_schema(kind).names)
        return self._engine.prepare(numbered.order_by(list(_ORDER)))

    def _bind(self, kind: str, *, number: int, only: pa.Array | None = None) -> None:
        schema, bounds = record_schema(kind), self._plan.bounds(number)
        source = tuple(self._plan.inputs[kind])
        if self._plan.links is None:
            self._engine.bind(
                _ROWS,
                source,
                columns=schema.names,
                only=None if only is None else ("enterprise_id", only.to_pylist()),
                between=("enterprise_id", *bounds) if only is None else None,
                filled=schema,
            )
            return
        # What changed hands must do so before it is known which range it belongs to.
        records = read_imported(self._engine, source, kind=kind)
        if only is not None:
            records = self._of(records, self._plan.links.sources_of(only))
        linked = _within(apply_links(records, self._plan.links, kind=kind), *bounds)
        if only is not None:
            linked = self._of(linked, only)
        self._engine.bind(_ROWS, self._engine.to_arrow(linked), columns=schema.names)

    def _of(self, records: Any, ids: pa.Array) -> Any:
        wanted = self._engine.memory(pa.table({"enterprise_id": ids}))
        return records.semi_join(wanted, "enterprise_id")


def _read(path: Path) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            return file.read()
    except (OSError, pa.ArrowInvalid) as error:
        raise unreadable(path) from error


def _write_pieces(kind: str, folder: Path, batches: Iterator[pa.Table]) -> None:
    """Write sorted records into files of about `PIECE_ROWS`, cut between enterprises."""
    place, rest = 0, arrow_schema(kind).empty_table()
    for batch in batches:
        rest = pa.concat_tables([rest, batch])
        while rest.num_rows > PIECE_ROWS and (end := _end_of_piece(rest)):
            _write(kind, folder / piece_file(kind, place), rest.slice(0, end))
            place, rest = place + 1, rest.slice(end)
    if rest.num_rows or not place:
        _write(kind, folder / piece_file(kind, place), rest)


def _end_of_piece(rows: pa.Table) -> int:
    """Where a full piece ends: before the enterprise at its edge, after it if that is the first."""
    ids = rows["enterprise_id"].to_numpy()
    edge = ids[PIECE_ROWS]
    first = int(np.searchsorted(ids, edge))
    if first:
        return first
    after = int(np.searchsorted(ids, edge, side="right"))
    return after if after < len(ids) else 0  # more of its records may follow


def _write(kind: str, path: Path, rows: pa.Table) -> None:
    pq.write_table(
        rows,
        path,
        compression="zstd",
        row_group_size=ROW_GROUP_ROWS,
        use_dictionary=_repetitive(kind),
    )


def _replaced(rows: pa.Table, changed: pa.Array, fresh: pa.Table) -> pa.Table:
    """`rows` with `fresh` in the place of what `changed` had; both are sorted by enterprise."""
    ids = rows["enterprise_id"].to_numpy()
    kept = np.flatnonzero(~pc.is_in(rows["enterprise_id"], value_set=changed).to_numpy())
    places = np.searchsorted(ids[kept], fresh["enterprise_id"].to_numpy())
    order = np.insert(kept, places, np.arange(len(ids), len(ids) + fresh.num_rows))
    return pa.concat_tables([rows, fresh]).take(pa.array(order))


def _repetitive(kind: str) -> list[str]:
    """Columns of few different texts; a dictionary of the others only takes time to make."""
    codes = [item.name for item in record_kinds()[kind].fields.values() if item.type == "code"]
    return [*_PROVENANCE, *codes]


def _rows(kind: str) -> Any:
    return ibis.table(ibis.Schema.from_pyarrow(record_schema(kind)), name=_ROWS)


def _within(records: Any, first: str | None, next_first: str | None) -> Any:
    if first is not None:
        records = records.filter(records.enterprise_id >= first)
    if next_first is not None:
        records = records.filter(records.enterprise_id < next_first)
    return records
