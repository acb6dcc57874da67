"""Public announcements: what goes before a deregistration or a merger, and a few others."""

import numpy as np

from features.simulation.arrays import Array, stream
from features.simulation.city import City
from features.simulation.happenings import Happenings, is_company
from features.simulation.mergers import Mergers
from features.simulation.registrations import DEREGISTRATION, Register
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, numbered, years_of

_SIMPLIFIED_SHARE = 0.7  # of the deregistrations that need a notice; the rest liquidate
_DISSOLVED_SHARE = 0.4  # of those that liquidate
_WAITED_DAYS = 18  # at most, from the end of the notice to the deregistration
_VOID_A_YEAR, _VOID_BY_RISK = 0.008, 0.3
_IMPERSONATED_A_YEAR, _IMPERSONATED_BY_RISK = 0.0012, 0.6
_NO_END = np.datetime64("NaT", "D")

_Block = tuple[Array, Array, str, Array]
"""Enterprises, days, kind, last days of the announcements."""


def announcement_file(
    city: City, happenings: Happenings, *, register: Register, mergers: Mergers
) -> SourceFile:
    """One row an announcement; a merger is announced by both companies."""
    rng = stream(city.seed, "announcements")
    blocks = [
        *_before_the_end(city, register=register, mergers=mergers, rng=rng),
        *_of_mergers(city, mergers),
        *_of_others(city, happenings, rng),
    ]
    rows, day, kind, until = (
        np.concatenate(part)
        for part in zip(*((r, d, np.full(len(r), k), u) for r, d, k, u in blocks), strict=True)
    )
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "公告编号": numbered("模告", years_of(day), rng=rng),
        "公告类别": kind,
        "公告截止日期": until,
        "公告日期": day,
    }
    return SourceFile(
        source="city_announcements",
        name="模拟_公示系统公告.csv",
        layout="csv",
        columns=finished(columns, "公告日期", timeline=city.timeline, rng=rng),
        event_column="公告日期",
        code_column="公告类别",
        required_column="公告编号",
        encoding="utf-8-sig",
    )


def _before_the_end(
    city: City, *, register: Register, mergers: Mergers, rng: np.random.Generator
) -> list[_Block]:
    """Notices that ran out before a deregistration; sole traders need none."""
    events = np.flatnonzero(register.event == DEREGISTRATION)
    rows = register.enterprise[events]
    needs = city.people.entity_type[rows] != "individual_business"
    needs &= ~np.isin(rows, mergers.absorbed)
    rows, end = rows[needs], register.day[events[needs]]
    simplified = city.statute.simplified_notice_days
    simple = (rng.random(len(rows)) < _SIMPLIFIED_SHARE) & (simplified is not None)
    notice = np.where(simple, simplified or 0, city.statute.creditor_notice_days)
    waited = rng.integers(1, _WAITED_DAYS + 1, len(rows))
    day = np.busday_offset(end - (notice + waited).astype("timedelta64[D]"), 0, roll="backward")
    until = day + notice.astype("timedelta64[D]")
    inside = day >= city.timeline.first_day
    dissolved = inside & ~simple & (rng.random(len(rows)) < _DISSOLVED_SHARE)
    simple, liquid = inside & simple, inside & ~simple
    return [
        (rows[simple], day[simple], "简易注销公告", until[simple]),
        (rows[liquid], day[liquid], "清算公告", until[liquid]),
        (rows[dissolved], day[dissolved], "解散公告", np.full(dissolved.sum(), _NO_END)),
    ]


def _of_mergers(city: City, mergers: Mergers) -> list[_Block]:
    until = mergers.announced + np.timedelta64(city.statute.creditor_notice_days, "D")
    return [
        (rows, mergers.announced, "合并公告", until)
        for rows in (mergers.absorbed, mergers.absorbing)
    ]


def _of_others(city: City, happenings: Happenings, rng: np.random.Generator) -> list[_Block]:
    """Lost licences declared void, and registrations that somebody says are not his."""
    months, void = happenings.draw(_VOID_A_YEAR, rng=rng, by_risk=_VOID_BY_RISK)
    void_day = city.timeline.days_within(months, rng)
    months, false = happenings.draw(
        _IMPERSONATED_A_YEAR * is_company(city), rng=rng, by_risk=_IMPERSONATED_BY_RISK, fewest=2
    )
    false_day = city.timeline.days_within(months, rng)
    shown = city.statute.impersonation_notice_days
    open_until = false_day + np.timedelta64("NaT" if shown is None else shown, "D")
    return [
        (void, void_day, "营业执照作废声明", np.full(len(void), _NO_END)),
        (false, false_day, "涉嫌冒名登记公示", open_until),
    ]
