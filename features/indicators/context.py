"""What the whole archive says as of a day: peers, connected enterprises, categories, firms.

Sums of integers, range by range: one enterprise alone is compared with exactly the numbers that a
batch is compared with, and a change of a few enterprises is added to sums already made.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.engine import AnyEngine, Query
from features.engine.lanes import in_lanes
from features.indicators.assembly import Plan, make_plan
from features.indicators.formulas import KEYS
from features.indicators.measures import Aggregate
from features.indicators.moment import Moment
from features.indicators.parts import IDENTITY, Output
from features.indicators.records import ArchiveTables, Records, is_few, rates_name
from features.indicators.sources import PREPARATIONS
from features.indicators.states import licences, units
from features.indicators.vocabulary import RATE_WEIGHT, UNIT_RATIOS
from features.indicators.wanted import (
    CATEGORY,
    CATEGORY_RATIOS,
    MANY_VALUED,
    OVERALL,
    Wanted,
    sums_name,
)

_MEMBERS = "members"
_EVENTS, _CELL = "area_event", "map_cell"
_PIECE = "{name}-{number:04d}.parquet"
# Whoever looks for some values of a piece, which is sorted, reads the groups of rows around them.
_ROWS_LOOKED_THROUGH = 1 << 14


@dataclass(frozen=True)
class Context:
    """Sums over all enterprises ever registered, those that left included.

    `sums` holds one table a name of ``wanted.tables``: the key (none for ``overall``) and its
    parts. Those of `MANY_VALUED` keys are in pieces, tables or Parquet files, in which a value may
    stand more than once. `by_range` holds, of some of those, a file a range with the sums of the
    range's own values (:mod:`features.indicators.range_sums`).
    """

    wanted: Wanted
    sums: Mapping[str, tuple[pa.Table | Path, ...]]
    by_range: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)

    def is_there(self) -> bool:
        """Whether the pieces that lie on disk still do."""
        pieces = (piece for of_name in self.sums.values() for piece in of_name)
        return all(piece.is_file() for piece in pieces if isinstance(piece, Path))

    def bind(self, engine: AnyEngine, *, range_no: int | None = None) -> dict[str, pa.Table]:
        """Let the names that plans use stand for these sums and the ratios made of them.

        Returns the sums that are looked up directly: of keys with few values, and of a range's own.
        """
        few = engine.holding("context", self, lambda: self._bind(engine))
        if range_no is None:
            return few
        return few | {name: pq.read_table(files[range_no]) for name, files in self.by_range.items()}

    def _bind(self, engine: AnyEngine) -> dict[str, pa.Table]:
        for name in self.wanted.rates:
            ratios = self._ratios(name)
            engine.bind(rates_name(name), ratios, columns=ratios.column_names)
        few = {}
        for name in self.wanted.tables:
            if name == OVERALL or name in MANY_VALUED:
                pieces = self.sums[name]
                files = tuple(piece for piece in pieces if isinstance(piece, Path))
                columns = [*([] if name == OVERALL else [name]), *self.wanted.parts(name)]
                engine.bind(sums_name(name), files or _together(pieces), columns=columns)
            else:
                few[name] = _together(self.sums[name])
        return few

    def _ratios(self, name: str) -> pa.Table:
        """Part over whole per key, drawn to the ratio of all; null without any whole."""
        table = _together(self.sums[name])
        columns = {name: table[name]}
        for ratio in self.wanted.rates[name]:
            part, whole = self._columns_of(ratio)
            parts, wholes = (pc.sum(table[column]).as_py() or 0 for column in (part, whole))
            prior = pa.scalar(RATE_WEIGHT * (parts / wholes) if wholes else None, pa.float64())
            above = pc.add(pc.cast(table[part], pa.float64()), prior)
            below = pc.add(pc.cast(table[whole], pa.float64()), float(RATE_WEIGHT))
            columns[ratio] = pc.divide(above, below)
        return pa.table(columns)

    def _columns_of(self, ratio: str) -> tuple[str, str]:
        if ratio in UNIT_RATIOS.values():
            return "part", "whole"
        part, whole = CATEGORY_RATIOS[ratio]
        return self.wanted.columns[part], self.wanted.columns[whole]


def sum_up_archive(
    engine: AnyEngine,
    archive: ArchiveTables,
    *,
    moment: Moment,
    wanted: Wanted,
    folder: Path | None = None,
) -> Context:
    """Sums over the whole archive, one range in memory at a time.

    `folder` takes the pieces of keys with many values; without one they stay in memory.
    """
    pieces: dict[str, list[pa.Table | Path]] = {name: [] for name in wanted.tables}

    def of_range(engine: AnyEngine, number: int) -> dict[str, pa.Table | Path]:
        sums = _sums(engine, archive, moment, wanted, range_no=number)
        return {
            name: table
            if folder is None or name not in MANY_VALUED
            else _as_file(table, folder, name=name, number=number)
            for name, table in sums.items()
        }

    numbers = range(archive.range_count if wanted.tables else 0)
    for found in in_lanes(engine, of_range, numbers):
        for name, piece in found.items():
            pieces[name].append(piece)
    return Context(wanted, {name: _merged(name, parts) for name, parts in pieces.items()})


def exchange(
    context: Context,
    engine: AnyEngine,
    *,
    before: ArchiveTables,
    after: ArchiveTables,
    moment: Moment,
    enterprise_ids: Sequence[str],
    folder: Path | None = None,
) -> Context:
    """The context of `after`, from that of `before`, where only some enterprises differ.

    What they gave before is taken out and what they give now is put in. `folder` takes the
    differences where the context's own pieces are files.
    """
    wanted = context.wanted
    old = _sums(engine, before, moment, wanted, enterprise_ids=enterprise_ids)
    new = _sums(engine, after, moment, wanted, enterprise_ids=enterprise_ids)
    sums: dict[str, tuple[pa.Table | Path, ...]] = {}
    for name in wanted.tables:
        difference: pa.Table | Path = pa.concat_tables([_negated(old[name]), new[name]])
        if folder is not None and name in MANY_VALUED:
            difference = _as_file(difference, folder, name=name, number=len(context.sums[name]))
        sums[name] = _merged(name, [*context.sums[name], difference])
    return Context(wanted, sums)


def _sums(
    engine: AnyEngine,
    archive: ArchiveTables,
    moment: Moment,
    wanted: Wanted,
    *,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
) -> dict[str, pa.Table]:
    plan = engine.once(
        ("sums", repr(moment), wanted.identity), lambda: _plan_sums(engine, moment, wanted)
    )
    few = is_few(enterprise_ids)
    members = plan.rows.rows(engine, archive, range_no=range_no, enterprise_ids=enterprise_ids)
    if plan.places is not None:
        places = engine.fetch(plan.places, few=few)
        members = pa.concat_tables([members, places.cast(members.schema)])
    engine.bind(_MEMBERS, members, columns=members.column_names)
    return {name: engine.fetch(query, few=few) for name, query in plan.added.items()}


@dataclass(frozen=True)
class _SumsPlan:
    """A row per enterprise; a row per place with events; the sums over both."""

    rows: Plan
    places: Query | None
    added: Mapping[str, Query]


def _plan_sums(engine: AnyEngine, moment: Moment, wanted: Wanted) -> _SumsPlan:
    """One row per enterprise with its keys and parts, then added up in each way wanted."""
    records = Records(moment)
    outputs = {
        **{key: Output((KEYS[key],), lambda values: values[0]) for key in wanted.by_key},
        **{name: Output((part,), _as_count) for part, name in wanted.columns.items()},
    }
    schema = {
        IDENTITY: "string",
        **dict.fromkeys(wanted.by_key, "string"),
        **dict.fromkeys(wanted.columns.values(), "int64"),
    }
    members = ibis.table(ibis.schema(schema), name=_MEMBERS)
    added = {
        name: engine.prepare(expression) for name, expression in _added_up(members, records, wanted)
    }
    places = _places(records, wanted)
    return _SumsPlan(
        make_plan(engine, records, outputs, gone=True),
        engine.prepare(places) if places is not None else None,
        added,
    )


def _places(records: Records, wanted: Wanted) -> Any | None:
    """What happened at places, as if they were members of their map cells; None if not wanted.

    A place is no enterprise: it has no registration, and of all parts only its events.
    """
    events = {
        name: part
        for part, name in wanted.columns.items()
        if isinstance(part, Aggregate) and part.source == _EVENTS
    }
    if not events:
        return None
    rows = PREPARATIONS[_EVENTS](records)
    counted = rows.group_by(IDENTITY).agg(
        **{name: part.expression(rows, records.moment) for name, part in events.items()}
    )
    # Its identity is its cell: see the scheme `place` of mappings.
    cell = counted[IDENTITY].replace("@", "").replace(",", "|")
    return counted.select(
        IDENTITY,
        **{key: cell if key == _CELL else ibis.null("string") for key in wanted.by_key},
        **{
            name: counted[name] if name in events else ibis.literal(0, "int64")
            for name in wanted.columns.values()
        },
    )


def _as_count(values: Sequence[Any]) -> Any:
    return values[0].cast("int64").fill_null(0)


def _added_up(members: Any, records: Records, wanted: Wanted) -> Iterator[tuple[str, Any]]:
    if wanted.overall:
        yield OVERALL, members.aggregate(**_totals(members, wanted.parts(OVERALL)))
    for key in wanted.by_key:
        of_key = members.filter(members[key].notnull())
        yield key, of_key.group_by(key).agg(**_totals(of_key, wanted.parts(key)))
    if CATEGORY in wanted.rates:
        held = licences(records)
        held = held.filter(held.is_valid, held.category.notnull())
        pairs = held.select(IDENTITY, CATEGORY).distinct()
        visited = pairs.inner_join(members.drop(*wanted.by_key), IDENTITY)
        yield CATEGORY, visited.group_by(CATEGORY).agg(**_totals(visited, wanted.parts(CATEGORY)))
    for key in UNIT_RATIOS:
        if key in wanted.rates:
            rows = units(records)
            tested = rows.inspection_result.isin(("passed", "failed"))
            rows = rows.filter(rows.is_in_use, tested, rows[key].notnull())
            counts = {"part": rows.count(where=rows.is_failed), "whole": rows.count()}
            yield key, rows.group_by(key).agg(**counts)


def _totals(rows: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: ibis.coalesce(rows[name].sum(), 0) for name in names}


def _as_file(table: pa.Table, folder: Path, *, name: str, number: int) -> Path:
    path = folder / _PIECE.format(name=name, number=number)
    folder.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # it may be a link: another folder's piece stays as it is
    pq.write_table(
        table.sort_by(name), path, compression="zstd", row_group_size=_ROWS_LOOKED_THROUGH
    )
    return path


def _merged(name: str, pieces: Sequence[pa.Table | Path]) -> tuple[pa.Table | Path, ...]:
    """Add the pieces of a name up into one, unless its key has many values."""
    if name in MANY_VALUED or not pieces:
        return tuple(pieces)
    return (_add_up(_together(pieces), by=None if name == OVERALL else name),)


def _together(pieces: Sequence[pa.Table | Path]) -> pa.Table:
    return pa.concat_tables([piece for piece in pieces if isinstance(piece, pa.Table)])


def _add_up(table: pa.Table, *, by: str | None) -> pa.Table:
    """Sum every column, per value of the key if there is one, in its order.

    Grouping has no order of its own, and what is kept of it must be the same bytes every time.
    """
    keys = [] if by is None else [by]
    names = [name for name in table.column_names if name not in keys]
    sums = table.group_by(keys).aggregate([(name, "sum") for name in names])
    sums = sums.select([*keys, *[f"{name}_sum" for name in names]]).rename_columns([*keys, *names])
    return sums if by is None else sums.sort_by(by)


def _negated(table: pa.Table) -> pa.Table:
    for place, column in enumerate(table.columns):
        if pa.types.is_integer(column.type):
            table = table.set_column(place, table.column_names[place], pc.negate(column))
    return table
