"""The users' own checks and the maintenance of special equipment, of a sample of holders."""

import numpy as np

from features.simulation.arrays import Array, optional, sigmoid, stream
from features.simulation.city import City
from features.simulation.equipment import as_days
from features.simulation.source_file import ID_COLUMN, SourceFile, finished
from features.simulation.unit_records import unit_codes

_SHARE_OF_HOLDERS = 0.4  # whose records the city's platform receives
_MONTHS_BACK, _MONTHS_APART = 36, 3
_DONE, _DONE_BY_LAXNESS = 1.9, -1.2  # log-odds that a quarter's check is done
_HAZARD, _HAZARD_BY_LAXNESS = -2.7, 0.8  # log-odds, plus the maintenance firm's effect
_MENDED, _MENDED_BY_LAXNESS = 1.6, -1.0
_LIFT = "3000"
_MAINTAINED_LIFTS, _MAINTAINED_OTHERWISE = 0.7, 0.25  # shares of firms' visits


def equipment_check_file(city: City) -> SourceFile:
    """At most one row a unit and quarter of the last three years; the lax skip quarters."""
    rng = stream(city.seed, "equipment checks")
    units = city.world.units
    months, unit = _quarters(city, rng)
    holder = units.holder[unit]
    laxness = city.history.laxness[months, holder]
    done = rng.random(len(unit)) < sigmoid(_DONE + _DONE_BY_LAXNESS * laxness)
    months, unit, holder, laxness = months[done], unit[done], holder[done], laxness[done]
    size = len(unit)
    firm = units.firm_effect[units.firm[unit]]
    hazard = rng.random(size) < sigmoid(_HAZARD + _HAZARD_BY_LAXNESS * laxness + firm)
    mended = rng.random(size) < sigmoid(_MENDED + _MENDED_BY_LAXNESS * laxness)
    maintained = rng.random(size) < np.where(
        units.category[unit] == _LIFT, _MAINTAINED_LIFTS, _MAINTAINED_OTHERWISE
    )
    columns = {
        ID_COLUMN: city.people.enterprise_id[holder],
        "设备代码": unit_codes(units)[unit],
        "自查或维保": np.where(maintained, "维护保养", "使用单位自查"),
        "检查结果": np.where(hazard, "存在隐患", "正常"),
        "隐患已整改": optional(np.where(mended, "是", "否"), hazard),
        "自查日期": city.timeline.days_within(months, rng),
    }
    return SourceFile(
        source="city_special_equipment_checks",
        name="模拟_特种设备自查维保.parquet",
        layout="parquet",
        columns=finished(columns, "自查日期", timeline=city.timeline, rng=rng),
        event_column="自查日期",
        code_column="检查结果",
        required_column="设备代码",
    )


def _quarters(city: City, rng: np.random.Generator) -> tuple[Array, Array]:
    """Month and unit of every quarter in which a holder on the platform should have checked."""
    units, months = city.world.units, city.timeline.months
    on_platform = rng.random(city.people.size) < _SHARE_OF_HOLDERS
    quarter = np.arange(months - 1, max(months - 1 - _MONTHS_BACK, -1), -_MONTHS_APART)[::-1]
    unit = np.flatnonzero(on_platform[units.holder])
    month, unit = np.repeat(quarter, len(unit)), np.tile(unit, len(quarter))
    in_use = as_days(units.commissioned)[unit] <= city.timeline.bounds[month]
    in_use &= city.in_business(units.holder[unit], month)
    return month[in_use], unit[in_use]
