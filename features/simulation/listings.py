"""Entries on and removals from the lists: abnormal operations, marked state, serious violations."""

from dataclasses import dataclass

import numpy as np

from features.simulation.annual_reports import AnnualReports
from features.simulation.arrays import DAY, Array, Columns, joined, stacked, stream, take
from features.simulation.city import City
from features.simulation.inspections import Inspections
from features.simulation.matters import MATTERS_ZH
from features.simulation.naming import bureau_of, text_of
from features.simulation.penalties import SEVERE, Decisions
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, numbered, years_of
from features.simulation.statute import Statute

_LIST_ZH = {
    "abnormal_operations_list": "经营异常名录",
    "marked_state": "标记经营异常状态",
    "serious_violation_list": "严重违法失信名单",
}
_SERIOUS_GROUNDS = dict.fromkeys(MATTERS_ZH, "fraud") | {
    "food": "food",
    "special_equipment": "quality",
    "product_quality": "quality",
    "consumer": "consumer",
    "competition": "competition",
}
_GROUND_ZH = {
    "1": "1 未按规定期限公示年度报告",
    "3": "3 公示信息隐瞒真实情况、弄虚作假",
    "4": "4 通过登记的住所或者经营场所无法联系",
    "food": "食品安全领域",
    "quality": "质量安全领域",
    "consumer": "侵害消费者权益",
    "competition": "破坏公平竞争秩序和扰乱市场秩序",
    "fraud": "骗取许可、登记或者拒绝、阻碍检查",
}
_LISTED_SHARE = 0.65  # of severe penalties that lead to the serious violation list
_EARLY_SHARE = 0.25  # of those on it who are removed after one year by repair
_WORKING_WEEK = 5


@dataclass(frozen=True)
class _Listing:
    rows: Array
    day: Array
    ground: Array
    removed: Array  # NaT while still listed


@dataclass(frozen=True)
class _ResultRule:
    """A result code that leads to the list, its ground, and how many find their way off again."""

    code: str
    ground: str
    removed_share: float


_FALSE = _ResultRule(code="C", ground="3", removed_share=0.9)
_UNREACHABLE = _ResultRule(code="6", ground="4", removed_share=0.05)


def list_file(
    city: City, *, reports: AnnualReports, inspections: Inspections, penalties: Decisions
) -> SourceFile:
    """All entries and removals."""
    rng = stream(city.seed, "lists")
    statute = city.statute
    abnormal = [
        _by_missed_report(reports, statute, rng=rng),
        _by_result(inspections, _FALSE, statute=statute, rng=rng),
        _by_result(inspections, _UNREACHABLE, statute=statute, rng=rng),
    ]
    individual = city.people.entity_type == "individual_business"
    names = np.where(individual, "marked_state", "abnormal_operations_list")
    tables = [_entries(city, listing, name=names[listing.rows], rng=rng) for listing in abnormal]
    serious = _by_penalty(penalties, statute, rng=rng)
    name = np.full(len(serious.rows), "serious_violation_list")
    columns = stacked([*tables, _entries(city, serious, name=name, rng=rng)])
    columns = take(columns, np.lexsort((columns["决定书文号"], columns["决定日期"])))
    return SourceFile(
        source="city_list_entries",
        name="模拟_名单管理.xlsx",
        layout="excel",
        columns=finished(columns, "决定日期", timeline=city.timeline, rng=rng),
        event_column="决定日期",
        code_column="事由",
        required_column="决定书文号",
        sheet="名单",
        preamble=("汕头市（模拟）名单列入与移出台账 SIMULATED",),
    )


def _working_days(day: Array, count: Array) -> Array:
    """`count` working days after `day`; the simulated office keeps no public holidays."""
    return np.busday_offset(day, count, roll="backward").astype(DAY)


def _by_missed_report(
    reports: AnnualReports, statute: Statute, *, rng: np.random.Generator
) -> _Listing:
    """Ground 1: listed within the statutory working days, removed after the report is made up."""
    missed = np.flatnonzero(reports.missed)
    size = len(missed)
    wait = rng.integers(2, statute.listing_working_days + 1, size)
    day = _working_days(reports.deadline[missed], wait)
    never = np.isnat(reports.day[missed])
    made_up = np.where(never, day, np.maximum(reports.day[missed], day))
    removed = _working_days(made_up, rng.integers(1, statute.removal_working_days + 1, size))
    removed[never] = np.datetime64("NaT")
    return _Listing(reports.enterprise[missed], day, np.full(size, "1", dtype="U11"), removed)


def _by_result(
    inspections: Inspections,
    rule: _ResultRule,
    *,
    statute: Statute,
    rng: np.random.Generator,
) -> _Listing:
    """Grounds 3 and 4: listed after an inspection with that result."""
    rows = np.flatnonzero(inspections.result == rule.code)
    size = len(rows)
    wait = rng.integers(1, statute.listing_working_days + 1, size)
    day = _working_days(inspections.day[rows], wait)
    removed = day + np.floor(30 + rng.gamma(1.5, 60.0, size)).astype("timedelta64[D]")
    removed[rng.random(size) >= rule.removed_share] = np.datetime64("NaT")
    ground = np.full(size, rule.ground, dtype="U11")
    return _Listing(inspections.enterprise[rows], day, ground, removed)


def _by_penalty(penalties: Decisions, statute: Statute, *, rng: np.random.Generator) -> _Listing:
    """Order 44: on the list with a heavy penalty, off it at term or by repair after a year."""
    severe = (penalties.severity == SEVERE) & (rng.random(len(penalties.day)) < _LISTED_SHARE)
    rows = np.flatnonzero(severe)
    day = _working_days(penalties.day[rows], rng.integers(0, _WORKING_WEEK, len(rows)))
    years = np.where(rng.random(len(rows)) < _EARLY_SHARE, 1, statute.serious_list_years)
    removed = day + np.floor(years * 365.25 + 1).astype("timedelta64[D]")
    ground = text_of(penalties.matter[rows], _SERIOUS_GROUNDS)
    return _Listing(penalties.enterprise[rows], day, ground, removed)


def _entries(city: City, listing: _Listing, *, name: Array, rng: np.random.Generator) -> Columns:
    """Rows of listings, and of the removals that end them."""
    kept = listing.day <= city.timeline.end
    rows, day, ground = listing.rows[kept], listing.day[kept], listing.ground[kept]
    removed, name = listing.removed[kept], name[kept]
    number = numbered("汕市监模列字", years_of(day), rng=rng)
    number = joined(number, "-", np.where(name == "serious_violation_list", "Y", ground))
    off = np.flatnonzero(~np.isnat(removed))
    both = np.concatenate([np.arange(len(rows)), off])
    is_removal = np.arange(len(both)) >= len(rows)
    return {
        ID_COLUMN: city.people.enterprise_id[rows][both],
        "名单": text_of(name, _LIST_ZH)[both],
        "动作": np.where(is_removal, "移出", "列入"),
        "事由": text_of(ground, _GROUND_ZH)[both],
        "决定书文号": np.where(is_removal, joined(number[both], "-移"), number[both]),
        "原列入决定书文号": np.where(is_removal, number[both], ""),
        "决定机关": bureau_of(city.people.area[rows])[both],
        "决定日期": np.concatenate([day, removed[off]]),
    }
