"""Four in one (四位一体): grade, industry level, warning state and key zone of each enterprise."""

from datetime import date
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import law
from features.archive import Archive
from features.engine import Engine
from features.point_in_time import visible
from scoring.measures.facts import Facts
from scoring.measures.levels import Levels
from scoring.measures.rules import IndicatorRule
from scoring.measures.runs import GradedRun
from scoring.measures.zones import KeyZone, zone_of

_NO_WARNING = "none"


def four_in_one(
    run: GradedRun,
    facts: Facts,
    *,
    levels: Levels,
    warning_rules: tuple[IndicatorRule, ...],
    places: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    zones: list[KeyZone],
) -> pa.Table:
    """One row per enterprise of the run.

    ``warning`` is the strictest state that holds, ``warning_causes`` every rule that does;
    ``zone`` and ``zone_kind`` are null outside all zones and where the place is unknown.
    """
    warning, causes = _warnings(run, facts, warning_rules)
    place = zone_of(zones, *places)
    names = np.array([*(zone.name for zone in zones), None], dtype=object)
    kinds = np.array([*(zone.kind for zone in zones), None], dtype=object)
    return pa.table(
        {
            "enterprise_id": run.ids,
            "name": run.grades["name"],
            "area_code": run.grades["area_code"],
            "grade": run.grade,
            "level": levels.level,
            "level_basis": levels.basis,
            "warning": warning,
            "warning_causes": causes,
            "zone": pa.array(names[place], pa.string()),
            "zone_kind": pa.array(kinds[place], pa.string()),
        }
    )


def count_by_area(overview: pa.Table) -> pa.Table:
    """One row per area: enterprises in all, of each grade, level and warning, and in a zone."""
    columns: dict[str, Any] = {"area_code": overview["area_code"]}
    for name, codes in (
        ("grade", "ABCD"),
        ("level", law.codes("patrol_levels")),
        ("warning", law.codes("warning_states")),
    ):
        for code in codes:
            columns[f"{name}_{code}"] = pc.equal(overview[name], code).cast(pa.int64())
    columns["in_zone"] = pc.is_valid(overview["zone"]).cast(pa.int64())
    columns["enterprises"] = pa.repeat(pa.scalar(1, pa.int64()), overview.num_rows)
    summed = [(name, "sum") for name in columns if name != "area_code"]
    counts = pa.table(columns).group_by("area_code").aggregate(summed)
    renamed = [name.removesuffix("_sum") for name in counts.column_names]
    return counts.rename_columns(renamed).select([*columns]).sort_by("area_code")


def read_places(
    engine: Engine, archive: Archive, ids: pa.Array, *, as_of: date
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Latitude and longitude of the newest registration that states them; NaN where none does."""
    seen = visible(archive.table(engine, "registration"), as_of)
    seen = seen.filter(seen.latitude.notnull(), seen.longitude.notnull())
    order = ibis.row_number().over(
        ibis.window(group_by="enterprise_id", order_by=ibis.desc("sequence"))
    )
    newest = seen.mutate(order_=order).filter(lambda table: table.order_ == 0)
    found = engine.to_arrow(newest.select("enterprise_id", "latitude", "longitude"))
    place = pc.index_in(ids, value_set=found["enterprise_id"].combine_chunks())
    taken = found.take(place)
    latitude, longitude = (
        np.asarray(pc.fill_null(taken[name], np.nan).to_numpy(), dtype=np.float64)
        for name in ("latitude", "longitude")
    )
    return latitude, longitude


def _warnings(
    run: GradedRun, facts: Facts, rules: tuple[IndicatorRule, ...]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    order = [*law.codes("warning_states")]
    state = np.full(len(run.ids), order.index(_NO_WARNING))
    causes = np.full(len(run.ids), "", dtype=object)
    for rule in rules:
        hit = facts.holds(rule)
        state[hit] = np.maximum(state[hit], order.index(rule.effect))
        causes[hit] += f"{rule.zh}；"
    return np.array(order, dtype=object)[state], causes
