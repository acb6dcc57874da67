"""Records of one range of enterprises, from all imports: versioned, numbered, sorted, written.

The queries are written out once and run for every range and kind.
"""

from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from features.archive.numbers import with_numbers
from features.archive.plan import BuildPlan
from features.archive.versions import only_versions, repeated_records, with_versions
from features.catalogue import ENTERPRISE_NO, arrow_schema, record_schema
from features.engine import Engine, Query
from features.identity import apply_links
from features.intake.stored import read_imported

# Small enough that one enterprise is read without much of its neighbours, large enough to scan.
ROW_GROUP_ROWS = 16_384
_ROWS, _NUMBERS, _RECEIPTS = "range_rows", "range_numbers", "range_receipts"
_ORDER = ("enterprise_id", "known_at", "record_id", "row_no")


class RangeRecords:
    """The records of every range and kind of a build."""

    def __init__(self, engine: Engine, *, plan: BuildPlan, receipts: pa.Table) -> None:
        self._engine = engine
        self._plan = plan
        self._receipts = ibis.table(ibis.Schema.from_pyarrow(receipts.schema), name=_RECEIPTS)
        engine.bind(_RECEIPTS, receipts, columns=receipts.column_names)

    def enterprises(self, kind: str, *, number: int) -> pa.Table:
        """The distinct ``enterprise_id`` of a kind in a range."""
        self._bind(kind, number=number)
        query = self._engine.once(
            "range ids", lambda: self._engine.prepare(_rows(kind)[["enterprise_id"]].distinct())
        )
        return self._engine.fetch(query)

    def write(self, kind: str, path: Path, *, number: int, numbers: pa.Table) -> None:
        """Write the versions of a kind in a range, sorted by enterprise, then by day known."""
        self._bind(kind, number=number)
        numbers = numbers.select(["enterprise_id", ENTERPRISE_NO])
        self._engine.bind(_NUMBERS, numbers, columns=numbers.column_names)
        repeats = self._engine.once("range repeats", lambda: self._repeats(kind))
        # Most records come once; only the others need an order.
        repeated = bool(self._engine.fetch(repeats)["repeats"][0].as_py())
        query = self._engine.once(
            ("range", kind, repeated), lambda: self._versions(kind, repeated=repeated)
        )
        self._engine.write_query(query, path, row_group_rows=ROW_GROUP_ROWS)

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

    def _bind(self, kind: str, *, number: int) -> None:
        schema, bounds = record_schema(kind), self._plan.bounds(number)
        source = tuple(self._plan.inputs[kind])
        if self._plan.links is None:
            between = ("enterprise_id", *bounds)
            self._engine.bind(_ROWS, source, columns=schema.names, between=between, filled=schema)
            return
        # What changed hands must do so before it is known which range it belongs to.
        records = read_imported(self._engine, source, kind=kind)
        linked = _within(apply_links(records, self._plan.links, kind=kind), *bounds)
        self._engine.bind(_ROWS, self._engine.to_arrow(linked), columns=schema.names)


def _rows(kind: str) -> Any:
    return ibis.table(ibis.Schema.from_pyarrow(record_schema(kind)), name=_ROWS)


def _within(records: Any, first: str | None, next_first: str | None) -> Any:
    if first is not None:
        records = records.filter(records.enterprise_id >= first)
    if next_first is not None:
        records = records.filter(records.enterprise_id < next_first)
    return records
