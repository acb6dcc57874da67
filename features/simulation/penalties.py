"""Penalties: decided some weeks after a finding, a failed test or a case without inspection."""

from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import Array, joined, stream
from features.simulation.city import City
from features.simulation.history import OF_TEST
from features.simulation.matters import matter_of, matter_zh, violation_of
from features.simulation.naming import bureau_of
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, numbered, years_of

LIGHT, HEAVY, SEVERE = 0, 1, 2
_KINDS_ZH = np.array(
    [
        ("警告", "罚款", "警告、罚款"),
        ("罚款、没收违法所得", "罚款、没收非法财物", "罚款"),
        ("罚款、责令停产停业", "罚款、吊销许可证件", "罚款、责令停产停业"),
    ]
)
_FINES = np.array([3_000.0, 25_000.0, 120_000.0])  # yuan, typical of light, heavy, severe
_HEAVY_FROM, _SEVERE_FROM = 1.0, 4.4  # laxness plus logistic noise


@dataclass(frozen=True)
class Decisions:
    """One row a penalty decision."""

    enterprise: Array
    day: Array
    severity: Array
    matter: Array
    kinds: Array
    decision_no: Array


def decide(city: City) -> Decisions:
    """Decisions; the worse an enterprise is run, the heavier they are."""
    rng = stream(city.seed, "penalties")
    events = city.history.penalties
    rows, months = events["enterprise"], events["month"]
    delay = rng.integers(20, 91, len(rows)).astype("timedelta64[D]")
    day = city.timeline.days_within(months, rng) + delay
    day = np.busday_offset(day, 0, roll="backward")
    badness = city.history.laxness[months, rows] + rng.logistic(0, 1, len(rows))
    severity = np.select([badness > _SEVERE_FROM, badness > _HEAVY_FROM], [SEVERE, HEAVY], LIGHT)
    matter = matter_of(city.people, rows, holders=city.holders, rng=rng)
    return Decisions(
        enterprise=rows,
        day=day,
        severity=severity,
        matter=np.where(events["origin"] == OF_TEST, "food", matter),
        kinds=_KINDS_ZH[severity, rng.integers(0, 3, len(rows))],
        decision_no=joined(numbered("汕市监模罚字", years_of(day), rng=rng), "号"),
    )


def penalty_file(city: City, decisions: Decisions) -> SourceFile:
    """The ledger of penalties."""
    rng = stream(city.seed, "penalty ledger")
    rows = decisions.enterprise
    fine = _FINES[decisions.severity] * np.exp(rng.normal(0, 0.5, len(rows)))
    fine = np.where(np.strings.find(decisions.kinds, "罚款") >= 0, np.round(fine, -2), 0.0)
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "决定书文号": decisions.decision_no,
        "处罚种类": decisions.kinds,
        "违法领域": matter_zh(decisions.matter),
        "违法行为": violation_of(decisions.matter, rng),
        "罚款金额（万元）": np.round(fine / 10_000, 4),
        "处罚机关": bureau_of(city.people.area[rows]),
        "处罚决定日期": decisions.day,
    }
    return SourceFile(
        source="city_penalties",
        name="模拟_行政处罚.csv",
        layout="csv",
        columns=finished(columns, "处罚决定日期", timeline=city.timeline, rng=rng),
        event_column="处罚决定日期",
        code_column="违法领域",
        required_column="决定书文号",
        encoding="utf-8-sig",
    )
