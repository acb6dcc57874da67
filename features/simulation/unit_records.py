"""Special-equipment units as records: a row at registration, at each inspection, at the end."""

import numpy as np

from features.simulation import words
from features.simulation.arrays import Array, Columns, joined, padded, stacked, stream, take
from features.simulation.city import City
from features.simulation.equipment import Units, as_days
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, years_of


def unit_file(city: City) -> SourceFile:
    """The register of units, one row per change of state."""
    rng = stream(city.seed, "units")
    states = [_registered(city), _inspected(city, rng)]
    rows = stacked([*states, _stopped(city, stacked(states), rng=rng)])
    began = city.people.established[city.world.units.holder[rows["unit"]]]
    day = as_days(rows["day"])
    rows = take(rows, (day <= city.timeline.end) & (day >= began))
    columns = finished(_described(city, rows), "状态日期", timeline=city.timeline, rng=rng)
    return SourceFile(
        source="city_special_equipment_units",
        name="模拟_特种设备.parquet",
        layout="parquet",
        columns=columns,
        event_column="状态日期",
        code_column="设备种类",
        required_column="设备代码",
    )


def _described(city: City, rows: Columns) -> Columns:
    units, unit, passed = city.world.units, rows["unit"], rows["passed"]
    return {
        ID_COLUMN: city.people.enterprise_id[units.holder[unit]],
        "设备代码": unit_codes(units)[unit],
        "设备种类": units.category[unit],
        "使用场所": units.place[unit],
        "投用日期": as_days(units.commissioned)[unit],
        "上次检验日期": as_days(rows["last"]),
        "下次检验日期": np.where(passed, as_days(rows["next"]), np.datetime64("NaT")),
        "检验结论": np.where(passed, "合格", "不合格"),
        "使用状态": np.where(rows["stopped"], "停用", "在用"),
        "维保单位": _firm_names(units.firm[unit]),
        "状态日期": as_days(rows["day"]),
    }


def unit_codes(units: Units) -> Array:
    """18 characters: category, maker, year of commissioning, serial."""
    year = years_of(as_days(units.commissioned)).astype(np.str_)
    return joined(units.category, "44SIM", year, padded(np.arange(len(units.holder)), 5))


def _firm_names(firms: Array) -> Array:
    """Names of maintenance firms by number."""
    characters = np.array(list(words.MAINTENANCE_WORDS))
    brand = [characters[firms // place % len(characters)] for place in (1, 10, 100)]
    return joined("汕头市（模拟）", *brand, "特种设备维保有限公司")


def _rows(
    unit: Array, day: Array, *, last: Array, following: Array, passed: Array, stopped: bool
) -> Columns:
    return {
        "unit": unit,
        "day": day.astype(np.int64),
        "last": last.astype(np.int64),
        "next": following.astype(np.int64),
        "passed": passed,
        "stopped": np.full(len(unit), stopped),
    }


def _registered(city: City) -> Columns:
    """As each unit first enters the register: with the inspection it had then."""
    units = city.world.units
    established = city.people.established[units.holder].astype(int)
    day = np.maximum(units.first_inspected, established)
    return _rows(
        np.arange(len(day)),
        day,
        last=units.first_inspected,
        following=units.first_due(),
        passed=np.ones(len(day), dtype=bool),
        stopped=False,
    )


def _inspected(city: City, rng: np.random.Generator) -> Columns:
    """Statutory inspections; a failed unit has no next day until it passes."""
    events = city.history.unit_inspections
    day = city.timeline.days_within(events["month"], rng).astype(int)
    passed = events["passed"] > 0
    return _rows(
        events["unit"], day, last=day, following=events["due"], passed=passed, stopped=False
    )


def _stopped(city: City, states: Columns, *, rng: np.random.Generator) -> Columns:
    """Units of deregistered holders are stopped; their last inspection stays what it was."""
    units = city.world.units
    month = city.history.ended[units.holder]
    unit = np.flatnonzero(month < city.timeline.months)
    day = city.timeline.days_within(month[unit], rng).astype(int)
    existing = day > units.commissioned[unit]
    unit, day = unit[existing], day[existing]
    order = np.lexsort((states["day"], states["unit"]))
    newest = order[np.searchsorted(states["unit"][order], unit, side="right") - 1]
    return _rows(
        unit,
        day,
        last=states["last"][newest],
        following=states["next"][newest],
        passed=states["passed"][newest],
        stopped=True,
    )
