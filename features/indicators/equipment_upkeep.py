"""Upkeep of special equipment by its user: own checks, hazards, maintenance of elevators."""

from functools import partial

from features.indicators.conditions import equals, holds
from features.indicators.formulas import Formula, if_archived, share
from features.indicators.indicator import Indicator
from features.indicators.measures import count

_row = partial(
    Indicator,
    dimension="special_equipment",
    sector="special_equipment",
    sign=1,
    unit="count",
)

IN_USE = holds("is_in_use", zh="在用", en="in use")
_SELF_CHECK = holds("is_self_check", zh="自行检查", en="own check")
_MAINTENANCE = equals("check_kind", "maintenance", zh="维保", en="maintenance")
_HAZARD = holds("is_hazard", zh="发现隐患", en="hazard found")
_OPEN_HAZARD = holds("is_open", zh="隐患尚未整改", en="hazard not mended yet")
_UNCHECKED = holds("is_unchecked", zh="超期未自行检查", en="own check overdue")
_UNMAINTAINED = holds("is_unmaintained", zh="超期未维保", en="maintenance overdue")
_BASIS_UPKEEP = "特种设备安全监察条例第二十七条"
_BASIS_MAINTENANCE = "特种设备安全监察条例第三十一条"
_UNITS = count("unit", where=(IN_USE,))


def _self_checks(within: int) -> Formula:
    """Own checks a unit in use; null where nobody's checks are archived."""
    checks = count("unit_check", within=within, where=(_SELF_CHECK,))
    return if_archived(share(checks, _UNITS), count("unit_check", where=(_SELF_CHECK,)))


INDICATORS: tuple[Indicator, ...] = (
    *(
        _row(
            name=f"self_checks_per_unit_{months}m",
            zh=f"近{months}个月每台设备自行检查次数",
            en=f"own checks a unit in use, {months} months",
            unit="per_unit",
            sign=-1,
            basis=_BASIS_UPKEEP,
            formula=_self_checks(months),
        )
        for months in (1, 3)
    ),
    _row(
        name="units_unchecked",
        zh="超期未自行检查的在用台数",
        en="units in use whose own check is overdue",
        basis=_BASIS_UPKEEP,
        formula=if_archived(
            count("unit_upkeep", where=(_UNCHECKED,)), count("unit_check", where=(_SELF_CHECK,))
        ),
    ),
    _row(
        name="hazards_12m",
        zh="近12个月自查维保发现隐患次数",
        en="hazards found by own checks and maintenance, 12 months",
        sign=0,
        basis=_BASIS_UPKEEP,
        formula=count("unit_check", within=12, where=(_HAZARD,)),
    ),
    _row(
        name="hazards_open",
        zh="尚未整改的隐患数",
        en="hazards not mended yet",
        basis=_BASIS_UPKEEP,
        formula=count("unit_check", where=(_OPEN_HAZARD,)),
    ),
    _row(
        name="elevators_unmaintained",
        zh="超期未维保的在用电梯台数",
        en="elevators in use whose maintenance is overdue",
        basis=_BASIS_MAINTENANCE,
        formula=if_archived(
            count("unit_upkeep", where=(_UNMAINTAINED,)),
            count("unit_check", where=(_MAINTENANCE,)),
        ),
    ),
)
