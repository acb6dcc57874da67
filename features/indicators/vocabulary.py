"""The sources indicators count in, and words for what is derived there.

A source is a record kind after preparation (``records.py``): each record with the facts that need
its neighbours, for instance whether a visit was a follow-up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from features.catalogue import record_kinds
from features.indicators.windows import MEAN_DAYS_A_MONTH
from features.messages import Message

# The window in which an enterprise is compared with its peers and connected ones.
CONTEXT_MONTHS = 36
# A visit so soon after the last one looks whether its findings were mended. It says nothing about
# foresight: with it, "failed recently" would predict the next failure for free.
FOLLOW_UP_DAYS = 60
# Violating in the same matter again within a year (食品安全法实施条例 art. 67 has the notion).
REPEAT_DAYS = 365
# Classes of law/codes/inspection_results: a visit that found a problem, and one that could look.
PROBLEM_CLASSES = ("problem", "rectified", "refused", "pending")
CONCLUDED_CLASSES = ("no_problem", *PROBLEM_CLASSES)
# Pseudo-records by which the ratio of a category or a firm is drawn to that of all of them.
RATE_WEIGHT = 20
# Ratios of failed statutory inspections, by the field of a unit whose values they compare.
UNIT_RATIOS: Mapping[str, str] = {
    "maintenance_firm": "firm_failure_ratio",
    "manufacturer": "manufacturer_failure_ratio",
}
# Everything a preparation in code depends on and no formula states. Raise the revision when the
# meaning of a derived field changes in another way: a model must not be used with other indicators.
PREPARATION = (
    ("revision", 3),
    ("context_months", CONTEXT_MONTHS),
    ("follow_up_days", FOLLOW_UP_DAYS),
    ("repeat_days", REPEAT_DAYS),
    ("rate_weight", RATE_WEIGHT),
    ("mean_days_a_month", MEAN_DAYS_A_MONTH),
    ("problem_classes", PROBLEM_CLASSES),
    ("concluded_classes", CONCLUDED_CLASSES),
)


@dataclass(frozen=True)
class Source:
    """A prepared record kind: the kind it comes from and the words for it."""

    kind: str
    zh: str
    en: str
    derived: Mapping[str, Message] = field(default_factory=dict)


SOURCES: Mapping[str, Source] = {
    "registration": Source(
        "registration",
        "登记记录",
        "registrations",
        {"event_on": Message("登记日期", "day of registration")},
    ),
    "licence": Source(
        "licence",
        "许可证（各证最新状态）",
        "licences (newest state of each)",
        {
            "days_left": Message("剩余有效天数", "days of validity left"),
            "food_tier": Message("静态风险等级（1 至 4）", "static risk tier (1 to 4)"),
            "categories": Message("许可类别数", "categories"),
            "category_problem_ratio": Message(
                "同许可类别主体近36个月检查问题率", "problem ratio of all holders of the category"
            ),
            "category_critical_ratio": Message(
                "同许可类别主体近36个月有严重问题的检查占比",
                "ratio of critical inspections of all holders of the category",
            ),
        },
    ),
    "licence_event": Source(
        "licence",
        "许可记录",
        "licence records",
        {"days_late": Message("续证前无证天数", "days without a licence before its renewal")},
    ),
    "penalty": Source(
        "penalty",
        "行政处罚",
        "penalties",
        {
            "event_on": Message("处罚决定日期", "day of the decision"),
            "in_a_year": Message(
                "其日前一年内同领域处罚次数（含本次）",
                "penalties for the same matter in the year up to it, itself included",
            ),
        },
    ),
    "inspection": Source(
        "inspection",
        "监督检查",
        "inspections",
        {
            "critical": Message("严重问题数", "critical findings"),
            "serious": Message("较重问题数", "serious findings"),
            "minor": Message("一般问题数", "minor findings"),
        },
    ),
    "finding": Source(
        "finding", "检查发现的问题项（各项最新一次）", "checklist items found (newest of each)"
    ),
    "listing": Source(
        "list_entry",
        "名单列入",
        "listings",
        {"event_on": Message("列入日期", "day of listing")},
    ),
    "annual_report": Source("annual_report", "年度报告", "annual reports"),
    "area_event": Source("area_event", "周边事件", "events in the neighbourhood"),
    "complaint": Source("complaint", "投诉举报", "complaints"),
    "unit": Source(
        "special_equipment_unit",
        "特种设备（各台最新状态）",
        "special-equipment units (newest state of each)",
        {
            "age_days": Message("使用天数", "days in use"),
            "days_overdue": Message("超期未检天数", "days overdue for statutory inspection"),
            "firm_failure_ratio": Message(
                "维保单位所保设备检验不合格率", "failure ratio of all units of the maintenance firm"
            ),
            "manufacturer_failure_ratio": Message(
                "制造单位所造设备检验不合格率", "failure ratio of all units of the manufacturer"
            ),
        },
    ),
    "unit_state": Source(
        "special_equipment_unit", "特种设备检验", "statutory inspections of units"
    ),
    "honour": Source(
        "honour",
        "荣誉与认证",
        "honours and certifications",
        {"tax_grade": Message("纳税信用级别", "tax rating")},
    ),
    "unit_upkeep": Source(
        "special_equipment_unit",
        "在用特种设备的自行检查与维保情况",
        "upkeep of special-equipment units in use",
    ),
    "unit_check": Source(
        "special_equipment_check", "特种设备自行检查与维保", "own checks and maintenance of units"
    ),
    "sampling_test": Source(
        "sampling_test",
        "抽样检验",
        "sampling tests",
        {"event_on": Message("检验报告日期", "day of the test report")},
    ),
    "compulsory_measure": Source("compulsory_measure", "行政强制", "compulsory measures"),
    "equity_pledge": Source("equity_pledge", "股权出质", "equity pledges"),
    "chattel_mortgage": Source("chattel_mortgage", "动产抵押", "chattel mortgages"),
    "judicial_assistance": Source("judicial_assistance", "司法协助", "judicial assistance"),
    "judgment_default": Source("judgment_default", "失信被执行人", "judgment defaults"),
    "commitment": Source(
        "commitment", "信用承诺（及最近一次核查）", "commitments (with the newest check of each)"
    ),
    "commitment_check": Source("commitment_check", "承诺履行核查", "checks of commitments"),
    "accident": Source("accident", "事故", "accidents"),
    "recall": Source("recall", "召回", "recalls"),
    "related_person": Source("related_person", "相关人员", "related persons"),
    "related_enterprise": Source("related_enterprise", "关联企业", "related enterprises"),
    "intellectual_property": Source("intellectual_property", "知识产权", "intellectual property"),
    "announcement": Source("announcement", "公告", "announcements"),
}

# Windows of fields that were computed from others' records.
FIELD_MONTHS: Mapping[str, int] = {
    "category_problem_ratio": CONTEXT_MONTHS,
    "category_critical_ratio": CONTEXT_MONTHS,
}


def field_label(source: str, name: str) -> Message:
    """The words for a field of a source: derived ones first, then the record kind's own."""
    described = SOURCES[source].derived.get(name)
    if described is not None:
        return described
    stored = record_kinds()[SOURCES[source].kind].fields[name]
    return Message(stored.zh, stored.en)
