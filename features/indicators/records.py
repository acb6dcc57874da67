"""The records that indicators may see, by name: queries written once, bound to any enterprises."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Protocol

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.catalogue import ENTERPRISE_NO, SEQUENCE, arrow_schema, record_kinds
from features.engine import AnyEngine, Query, Source
from features.errors import ArchiveDamagedError
from features.indicators.moment import Moment
from features.point_in_time import visible

# Where a record came from; no indicator may depend on it.
_PROVENANCE = (
    "source",
    "producer",
    "provider",
    "import_id",
    "row_no",
    "corrected_by",
    "correction_reason",
)
_EPOCH = date(1970, 1, 1)
_FEW = 1_000
# Which record of an enterprise: its place among those of its kind, and the kind. A whole number is
# compared and kept many times cheaper than a record's identity.
PLACE = "record_place"
# More than there are kinds, and more than any place.
KINDS, _PLACES = 1 << 6, 1 << 40
# What decides which version of a record a day sees, and nothing else.
_VERSION = ("superseded_at", "is_withdrawn")


class ArchiveTables(Protocol):
    """The part of an archive that indicators read."""

    @property
    def range_count(self) -> int:
        """How many ranges of enterprises there are."""

    def range_of(self, enterprise_id: str) -> int:
        """The range in which an enterprise's records lie."""

    def source(
        self,
        kind: str,
        *,
        range_no: int | None = None,
        enterprise_ids: Sequence[str] | None = None,
    ) -> Source:
        """Records of one kind, every column there; of some enterprises, and maybe of others."""

    def kinds_of(self, enterprise_ids: Sequence[str]) -> frozenset[str]:
        """The kinds of which any of some enterprises has records."""


@dataclass(frozen=True)
class Records:
    """Visible records by kind, whichever enterprises are bound when a query runs.

    `rates` names what the whole archive says about a licence category or a maintenance firm, as
    columns by the key they belong to; empty while that is being computed.
    """

    moment: Moment
    rates: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _seen: dict[str, Any] = field(default_factory=dict)

    @property
    def as_of(self) -> date:
        """The day whose knowledge counts."""
        return self.moment.as_of

    @property
    def kinds(self) -> tuple[str, ...]:
        """The record kinds asked for so far: what must be bound before a query runs."""
        return tuple(self._seen)

    def of(self, kind: str) -> Any:
        """One row per visible record of the kind (Ibis, lazy), without where it came from."""
        if kind not in self._seen:
            rows = stored(kind, with_provenance=False)
            seen = visible(rows, self.as_of).drop(*_VERSION)
            self._seen[kind] = seen.mutate(**{PLACE: _place(seen, kind)})
        return self._seen[kind]

    def rates_of(self, key: str) -> Any | None:
        """The ratios by `key` (Ibis); None where nobody asked for any."""
        if key not in self.rates:
            return None
        columns = {key: "string", **dict.fromkeys(self.rates[key], "float64")}
        return ibis.table(ibis.schema(columns), name=rates_name(key))


def is_few(enterprise_ids: Sequence[str] | None) -> bool:
    """Whether records are better read into memory once; sources without any are then skipped."""
    return enterprise_ids is not None and len(enterprise_ids) < _FEW


def input_name(kind: str) -> str:
    """The name that stands for the records of a kind."""
    return f"records_{kind}"


def rates_name(key: str) -> str:
    """The name that stands for the ratios by a key."""
    return f"rates_{key}"


def bind_records(
    engine: AnyEngine,
    archive: ArchiveTables,
    kinds: Iterable[str],
    *,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
    in_memory: bool = False,
) -> frozenset[str]:
    """Let the names of `kinds` stand for a range, for some enterprises, or for everything.

    With `in_memory` the records of a kind are read once, every column, however often they are bound
    for the same enterprises of the same archive: what several questions ask of one enterprise.

    Returns
    -------
    Kinds known to have no records; they are looked for where records are read into memory only.
    """
    if range_no is None and enterprise_ids:
        ranges = {archive.range_of(enterprise_id) for enterprise_id in enterprise_ids}
        range_no = ranges.pop() if len(ranges) == 1 else None
    if in_memory:
        return _InHand.of(engine, archive, range_no, enterprise_ids).bind(engine, kinds)
    engine.in_hand = None  # the names stand for other records from here on
    only = None if enterprise_ids is None else ("enterprise_id", enterprise_ids)
    for kind in kinds:
        source = archive.source(kind, range_no=range_no, enterprise_ids=enterprise_ids)
        engine.bind(input_name(kind), source, columns=arrow_schema(kind).names, only=only)
    return frozenset()


