"""Annual reports: in time, late, or never."""

from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import DAY, Array, optional, sigmoid, stream
from features.simulation.city import City
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, years_of

_LATE = -5.0  # log-odds at laxness 0
_LATE_BY_LAXNESS = 2.2
_LATE_INDIVIDUAL = 0.3
_NEVER_SHARE = 0.25  # of the late
_BLANK_SHARE = 0.03  # of optional figures
_REVENUE_A_HEAD = 32.0  # ten thousand yuan a year


@dataclass(frozen=True)
class AnnualReports:
    """One row a report that fell due: handed in on `day` (NaT: never), due on `deadline`."""

    enterprise: Array
    year: Array
    day: Array
    deadline: Array

    @property
    def missed(self) -> Array:
        """Not handed in by the deadline."""
        return np.isnat(self.day) | (self.day > self.deadline)


def report(city: City) -> AnnualReports:
    """All reports that fell due in the simulated years."""
    rng = stream(city.seed, "annual reports")
    days = [np.datetime64(deadline) for deadline in city.statute.report_deadlines.values()]
    inside = [day for day in days if city.timeline.first_day <= day <= city.timeline.end]
    blocks = [_reports_due(city, day, rng=rng) for day in inside]
    if not blocks:
        nothing, nobody = np.array([], dtype=DAY), np.array([], dtype=np.int64)
        return AnnualReports(enterprise=nobody, year=nobody, day=nothing, deadline=nothing)
    enterprise, year, day, deadline = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return AnnualReports(enterprise=enterprise, year=year, day=day, deadline=deadline)


def _reports_due(
    city: City, deadline: np.datetime64, *, rng: np.random.Generator
) -> tuple[Array, Array, Array, Array]:
    """The reports that fall due on one deadline, on the year before it."""
    people, history = city.people, city.history
    year = int(deadline.astype("datetime64[Y]").astype(int)) + 1970
    month = int(city.timeline.month_of(np.array([deadline]))[0])
    established = years_of(people.established) <= year - city.statute.first_report_years
    rows = np.flatnonzero(established & (history.ended > month) & (history.revoked > month))
    laxness = history.laxness[month, rows]
    individual = people.entity_type[rows] == "individual_business"
    late = rng.random(len(rows)) < sigmoid(
        _LATE + _LATE_BY_LAXNESS * laxness + _LATE_INDIVIDUAL * individual
    )
    closed = history.abandoned[rows] <= month
    never = closed | (late & (rng.random(len(rows)) < _NEVER_SHARE))
    # The well run hand in early in the window, the badly run in its last weeks.
    window = int((deadline - np.datetime64(f"{year}-01-01")).astype(int))
    share = rng.beta(2.2 * np.exp(0.5 * laxness), 1.6, len(rows))
    before = np.floor((1 - share) * window).astype("timedelta64[D]")
    after = (1 + np.floor(rng.gamma(1.3, 70.0, len(rows)))).astype("timedelta64[D]")
    day = np.where(late, deadline + after, deadline - before)
    day = np.where(never, np.datetime64("NaT"), day).astype(DAY)
    return rows, np.full(len(rows), year - 1), day, np.full(len(rows), deadline)


def annual_report_file(city: City, reports: AnnualReports) -> SourceFile:
    """The reports handed in, with what they say of size."""
    rng = stream(city.seed, "annual report figures")
    handed_in = np.flatnonzero(~np.isnat(reports.day) & (reports.day <= city.timeline.end))
    rows, day = reports.enterprise[handed_in], reports.day[handed_in]
    laxness = city.history.laxness[city.timeline.month_of(day), rows]
    staff, size = city.people.employees[rows], len(rows)
    growth = np.exp(rng.normal(0.02, 0.12, size) - 0.06 * laxness)
    revenue = staff * _REVENUE_A_HEAD * np.exp(rng.normal(0, 0.35, size) - 0.12 * laxness)
    assets = city.people.capital[rows] / 10_000 * np.exp(rng.normal(0.3, 0.5, size))

    def partly(values: Array) -> Array:
        return optional(values, rng.random(size) >= _BLANK_SHARE)

    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "报告年度": reports.year[handed_in],
        "报送日期": day,
        "从业人数": partly(np.maximum(1, np.round(staff * growth)).astype(np.int64)),
        "资产总额（万元）": partly(np.round(assets, 2)),
        "营业收入（万元）": partly(np.round(revenue, 2)),
    }
    return SourceFile(
        source="city_annual_reports",
        name="模拟_年度报告.parquet",
        layout="parquet",
        columns=finished(columns, "报送日期", timeline=city.timeline, rng=rng),
        event_column="报送日期",
    )
