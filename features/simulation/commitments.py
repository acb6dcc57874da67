"""Credit commitments, and what came of them when somebody checked."""

from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import Array, joined, sigmoid, stream
from features.simulation.city import City
from features.simulation.happenings import Happenings, by_group, days_after
from features.simulation.matters import matter_of, matter_zh, violation_of
from features.simulation.naming import bureau_of, text_of
from features.simulation.penalties import Decisions
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, numbered, years_of

_KIND_ZH = {
    "approval": "审批替代型",
    "voluntary": "主动公示型",
    "repair": "信用修复型",
    "industry": "行业自律型",
}
_APPROVAL_A_YEAR = {"food_retail": 0.07, "catering": 0.07, "hotel": 0.06, "health": 0.05}
_APPROVAL_OTHERWISE = 0.03
_VOLUNTARY_A_YEAR, _VOLUNTARY_BY_RISK = 0.03, -0.5
_INDUSTRY_A_YEAR = {"food_production": 0.06, "property": 0.06, "education": 0.08, "amusement": 0.05}
_INDUSTRY_OTHERWISE = 0.004
_REPAIR_SHARE, _REPAIR_DAYS = 0.35, (90, 400)  # of the penalties, and how long after them
_CHECKED_SHARE, _CHECKED_DAYS = 0.55, (45, 400)
_BROKEN, _BROKEN_BY_RISK = -2.2, 0.8  # log-odds at average risk
_BROKEN_BY_KIND = {"voluntary": -0.5, "repair": 0.3}


@dataclass(frozen=True)
class Commitments:
    """One row a commitment."""

    enterprise: Array
    day: Array
    kind: Array
    matter: Array
    number: Array


def describe(city: City, happenings: Happenings, penalties: Decisions) -> Commitments:
    """Who committed to what: for an approval, by oneself, with a trade, or to repair."""
    rng = stream(city.seed, "commitments")
    plans = (
        ("approval", by_group(city, _APPROVAL_A_YEAR, otherwise=_APPROVAL_OTHERWISE), 0.0),
        ("voluntary", _VOLUNTARY_A_YEAR, _VOLUNTARY_BY_RISK),
        ("industry", by_group(city, _INDUSTRY_A_YEAR, otherwise=_INDUSTRY_OTHERWISE), 0.0),
    )
    blocks = [_for_repair(happenings, penalties, rng)]
    for kind, a_year, slope in plans:
        months, rows = happenings.draw(a_year, rng=rng, by_risk=slope)
        blocks.append((rows, city.timeline.days_within(months, rng), np.full(len(rows), kind)))
    rows, day, kinds = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return Commitments(
        enterprise=rows,
        day=day,
        kind=kinds,
        matter=matter_of(city.people, rows, holders=city.holders, rng=rng),
        number=numbered("模诺", years_of(day), rng=rng),
    )


def _for_repair(
    happenings: Happenings, penalties: Decisions, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Those punished who ask for repair while still in business."""
    day = days_after(penalties.day, soonest=_REPAIR_DAYS[0], latest=_REPAIR_DAYS[1], rng=rng)
    asks = rng.random(len(day)) < _REPAIR_SHARE
    asks &= happenings.in_business(penalties.enterprise, day)
    rows = penalties.enterprise[asks]
    return rows, day[asks], np.full(len(rows), "repair")


def commitment_file(city: City, commitments: Commitments) -> SourceFile:
    """The ledger of commitments."""
    rng = stream(city.seed, "commitment ledger")
    rows = commitments.enterprise
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "承诺书编号": commitments.number,
        "承诺类型": text_of(commitments.kind, _KIND_ZH),
        "承诺领域": matter_zh(commitments.matter),
        "受理单位": bureau_of(city.people.area[rows]),
        "承诺日期": commitments.day,
    }
    return SourceFile(
        source="city_commitments",
        name="模拟_信用承诺.csv",
        layout="csv",
        columns=finished(columns, "承诺日期", timeline=city.timeline, rng=rng),
        event_column="承诺日期",
        code_column="承诺类型",
        required_column="承诺书编号",
        encoding="gb18030",
    )


def commitment_check_file(
    city: City, happenings: Happenings, commitments: Commitments
) -> SourceFile:
    """Checks of some commitments; the risky have broken theirs more often."""
    rng = stream(city.seed, "commitment checks")
    day = days_after(commitments.day, soonest=_CHECKED_DAYS[0], latest=_CHECKED_DAYS[1], rng=rng)
    checked = rng.random(len(day)) < _CHECKED_SHARE
    checked &= happenings.in_business(commitments.enterprise, day)
    rows, day, kind = commitments.enterprise[checked], day[checked], commitments.kind[checked]
    broken = rng.random(len(rows)) < sigmoid(
        _BROKEN + _BROKEN_BY_RISK * happenings.risk_on(rows, day) + _by_kind(kind)
    )
    wrong = joined("发现：", violation_of(commitments.matter[checked], rng), "（模拟）")
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "承诺书编号": commitments.number[checked],
        "履行情况": np.where(broken, "未履行", "已履行"),
        "核查情况": np.where(broken, wrong, "与承诺内容一致"),
        "核查单位": bureau_of(city.people.area[rows]),
        "核查日期": day,
    }
    return SourceFile(
        source="city_commitment_checks",
        name="模拟_承诺履行核查.csv",
        layout="csv",
        columns=finished(columns, "核查日期", timeline=city.timeline, rng=rng),
        event_column="核查日期",
        code_column="履行情况",
        required_column="承诺书编号",
        encoding="gb18030",
    )


def _by_kind(kind: Array) -> Array:
    return np.select(
        [kind == name for name in _BROKEN_BY_KIND], list(_BROKEN_BY_KIND.values()), default=0.0
    )
