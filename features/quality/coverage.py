"""Is everything in the collection catalogue supplied? Coverage, gaps, and who is missing."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

import law
from features.engine import Engine
from features.point_in_time import start_of_day
from features.quality.collection import CollectionCatalogue, Department, Line
from features.quality.records import day_in_china, supplied_records

_TARGET = "collection.coverage_target_per_mille"
_ONE_DAY = timedelta(days=1)
_DECEMBER = 12
_MONTHS_A_QUARTER = 3


@dataclass(frozen=True)
class Coverage:
    """One report on the days from `first` to `last`.

    Attributes
    ----------
    departments
        One row per department: department, en, items, supplied, missing (items joined by 、),
        is_covered.
    lines
        One row per line of the catalogue: department, item, kind, source, frequency, records (in
        the period), last_known_on (ever, NaT if never), expected_since and due_on (of the newest
        period that should be here by `last`; NaT where the limit's rule is not in force), is_gap,
        may_be_nil.
    covered, target_per_mille, is_target_confirmed
        Departments that supplied all their items; the target in force on `last` and whether it is
        confirmed law.
    """

    first: date
    last: date
    departments: pd.DataFrame
    lines: pd.DataFrame
    target_per_mille: int
    is_target_confirmed: bool

    @property
    def covered(self) -> int:
        """Departments with at least one record for each of their items."""
        return int(self.departments["is_covered"].sum())

    @property
    def per_mille(self) -> float:
        """`covered` of all departments that have items."""
        return 1000 * self.covered / len(self.departments)

    @property
    def is_reached(self) -> bool:
        """Whether the target is reached."""
        return self.per_mille >= self.target_per_mille


def measure_coverage(
    engine: Engine,
    records_dir: Path,
    *,
    catalogue: CollectionCatalogue,
    first: date,
    last: date,
    region: str = law.NATIONWIDE,
) -> Coverage | None:
    """Departments that supplied every item assigned to them, and lines past due.

    An item is supplied when at least one record of its source and kind became known from `first`
    to `last`. A line is past due when nothing has become known since the beginning of the newest
    whole period (day, week, month, quarter, year) whose limit ended before `last`. None when the
    catalogue assigns nothing.

    References
    ----------
    ``collection.coverage_target_per_mille``: 深入推进事中事后监管工作（2021年4月25日）, part 2 (2);
    the formula is a proposal, the document gives none.
    """
    lines = catalogue.lines()
    if not lines:
        return None
    seen = _seen(engine, records_dir, first=first, last=last)
    table = pd.DataFrame(
        [_describe(department, line, seen, last=last, region=region) for department, line in lines]
    )
    target = law.lookup(_TARGET, on=last, region=region)
    return Coverage(
        first=first,
        last=last,
        departments=_by_department(table, catalogue),
        lines=table,
        target_per_mille=int(target.value),
        is_target_confirmed=target.status == "confirmed",
    )


def _seen(
    engine: Engine, records_dir: Path, *, first: date, last: date
) -> dict[tuple[str, str], tuple[int, date]]:
    """By source and kind: records that became known in the period, and the last such day ever."""
    rows = supplied_records(engine, records_dir, last=last)
    if rows is None:
        return {}
    in_period = rows.known_at >= start_of_day(first)
    counted = engine.to_arrow(
        rows.group_by(["source", "kind"]).aggregate(
            records=in_period.sum(), last_known_on=day_in_china(rows.known_at.max())
        )
    )
    return {
        (row["source"], row["kind"]): (int(row["records"]), row["last_known_on"])
        for row in counted.to_pylist()  # sources, not records
    }


def _describe(
    department: Department,
    line: Line,
    seen: dict[tuple[str, str], tuple[int, date]],
    *,
    last: date,
    region: str,
) -> dict[str, Any]:
    records, last_known_on = seen.get((line.source, line.kind), (0, None))
    since, due_on = newest_due_period(line, last, region=region)
    is_gap = since is not None and (last_known_on is None or last_known_on < since)
    return {
        "department": department.name,
        "item": line.item,
        "kind": line.kind,
        "source": line.source,
        "frequency": line.frequency,
        "records": records,
        "last_known_on": last_known_on,
        "expected_since": since,
        "due_on": due_on,
        "is_gap": is_gap,
        "may_be_nil": line.may_be_nil,
    }


def newest_due_period(
    line: Line, as_of: date, *, region: str = law.NATIONWIDE
) -> tuple[date | None, date | None]:
    """First day of the newest whole period due before `as_of`, and the last day in time for it."""
    end = as_of
    while True:
        begin, end = _period_before(end, line.frequency)
        due_on = line.limit.due_on(end, region=region)
        if due_on is None:
            return None, None
        if due_on < as_of:
            return begin, due_on
        end = begin


def _period_before(day: date, frequency: str) -> tuple[date, date]:
    """First and last day of the newest period that ended before `day`."""
    if frequency == "daily":
        end = day - _ONE_DAY
        return end, end
    if frequency == "weekly":
        end = day - timedelta(days=day.isoweekday())
        return end - timedelta(days=6), end
    months = {"monthly": 1, "quarterly": _MONTHS_A_QUARTER, "yearly": _DECEMBER}[frequency]
    this = date(day.year, 1 + (day.month - 1) // months * months, 1)
    end = this - _ONE_DAY
    return date(end.year, 1 + (end.month - 1) // months * months, 1), end


def _by_department(lines: pd.DataFrame, catalogue: CollectionCatalogue) -> pd.DataFrame:
    rows = []
    for department in catalogue.departments:
        own = lines[lines["department"] == department.name]
        missing = own.loc[own["records"] == 0, "item"].tolist()
        rows.append(
            {
                "department": department.name,
                "en": department.en,
                "items": len(own),
                "supplied": len(own) - len(missing),
                "missing": "、".join(missing),
                "is_covered": not missing,
            }
        )
    return pd.DataFrame(rows)
