"""Trademarks, patents and geographical indications of those who are run well."""

import numpy as np

from features.simulation.arrays import Array, joined, stream
from features.simulation.city import City
from features.simulation.happenings import Happenings, by_group, size_factor
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, numbered, years_of

_TRADEMARKS_A_YEAR = {"food_production": 0.14, "manufacturing": 0.09, "catering": 0.03}
_TRADEMARKS_OTHERWISE = 0.025
_PATENTS_A_YEAR = {"manufacturing": 0.07, "equipment_trade": 0.12, "food_production": 0.04}
_PATENTS_OTHERWISE = 0.004
_INDICATIONS_A_YEAR = {"food_production": 0.004}
_BY_RISK = -0.5
_INDIVIDUAL_FACTOR = 0.25


def intellectual_property_file(city: City, happenings: Happenings) -> SourceFile:
    """One row a right, on the day it was granted."""
    rng = stream(city.seed, "intellectual property")
    factor = size_factor(city, power=0.4)
    factor *= np.where(city.people.entity_type == "individual_business", _INDIVIDUAL_FACTOR, 1.0)
    statute = city.statute
    plans = (
        ("注册商标", "模标", _TRADEMARKS_A_YEAR, _TRADEMARKS_OTHERWISE, statute.trademark_years),
        ("专利", "模专", _PATENTS_A_YEAR, _PATENTS_OTHERWISE, statute.patent_years),
        ("地理标志", "模地", _INDICATIONS_A_YEAR, 0.0, None),
    )
    blocks = []
    for kind, prefix, table, otherwise, years in plans:
        a_year = by_group(city, table, otherwise=otherwise) * factor
        months, rows = happenings.draw(a_year, rng=rng, by_risk=_BY_RISK, fewest=2)
        day = city.timeline.days_within(months, rng)
        number = joined(numbered(prefix, years_of(day), rng=rng), "号")
        blocks.append((rows, np.full(len(rows), kind), number, day, _until(day, years)))
    rows, kinds, numbers, day, until = (np.concatenate(part) for part in zip(*blocks, strict=True))
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "注册号或专利号": numbers,
        "权利类别": kinds,
        "有效期至": until,
        "授权公告日期": day,
    }
    return SourceFile(
        source="city_intellectual_property",
        name="模拟_知识产权.csv",
        layout="csv",
        columns=finished(columns, "授权公告日期", timeline=city.timeline, rng=rng),
        event_column="授权公告日期",
        code_column="权利类别",
        required_column="注册号或专利号",
        encoding="utf-8",
    )


def _until(day: Array, years: int | None) -> Array:
    if years is None:
        return np.full(len(day), np.datetime64("NaT", "D"))
    return np.asarray(day + np.timedelta64(round(years * 365.25), "D"))
