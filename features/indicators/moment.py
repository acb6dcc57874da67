"""A day, and what the law says on it that indicators need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import law
from features.indicators.food_scopes import scope_patterns
from features.indicators.windows import MONTHS_A_YEAR
from law.errors import NoValueError

# The catalogue looks at no report older than this.
_REPORT_YEARS = 6


@dataclass(frozen=True)
class EquipmentTerms:
    """Terms for users of special equipment; None or empty on a day before there was such a rule.

    Attributes
    ----------
    inspection_months
        Months between statutory inspections, by category.
    elevator_years
        Years of use in which an elevator is inspected; after the last of them it is every year.
    application_months
        Months before the day due in which the inspection is applied for.
    registration_days
        Days from first use in which the use is registered.
    maintenance_days
        Days between two maintenance visits to an elevator.
    self_check_months
        Months between two of the user's own checks.
    renewal_months
        Months before a licence ends in which its renewal is applied for.
    """

    inspection_months: Mapping[str, int]
    elevator_years: tuple[int, ...]
    application_months: int | None
    registration_days: int | None
    maintenance_days: int | None
    self_check_months: int | None
    renewal_months: int | None


@dataclass(frozen=True)
class FoodTerms:
    """Terms for food businesses; None on a day before there was such a rule.

    Attributes
    ----------
    full_check_months
        Months in which everybody is checked on every point at least once.
    penalties_in_a_year
        Penalties within a year after which business is suspended.
    scopes
        Regular expressions that find the categories of a tier or group in a licence's text.
    """

    full_check_months: int | None
    penalties_in_a_year: int | None
    scopes: Mapping[str, str]


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
    equipment
        Terms of the law of special equipment.
    food
        Terms of the law of food.
    """

    as_of: date
    result_classes: Mapping[str, tuple[str, ...]]
    serious_kinds: tuple[str, ...]
    report_deadlines: Mapping[int, date]
    first_report_after: int
    public_places: tuple[str, ...]
    sector_industries: Mapping[str, tuple[str, ...]]
    equipment: EquipmentTerms
    food: FoodTerms

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
        equipment=_equipment_terms(as_of),
        food=_food_terms(as_of),
    )


def _equipment_terms(as_of: date) -> EquipmentTerms:
    """Read the law of special equipment.

    References
    ----------
    ``special_equipment.inspection_interval_months``, ``elevator_inspection_years``: technical
    codes; ``inspection_application_months``, ``use_registration_days``: 特种设备安全法 arts 40, 33;
    ``elevator_maintenance_days``, ``self_check_months``: 特种设备安全监察条例 arts 31, 27;
    ``licence_renewal_months``: TSG 07—2019.
    """

    def term(name: str, missing: Any = None) -> Any:
        return _value(f"special_equipment.{name}", as_of, missing=missing)

    return EquipmentTerms(
        inspection_months=term("inspection_interval_months", {}),
        elevator_years=tuple(term("elevator_inspection_years", ())),
        application_months=term("inspection_application_months"),
        registration_days=term("use_registration_days"),
        maintenance_days=term("elevator_maintenance_days"),
        self_check_months=term("self_check_months"),
        renewal_months=term("licence_renewal_months"),
    )


def _food_terms(as_of: date) -> FoodTerms:
    """Read the law of food.

    References
    ----------
    ``food.full_check_years``: 国家市场监督管理总局令第49号 art. 22; ``food.penalties_in_a_year``:
    食品安全法 art. 134.
    """
    years = _value("food.full_check_years", as_of, missing=None)
    return FoodTerms(
        full_check_months=None if years is None else years * MONTHS_A_YEAR,
        penalties_in_a_year=_value("food.penalties_in_a_year", as_of, missing=None),
        scopes=scope_patterns(),
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