@dataclass
class _InHand:
    """The records of some enterprises that were read into memory, and which kinds have any."""

    archive: ArchiveTables
    range_no: int | None
    enterprise_ids: Sequence[str] | None
    present: frozenset[str] | None
    has_rows: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        engine: AnyEngine,
        archive: ArchiveTables,
        range_no: int | None,
        enterprise_ids: Sequence[str] | None,
    ) -> "_InHand":
        """What the engine has in hand, if it is of these enterprises of this very archive."""
        ids = None if enterprise_ids is None else tuple(enterprise_ids)
        held = engine.in_hand
        kept: dict[str, bool] = {}
        if isinstance(held, cls) and (held.range_no, held.enterprise_ids) == (range_no, ids):
            if held.archive is archive:
                return held
            kept = held._kept_in(archive)
        held = cls(archive, range_no, ids, archive.kinds_of(ids) if ids else None, kept)
        engine.in_hand = held
        return held

    def _kept_in(self, archive: ArchiveTables) -> dict[str, bool]:
        """The kinds read whose files are those of another archive too: it went on from this one."""
        return {
            kind: has_rows
            for kind, has_rows in self.has_rows.items()
            if _is_same(self._source_then(kind), self._source(archive, kind))
        }

    def _source_then(self, kind: str) -> Source | None:
        try:
            return self._source(self.archive, kind)
        except ArchiveDamagedError:
            return None  # builds of an archive are taken away after a while

    def _source(self, archive: ArchiveTables, kind: str) -> Source:
        return archive.source(kind, range_no=self.range_no, enterprise_ids=self.enterprise_ids)

    def bind(self, engine: AnyEngine, kinds: Iterable[str]) -> frozenset[str]:
        """Read the kinds not read yet; returns those without records."""
        only = None if self.enterprise_ids is None else ("enterprise_id", self.enterprise_ids)
        wanted = list(kinds)
        for kind in wanted:
            if kind in self.has_rows:
                continue
            known_empty = self.present is not None and kind not in self.present
            schema = arrow_schema(kind)
            source = schema.empty_table() if known_empty else self._source(self.archive, kind)
            name = input_name(kind)
            rows = engine.bind(name, source, columns=schema.names, only=only, in_memory=True)
            self.has_rows[kind] = rows != 0
        return frozenset(kind for kind in wanted if not self.has_rows[kind])


def _is_same(one: Source | None, other: Source) -> bool:
    """Whether two sources are the same files, perhaps under two names."""
    return (
        isinstance(one, tuple)
        and isinstance(other, tuple)
        and len(one) == len(other)
        and all(mine.samefile(theirs) for mine, theirs in zip(one, other, strict=True))
    )


def fetch_by_kind(
    engine: AnyEngine,
    archive: ArchiveTables,
    queries: Mapping[str, Query],
    *,
    schema: pa.Schema,
    few: bool,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
) -> pa.Table:
    """The rows that a query a record kind gives, provenance there, one below the other.

    `few` reads the records into memory first and leaves kinds without any out.
    """
    silent = bind_records(
        engine,
        archive,
        queries,
        range_no=range_no,
        enterprise_ids=enterprise_ids,
        in_memory=few,
    )
    found = [engine.fetch(query, few=few) for kind, query in queries.items() if kind not in silent]
    return pa.concat_tables([schema.empty_table(), *[table.cast(schema) for table in found]])


def stored(kind: str, *, with_provenance: bool) -> Any:
    """All versions of the bound records of a kind (Ibis)."""
    schema = _schema(kind, with_provenance=with_provenance)
    return ibis.table(ibis.Schema.from_pyarrow(schema), name=input_name(kind))


@cache
def _schema(kind: str, *, with_provenance: bool) -> pa.Schema:
    columns = arrow_schema(kind)
    return pa.schema([item for item in columns if with_provenance or item.name not in _PROVENANCE])


def in_order(rows: Any) -> Any:
    """Add `position`, higher for a newer record of the enterprise; gaps mean nothing."""
    return rows.mutate(position=rows[PLACE])


def in_order_of(rows: Any, *columns: str) -> Any:
    """Add `position` by other columns than those the archive orders records by."""
    order = ibis.window(group_by=ENTERPRISE_NO, order_by=list(columns))
    return rows.mutate(position=ibis.row_number().over(order) * _PLACES + rows[PLACE])


def place_at(position: Any) -> Any:
    """The `PLACE` of the record that has a position."""
    return position % _PLACES


def split_places(places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The kinds (numbered as in the catalogue) and the sequence numbers of places."""
    return places % KINDS, places // KINDS


def _place(rows: Any, kind: str) -> Any:
    return rows[SEQUENCE].cast("int64") * KINDS + list(record_kinds()).index(kind)


def newest_per(rows: Any, *keys: str) -> Any:
    """The newest record per enterprise and `keys`."""
    same = [ENTERPRISE_NO, *keys]
    newest = rows[SEQUENCE].max().over(group_by=same)
    return (
        rows.mutate(newest_=newest).filter(lambda row: row.newest_ == row[SEQUENCE]).drop("newest_")
    )


def with_previous_day(rows: Any, *keys: str) -> Any:
    """Add `previous_on`: the last earlier day with a record of the enterprise and `keys`.

    Records of one day do not precede each other: a joint visit has several records, and two
    decisions of a day are not a repetition.
    """
    rows = rows.mutate(day_=rows.event_on.delta(ibis.literal(_EPOCH), unit="day"))
    # One window by day: it is sorted once, where a lag by record and its minimum by day sort twice.
    earlier = ibis.range_window(
        group_by=[ENTERPRISE_NO, *keys], order_by="day_", preceding=(None, 1)
    )
    return rows.mutate(previous_on=rows.event_on.max().over(earlier)).drop("day_")


def left_join(left: Any, right: Any, keys: list[str]) -> Any:
    """Left join on columns of the same name, which are kept once."""
    joined = left.left_join(right, keys)
    return joined.drop(*[f"{key}_right" for key in keys])
