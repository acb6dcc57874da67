"""What the whole archive says as of a day: peers, connected enterprises, categories, firms.

Computed range by range into sums of integers, so one enterprise alone is compared with exactly the
numbers that a batch is compared with.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from features.engine import Engine
from features.indicators.assembly import Context, assemble
from features.indicators.common import CRITICAL_VISITS, PROBLEM_VISITS, VISITS
from features.indicators.formulas import KEYS, Formula, Overall, Shared
from features.indicators.measures import Aggregate
from features.indicators.moment import Moment
from features.indicators.records import ArchiveTables, Records
from features.indicators.states import licences, units
from features.indicators.vocabulary import RATE_WEIGHT

# Ratios that are joined to records, by what they are the ratios of.
_CATEGORY_RATIOS = {
    "category_problem_ratio": (PROBLEM_VISITS, VISITS),
    "category_critical_ratio": (CRITICAL_VISITS, VISITS),
}
_FIRM_RATIO = "firm_failure_ratio"


@dataclass(frozen=True)
class Wanted:
    """What the whole archive is asked for: parts to add up, keys to add them up by, ratios."""

    columns: dict[Formula, str]
    keys: tuple[str, ...]
    ratios: frozenset[str]

    @property
    def category_ratios(self) -> dict[str, tuple[str, str]]:
        """Part and whole, as columns, of each ratio by licence category."""
        return {
            name: (self.columns[part], self.columns[whole])
            for name, (part, whole) in _CATEGORY_RATIOS.items()
            if name in self.ratios
        }


def wanted_of(formulas: Sequence[Formula]) -> Wanted:
    """Collect what `formulas` want to know of other enterprises."""
    leaves = [leaf for item in formulas for leaf in item.leaves()]
    shared = [leaf for leaf in leaves if isinstance(leaf, Shared)]
    overall = [leaf.part for leaf in leaves if isinstance(leaf, Overall)]
    fields = {leaf.field for leaf in leaves if isinstance(leaf, Aggregate) and leaf.field}
    ratios = frozenset(fields & {*_CATEGORY_RATIOS, _FIRM_RATIO})
    compared = [part for name in sorted(ratios) for part in _CATEGORY_RATIOS.get(name, ())]
    parts = dict.fromkeys([*compared, *overall, *(leaf.part for leaf in shared)])
    return Wanted(
        columns={part: f"p{number}" for number, part in enumerate(parts)},
        keys=tuple(dict.fromkeys(leaf.key for leaf in shared)),
        ratios=ratios,
    )


def sum_up_archive(
    engine: Engine, archive: ArchiveTables, *, moment: Moment, wanted: Wanted
) -> Context:
    """Sums over all enterprises ever registered, those that left included."""
    tables: dict[str, list[pa.Table]] = {}
    for number in range(archive.range_count):
        records = Records(engine, archive, moment, range_no=number)
        for name, table in _range_sums(records, wanted):
            tables.setdefault(name, []).append(table)
    merged = {name: _add_up(pa.concat_tables(parts)) for name, parts in tables.items()}
    everybody = merged["overall"].to_pylist() if "overall" in merged else []
    overall = everybody[0] if everybody else dict.fromkeys(wanted.columns.values(), 0)
    ratios = {}
    if wanted.category_ratios:
        ratios["category"] = _ratios(merged["category"], wanted.category_ratios)
    if _FIRM_RATIO in wanted.ratios:
        ratios["maintenance_firm"] = _ratios(
            merged["maintenance_firm"], {_FIRM_RATIO: ("part", "whole")}
        )
    return Context(
        overall={part: overall[name] for part, name in wanted.columns.items()},
        shared={key: merged[key] for key in wanted.keys},
        columns=wanted.columns,
        rates={key: engine.memory(table) for key, table in ratios.items()},
    )


def _range_sums(records: Records, wanted: Wanted) -> Iterator[tuple[str, pa.Table]]:
    """Sums of one range: of everybody, per key, per licence category, per maintenance firm."""
    if _FIRM_RATIO in wanted.ratios:
        yield "maintenance_firm", _firm_inspections(records)
    if not wanted.columns:
        return
    members, names = _members(records, wanted), list(wanted.columns.values())
    everybody = members.select(names).append_column("key", pa.nulls(len(members), pa.string()))
    yield "overall", _add_up(everybody.select(["key", *names]))
    for key in wanted.keys:
        of_key = members.select([f"key_{key}", *names])
        yield key, _add_up(of_key.filter(pc.is_valid(of_key[0])))
    if wanted.category_ratios:
        yield "category", _category_visits(records, members, wanted)


def _members(records: Records, wanted: Wanted) -> pa.Table:
    """One row per enterprise: its keys (text) and its parts (integers)."""
    formulas = [*wanted.columns, *(KEYS[key] for key in wanted.keys)]
    return assemble(records, formulas, gone=True).evaluate(
        lambda columns: {
            **{f"key_{key}": columns.value(KEYS[key]) for key in wanted.keys},
            **{
                name: columns.value(part).cast("int64").fill_null(0)
                for part, name in wanted.columns.items()
            },
        }
    )


def _add_up(table: pa.Table) -> pa.Table:
    """Sum every column but the first, per value of the first."""
    key, *names = table.column_names
    sums = table.group_by(key).aggregate([(name, "sum") for name in names])
    return sums.select([key, *[f"{name}_sum" for name in names]]).rename_columns([key, *names])


def _category_visits(records: Records, members: pa.Table, wanted: Wanted) -> pa.Table:
    """Per licence category: parts and wholes of the holders of a valid licence."""
    held = licences(records)
    held = held.filter(held.is_valid, held.category.notnull())
    pairs = records.engine.to_arrow(held.select("enterprise_id", "category").distinct())
    names = sorted({name for ratio in wanted.category_ratios.values() for name in ratio})
    counted = members.select(["enterprise_id", *names])
    joined = pairs.join(counted, "enterprise_id", join_type="inner")
    return _add_up(joined.select(["category", *names]))


def _firm_inspections(records: Records) -> pa.Table:
    """Per maintenance firm: units in use that failed their last inspection, and those inspected."""
    rows = units(records)
    tested = rows.inspection_result.isin(("passed", "failed"))
    rows = rows.filter(rows.is_in_use, tested, rows.maintenance_firm.notnull())
    per_firm = rows.group_by("maintenance_firm").agg(
        part=rows.count(where=rows.is_failed), whole=rows.count()
    )
    return records.engine.to_arrow(per_firm)


def _ratios(table: pa.Table, ratios: Mapping[str, tuple[str, str]]) -> pa.Table:
    """Part over whole per key, drawn to the ratio of the whole table; null without any whole."""
    columns = {table.column_names[0]: table[0]}
    for name, (part, whole) in ratios.items():
        parts, wholes = (pc.sum(table[column]).as_py() or 0 for column in (part, whole))
        prior = pa.scalar(RATE_WEIGHT * (parts / wholes) if wholes else None, pa.float64())
        above = pc.add(pc.cast(table[part], pa.float64()), prior)
        below = pc.add(pc.cast(table[whole], pa.float64()), float(RATE_WEIGHT))
        columns[name] = pc.divide(above, below)
    return pa.table(columns)
