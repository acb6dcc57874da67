"""Special equipment: units in use, statutory inspections, maintenance, licences and checks."""

from functools import partial

from features.indicators import equipment_upkeep
from features.indicators.common import (
    BASIS_EQUIPMENT,
    BASIS_EQUIPMENT_CHECK,
    COUNTED,
    EQUIPMENT,
    EXPIRED,
    HEAVIER,
    LIABLE,
    ORDERED,
    OWN_WEIGHT,
    PROBLEM,
    REFUSED,
    VALID,
    VERIFIED,
)
from features.indicators.conditions import among, equals, holds, present
from features.indicators.formulas import (
    flag,
    share,
    shrunk_ratio,
)
from features.indicators.indicator import Indicator
from features.indicators.measures import (
    count,
    days_since_last,
    highest,
    total,
)

_row = partial(
    Indicator,
    dimension="special_equipment",
    sector="special_equipment",
    basis=BASIS_EQUIPMENT,
    sign=1,
    unit="count",
)
_check = partial(_row, basis=BASIS_EQUIPMENT_CHECK)

IN_USE = equipment_upkeep.IN_USE
EQUIPMENT_LICENCE = equals(
    "licence_kind", "special_equipment", zh="特种设备许可", en="special-equipment licence"
)
_OVERDUE = holds("is_overdue", zh="超期未检", en="overdue for statutory inspection")
_FAILED = holds("is_failed", zh="检验不合格", en="failed its last statutory inspection")
_PUBLIC = holds("is_public", zh="公众聚集场所", en="in a public place")
_DATED = present("age_days", zh="投用日期已知", en="day of first use known")
_DUE = present("due_on", zh="应检日期已知", en="day due known")
_NOT_PASSED = equals("inspection_result", "failed", zh="不合格", en="failed")
_TESTED = among("inspection_result", ("passed", "failed"), zh="有检验结论", en="with a result")
_DUE_SOON = holds("is_due_soon", zh="已到申请检验期", en="due so soon that it must be applied for")
_UNINSPECTED = holds("is_uninspected", zh="从无检验记录", en="never inspected")
_LATE = holds("is_registered_late", zh="逾期办理使用登记", en="use registered late")
_EXPIRING = holds("is_renewal_due", zh="已到申请换证期", en="so near its end that renewal is due")
_STOP = equals("measure", "equipment_stop", zh="停用设备", en="equipment stopped")
_COMPLAINT = equals("category", "special_equipment", zh="特种设备类", en="about special equipment")

# What the registration form of a unit states of its make.
_BASIS_REGISTER = "特种设备安全法第三十三条"

_UNITS = count("unit", where=(IN_USE,))
_VISITS = count("inspection", within=36, where=(COUNTED, EQUIPMENT))
_PROBLEMS = count("inspection", within=36, where=(COUNTED, EQUIPMENT, PROBLEM))

_CATEGORIES = {
    "boilers": ("1000", "锅炉", "boilers"),
    "pressure_vessels": ("2000", "压力容器", "pressure vessels"),
    "elevators": ("3000", "电梯", "elevators"),
    "cranes": ("4000", "起重机械", "cranes"),
    "site_vehicles": ("5000", "场（厂）内专用机动车辆", "vehicles on sites"),
    "amusement_rides": ("6000", "大型游乐设施", "large amusement rides"),
    "pressure_pipes": ("8000", "压力管道", "pressure pipes"),
    "ropeways": ("9000", "客运索道", "passenger ropeways"),
}


def _category(name: str, code: str, zh: str, en: str) -> Indicator:
    of_category = equals("category_code", code, zh=zh, en=en)
    return _row(
        name=f"{name}_in_use",
        zh=f"在用{zh}台数",
        en=f"{en} in use",
        sign=0,
        formula=count("unit", where=(IN_USE, of_category)),
    )


def _technical(field: str, zh: str, en: str, *, unit: str) -> Indicator:
    """The highest registered value among the units in use; equipment may hardly work harder."""
    return _row(
        name=f"unit_{field}_highest",
        zh=f"在用设备最大{zh}",
        en=f"highest {en} of the units in use",
        unit=unit,
        sign=0,
        basis=_BASIS_REGISTER,
        formula=highest("unit", field, where=(IN_USE,)),
    )


