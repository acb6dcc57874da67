"""A day, and what the law says on it that indicators need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import law
from law.errors import NoValueError

# The catalogue looks at no report older than this.
_REPORT_YEARS = 6


@dataclass(frozen=True)
class Moment:
    """What indicators as of a day take from the law.

    Attributes
    ----------
    result_classes
        Inspection result codes by class (``problem``, ``refused`` and so on).
    serious_kinds
        Penalty kinds that make a penalty a heavier one; empty before the rule existed.
    report_deadlines
        Last day for the annual report, by the year reported on; only the years for which the law
        asked one and whose deadline lies before ``as_of``.
    first_report_after
        Years between that of establishment and that in which the first report is due.
    public_places
        Places of use whose special equipment is checked with priority.
    sector_industries
        GB/T 4754 codes by sector; a longer code belongs to the sector of its prefix.
    """

    as_of: date
    result_classes: Mapping[str, tuple[str, ...]]
    serious_kinds: tuple[str, ...]
    report_deadlines: Mapping[int, date]
    first_report_after: int
    public_places: tuple[str, ...]
    sector_industries: Mapping[str, tuple[str, ...]]

    @property
    def last_due_year(self) -> int | None:
        """The newest year whose annual report is due; None where the law asks for none."""
        return max(self.report_deadlines, default=None)


def moment(as_of: date) -> Moment:
    """Read the law of `as_of`.

    References
    ----------
    ``annual_report.deadline`` and ``annual_report.first_report_years_after_establishment``:
    企业信息公示暂行条例 art. 8; ``penalty.serious_kinds``: 国家市场监督管理总局令第44号 art. 2;
    ``special_equipment.key_places``: 特种设备安全法 art. 57; code tables ``inspection_results`` and
    ``industries``.
    """
    places = _value("special_equipment.key_places", as_of, missing=())
    return Moment(
        as_of=as_of,
        result_classes=_codes_by("inspection_results", "class"),
        serious_kinds=tuple(_value("penalty.serious_kinds", as_of, missing=())),
        report_deadlines=_report_deadlines(as_of),
        first_report_after=_value(
            "annual_report.first_report_years_after_establishment", as_of, missing=0
        ),
        public_places=tuple(str(place["key"]) for place in places),
        sector_industries=_codes_by("industries", "sector"),
    )


def _value(name: str, on: date, *, missing: Any) -> Any:
    """The value in force; `missing` on a day before there was such a rule."""
    try:
        return law.value(name, on=on)
    except NoValueError:
        return missing


def _codes_by(table: str, attribute: str) -> dict[str, tuple[str, ...]]:
    # Retired codes too: an old record keeps the code of its day.
    grouped: dict[str, tuple[str, ...]] = {}
    for code, entry in sorted(law.codes(table).items()):
        group = str(entry.attributes.get(attribute, "other"))
        grouped[group] = (*grouped.get(group, ()), code)
    return grouped


def _report_deadlines(as_of: date) -> dict[int, date]:
    deadlines: dict[int, date] = {}
    for year in range(as_of.year - _REPORT_YEARS, as_of.year):
        # The rule of the day on which the reporting window of that year opens.
        day = _value("annual_report.deadline", date(year + 1, 1, 1), missing=None)
        if day is not None and date(year + 1, day["month"], day["day"]) < as_of:
            deadlines[year] = date(year + 1, day["month"], day["day"])
    return deadlines
