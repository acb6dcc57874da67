"""Compulsory measures: after a visit that found a problem, and for fines not paid in time."""

import numpy as np

from features.simulation.arrays import Array, Columns, joined, sigmoid, stacked, stream
from features.simulation.city import City
from features.simulation.happenings import days_after
from features.simulation.inspections import Inspections
from features.simulation.matters import matter_zh
from features.simulation.naming import bureau_of
from features.simulation.penalties import Decisions
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, numbered, years_of

_MATTERS_WITH_GOODS = ("food", "special_equipment", "product_quality", "trademark")
_SEIZED, _SEIZED_BY_LAXNESS = -1.9, 0.3  # log-odds at laxness 0
_UNPAID, _UNPAID_BY_LAXNESS = -3.0, 0.5
_OTHER_SHARE = 0.04
_AT_THE_VISIT, _AFTER_THE_PENALTY = (0, 6), (32, 90)


def compulsory_measure_file(
    city: City, inspections: Inspections, penalties: Decisions
) -> SourceFile:
    """The ledger of measures."""
    rng = stream(city.seed, "compulsory measures")
    measures = stacked(
        [_after_visits(city, inspections, rng), _after_penalties(city, penalties, rng)]
    )
    rows, day = measures["enterprise"], measures["day"]
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "决定书文号": joined(numbered("汕市监模强字", years_of(day), rng=rng), "号"),
        "强制措施": measures["measure"],
        "涉及领域": matter_zh(measures["matter"]),
        "决定机关": bureau_of(city.people.area[rows]),
        "决定日期": day,
    }
    return SourceFile(
        source="city_compulsory_measures",
        name="模拟_行政强制.csv",
        layout="csv",
        columns=finished(columns, "决定日期", timeline=city.timeline, rng=rng),
        event_column="决定日期",
        code_column="强制措施",
        required_column="决定书文号",
        encoding="gb18030",
    )


def _after_visits(city: City, inspections: Inspections, rng: np.random.Generator) -> Columns:
    """Sealing, seizure or stopped equipment where goods or equipment were found dangerous."""
    goods = np.isin(inspections.matter, _MATTERS_WITH_GOODS)
    found = np.flatnonzero(inspections.found & goods & (inspections.kind != "sampling_test"))
    chance = sigmoid(
        _SEIZED
        + _SEIZED_BY_LAXNESS * _laxness(city, inspections.enterprise[found], inspections.day[found])
    )
    taken = found[rng.random(len(found)) < chance]
    day = days_after(
        inspections.day[taken], soonest=_AT_THE_VISIT[0], latest=_AT_THE_VISIT[1], rng=rng
    )
    return {
        "enterprise": inspections.enterprise[taken],
        "day": day,
        "matter": inspections.matter[taken],
        "measure": _measures(inspections.matter[taken], rng),
    }


def _measures(matter: Array, rng: np.random.Generator) -> Array:
    chance = rng.random(len(matter))
    other = chance > 1 - _OTHER_SHARE
    equipment = (matter == "special_equipment") & (chance < 0.8)
    return np.select(
        [other, equipment, chance < 0.45],
        ["其他行政强制措施", "责令停用设备", "查封"],
        default="扣押",
    )


def _after_penalties(city: City, penalties: Decisions, rng: np.random.Generator) -> Columns:
    """Fines added to a fine that was not paid."""
    fined = np.flatnonzero(np.strings.find(penalties.kinds, "罚款") >= 0)
    rows = penalties.enterprise[fined]
    chance = sigmoid(_UNPAID + _UNPAID_BY_LAXNESS * _laxness(city, rows, penalties.day[fined]))
    unpaid = fined[rng.random(len(fined)) < chance]
    day = days_after(
        penalties.day[unpaid], soonest=_AFTER_THE_PENALTY[0], latest=_AFTER_THE_PENALTY[1], rng=rng
    )
    return {
        "enterprise": penalties.enterprise[unpaid],
        "day": day,
        "matter": penalties.matter[unpaid],
        "measure": np.full(len(unpaid), "加处罚款"),
    }


def _laxness(city: City, rows: Array, day: Array) -> Array:
    return np.asarray(city.history.laxness[city.timeline.month_of(day), rows])