def _complaints(within: int) -> Indicator:
    return _check(
        name=f"equipment_complaints_{within}m",
        zh=f"近{within}个月特种设备类投诉举报数",
        en=f"complaints about special equipment, {within} months",
        formula=count("complaint", within=within, where=(_COMPLAINT,)),
    )


INDICATORS: tuple[Indicator, ...] = (
    _row(name="units_in_use", zh="在用特种设备台数", en="units in use", sign=0, formula=_UNITS),
    *[_category(name, code, zh, en) for name, (code, zh, en) in _CATEGORIES.items()],
    _row(
        name="units_overdue",
        zh="超期未检特种设备台数",
        en="units overdue for statutory inspection",
        formula=count("unit", where=(_OVERDUE,)),
    ),
    _row(
        name="units_overdue_ratio",
        zh="超期未检占比",
        en="share of units overdue for statutory inspection",
        unit="ratio",
        formula=share(count("unit", where=(_OVERDUE,)), count("unit", where=(IN_USE, _DUE))),
    ),
    _row(
        name="days_overdue_highest",
        zh="最长超期未检天数",
        en="longest time overdue for statutory inspection",
        unit="days",
        formula=highest("unit", "days_overdue", where=(_OVERDUE,)),
    ),
    _row(
        name="units_due_soon",
        zh="已到申请检验期的在用台数",
        en="units in use due so soon that inspection must be applied for",
        sign=0,
        formula=count("unit", where=(_DUE_SOON,)),
    ),
    _row(
        name="units_uninspected",
        zh="从无定期检验记录的在用台数",
        en="units in use never inspected",
        formula=count("unit", where=(_UNINSPECTED,)),
    ),
    _row(
        name="units_registered_late",
        zh="逾期办理使用登记台数",
        en="units whose use was registered late",
        basis="特种设备安全法第三十三条",
        formula=count("unit", where=(_LATE,)),
    ),
    _row(
        name="units_failed",
        zh="检验不合格仍在用台数",
        en="units in use that failed their last statutory inspection",
        formula=count("unit", where=(_FAILED,)),
    ),
    _row(
        name="unit_failures_36m",
        zh="近36个月定期检验不合格次数",
        en="failed statutory inspections, 36 months",
        formula=count("unit_state", within=36, where=(_NOT_PASSED,)),
    ),
    _row(
        name="unit_failure_ratio_36m",
        zh="近36个月定期检验不合格率",
        en="share of statutory inspections failed, 36 months",
        unit="ratio",
        formula=shrunk_ratio(
            count("unit_state", within=36, where=(_NOT_PASSED,)),
            count("unit_state", within=36, where=(_TESTED,)),
            weight=OWN_WEIGHT,
        ),
    ),
    _row(
        name="unit_age_mean_days",
        zh="在用设备平均使用天数",
        en="mean time in use",
        unit="days",
        sign=0,
        formula=share(
            total("unit", "age_days", where=(IN_USE,)), count("unit", where=(IN_USE, _DATED))
        ),
    ),
    _row(
        name="unit_age_highest_days",
        zh="在用设备最长使用天数",
        en="longest time in use",
        unit="days",
        sign=0,
        formula=highest("unit", "age_days", where=(IN_USE,)),
    ),
    _check(
        name="units_in_public_places",
        zh="公众聚集场所在用台数",
        en="units in public places",
        sign=0,
        basis="特种设备安全法第五十七条；" + BASIS_EQUIPMENT_CHECK,
        formula=count("unit", where=(_PUBLIC,)),
    ),
    _check(
        name="public_units_overdue",
        zh="公众聚集场所超期未检台数",
        en="units in public places overdue for statutory inspection",
        basis="特种设备安全法第五十七条；" + BASIS_EQUIPMENT_CHECK,
        formula=count("unit", where=(_PUBLIC, _OVERDUE)),
    ),
    *equipment_upkeep.INDICATORS,
    _row(
        name="maintenance_firm_failure_ratio",
        zh="维保单位所保设备检验不合格率（取最高）",
        en="failure ratio of all units of the maintenance firm, the worst firm",
        unit="ratio",
        basis="特种设备安全监察条例第三十一条",
        formula=highest("unit", "firm_failure_ratio", where=(IN_USE,)),
    ),
    _row(
        name="manufacturer_failure_ratio",
        zh="制造单位所造设备检验不合格率（取最高）",
        en="failure ratio of all units of the manufacturer, the worst manufacturer",
        unit="ratio",
        formula=highest("unit", "manufacturer_failure_ratio", where=(IN_USE,)),
    ),
    _technical("stops", "层站数", "floors served", unit="count"),
    _technical("rated_speed_m_s", "额定速度", "rated speed", unit="m_s"),
    _technical("rated_load_kg", "额定载重量", "rated load", unit="kg"),
    _row(
        name="has_valid_equipment_licence",
        zh="持有有效特种设备许可",
        en="holds a valid special-equipment licence",
        unit="flag",
        sign=0,
        formula=flag(count("licence", where=(EQUIPMENT_LICENCE, VALID))),
    ),
    _row(
        name="equipment_licences_expired",
        zh="过期未续特种设备许可数",
        en="special-equipment licences expired and not renewed",
        formula=count("licence", where=(EQUIPMENT_LICENCE, EXPIRED)),
    ),
    _row(
        name="equipment_licences_expiring",
        zh="已到申请换证期的特种设备许可数",
        en="special-equipment licences so near their end that renewal is due",
        sign=0,
        formula=count("licence", where=(EQUIPMENT_LICENCE, VALID, _EXPIRING)),
    ),
    _row(
        name="days_to_equipment_licence_expiry",
        zh="特种设备许可剩余有效天数（最晚到期）",
        en="days to the last expiry of the valid special-equipment licences",
        unit="days",
        sign=0,
        formula=highest("licence", "days_left", where=(EQUIPMENT_LICENCE, VALID)),
    ),
    _check(
        name="equipment_penalties_12m",
        zh="近12个月特种设备类处罚次数",
        en="special-equipment penalties, 12 months",
        formula=count("penalty", within=12, where=(EQUIPMENT,)),
    ),
    _check(
        name="equipment_penalties_36m",
        zh="近36个月特种设备类处罚次数",
        en="special-equipment penalties, 36 months",
        formula=count("penalty", within=36, where=(EQUIPMENT,)),
    ),
    _check(
        name="equipment_serious_penalties_60m",
        zh="近60个月特种设备类较重处罚次数",
        en="heavier special-equipment penalties, 60 months",
        formula=count("penalty", within=60, where=(EQUIPMENT, HEAVIER)),
    ),
    _check(
        name="equipment_stops_36m",
        zh="近36个月被强制停用设备次数",
        en="compulsory stops of equipment, 36 months",
        formula=count("compulsory_measure", within=36, where=(_STOP,)),
    ),
    _check(
        name="equipment_liable_accidents_24m",
        zh="近24个月负有责任的特种设备事故次数",
        en="special-equipment accidents found liable for, 24 months",
        formula=count("accident", within=24, where=(EQUIPMENT, LIABLE)),
    ),
    _check(
        name="equipment_ordered_recalls_12m",
        zh="近12个月责令召回特种设备次数",
        en="ordered recalls of special equipment, 12 months",
        formula=count("recall", within=12, where=(EQUIPMENT, ORDERED)),
    ),
    _check(
        name="refused_equipment_inspections_36m",
        zh="近36个月不配合特种设备检查次数",
        en="special-equipment inspections refused, 36 months",
        formula=count("inspection", within=36, where=(REFUSED, EQUIPMENT)),
    ),
    _check(
        name="equipment_inspections_36m",
        zh="近36个月特种设备检查次数",
        en="special-equipment inspections, 36 months",
        sign=0,
        formula=_VISITS,
    ),
    _check(
        name="equipment_problem_ratio_36m",
        zh="近36个月特种设备检查问题率",
        en="share of special-equipment inspections with a problem, 36 months",
        unit="ratio",
        formula=shrunk_ratio(_PROBLEMS, _VISITS, weight=OWN_WEIGHT),
    ),
    _check(
        name="days_since_last_equipment_inspection",
        zh="距最近一次特种设备检查天数",
        en="days since the last special-equipment inspection",
        unit="days",
        sign=0,
        formula=days_since_last("inspection", where=(COUNTED, EQUIPMENT)),
    ),
    *(_complaints(months) for months in (6, 12, 24, 36)),
    _check(
        name="verified_equipment_complaints_24m",
        zh="近24个月查证属实特种设备类投诉举报数",
        en="complaints about special equipment found true, 24 months",
        formula=count("complaint", within=24, where=(_COMPLAINT, VERIFIED)),
    ),
)
