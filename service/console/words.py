"""What codes are called in the console."""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import law
from features.catalogue import LIST_SEPARATOR, Field
from scoring.industries import industry_name
from service.console.record_words import FIELD_WORDS


class GradeWords(NamedTuple):
    """A grade's name and what it means for supervision (国市监信发〔2022〕6号)."""

    zh: str
    en: str
    policy_zh: str
    policy_en: str


GRADES = {
    "A": GradeWords("风险低", "low risk", "可以降低抽查比例和频次", "may be sampled less"),
    "B": GradeWords("风险一般", "moderate risk", "常规比例和频次", "sampled as usual"),
    "C": GradeWords("风险较高", "higher risk", "重点关注，适当提高", "watched, sampled more"),
    "D": GradeWords("风险高", "high risk", "严格监管，显著提高", "sampled much more"),
}
# Closed lists that stand in record_kinds.yaml itself carry no labels there.
_WORDS: dict[str, tuple[str, str]] = {
    "model": ("模型", "model"),
    "hysteresis": ("稳定带", "hysteresis"),
    "province": ("省级结果", "province's result"),
    "override": ("人工调整", "override"),
    "direct_rule": ("直接判定", "direct rule"),
    "floor": ("新设企业起评", "floor for new enterprises"),
    "general": ("通用模型", "general model"),
    "establishment": ("设立", "establishment"),
    "change": ("变更", "change"),
    "dormancy": ("歇业", "dormancy"),
    "revocation": ("吊销", "revocation"),
    "annulment": ("撤销", "annulment"),
    "deregistration": ("注销", "deregistration"),
    "moved_out": ("迁出", "moved out"),
    "active": ("在营", "active"),
    "dormant": ("歇业", "dormant"),
    "revoked": ("吊销", "revoked"),
    "annulled": ("撤销", "annulled"),
    "deregistered": ("注销", "deregistered"),
    "valid": ("有效", "valid"),
    "suspended": ("暂停", "suspended"),
    "cancelled": ("注销", "cancelled"),
    "double_random": ("双随机抽查", "double random"),
    "routine": ("日常检查", "routine"),
    "special": ("专项检查", "special"),
    "follow_up": ("复查", "follow-up"),
    "complaint": ("投诉举报核查", "complaint"),
    "post_licence": ("证后核查", "after licensing"),
    "sampling_test": ("抽样检验", "sampling test"),
    "critical": ("严重", "critical"),
    "serious": ("较重", "serious"),
    "minor": ("一般", "minor"),
    "listing": ("列入", "listing"),
    "removal": ("移出", "removal"),
    "abnormal_operations_list": ("经营异常名录", "abnormal operations list"),
    "marked_state": ("经营异常状态标记", "marked state"),
    "serious_violation_list": ("严重违法失信名单", "serious violation list"),
    "passed": ("合格", "passed"),
    "failed": ("不合格", "failed"),
    "none": ("无", "none"),
    "in_use": ("在用", "in use"),
    "stopped": ("停用", "stopped"),
    "scrapped": ("报废", "scrapped"),
    "national": ("国家级", "national"),
    "provincial": ("省级", "provincial"),
    "city": ("市级", "city"),
    "county": ("县级", "county"),
    "school": ("学校", "school"),
    "kindergarten": ("幼儿园", "kindergarten"),
    "hospital": ("医院", "hospital"),
    "station": ("车站", "station"),
    "wharf": ("客运码头", "wharf"),
    "mall": ("商场", "mall"),
    "stadium": ("体育场馆", "stadium"),
    "exhibition_hall": ("展览馆", "exhibition hall"),
    "park": ("公园", "park"),
    "residence": ("住宅", "residence"),
    "factory": ("工厂", "factory"),
    "office": ("办公", "office"),
    "other": ("其他", "other"),
    "name": ("名称", "name"),
    "legal_representative": ("法定代表人", "legal representative"),
    "address": ("住所", "address"),
    "scope": ("经营范围", "scope"),
    "capital": ("注册资本", "capital"),
    "shareholders": ("股东", "shareholders"),
}
SECTIONS = {
    "basic": ("基本信息", "Basic"),
    "operating": ("经营信息", "Operating"),
    "good": ("良好信息", "Good"),
    "warning": ("警示信息", "Warning"),
}
_CHINESE, _ENGLISH = 0, 1


def word(code: str | None, language: str = "zh") -> str:
    """What a code is called; the code itself where it has no other name."""
    pair = _WORDS.get(code or "")
    return pair[_CHINESE if language == "zh" else _ENGLISH] if pair else (code or "—")


def label(table: str, code: str | None) -> str:
    """The Chinese label of a code of law/codes/; the code itself where the table lacks it."""
    if table == "industries" and code:
        return industry_name(code)
    found = law.codes(table).get(code or "")
    return found.zh if found else (code or "—")


@cache
def _source_labels() -> dict[str, str]:
    from features.mapping import load_mappings  # slow to import, and most words need none

    return {name: mapping.zh for name, mapping in load_mappings().items()}


def source_label(source: str | None) -> str:
    """The Chinese label of a source's mapping; its name where no mapping has it any more."""
    return _source_labels().get(source or "", source or "—")


def parameter_label(name: str) -> str:
    """What a parameter of law is about, in Chinese."""
    return law.parameter(name).zh if name in law.names() else name


def field_text(field: Field, value: Any) -> str:
    """A record's field as a person reads it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.is_list and field.table is not None:
        return "、".join(label(field.table, part) for part in str(value).split(LIST_SEPARATOR))
    if field.table is not None:
        return label(field.table, value)
    if field.name == "area_code":
        return label("areas", value)
    if field.name == "industry_code":
        named = label("industries", value)
        return named if value in named else f"{value} {named}"
    if field.codes:
        own = FIELD_WORDS.get(field.name, {}).get(value)
        return own[_CHINESE] if own else word(value)
    if field.type == "decimal":
        return f"{value:,.2f}"
    if field.type == "number":
        return f"{value:g}"
    return str(value)


@cache
def _units() -> dict[str, str]:
    from features.indicators import catalogue  # as slow

    return {row.name: row.unit for row in catalogue()}


def indicator_value(reason: dict[str, Any]) -> str:
    """The value of a reason's indicator in its own unit."""
    value = reason["value"]
    if value is None:
        return "无记录"
    unit = _units().get(reason["indicator"], "raw")
    if unit == "flag":
        return "是" if value else "否"
    if unit == "log_cny":
        return f"{math.expm1(value):,.0f} 元"
    if unit == "ratio":
        return f"{value:.1%}"
    suffix = {"days": " 天", "months": " 个月", "persons": " 人"}.get(unit, "")
    return f"{value:,.4g}{suffix}"


def model_words(name: str | None, sectors: Mapping[str, Mapping[str, str]]) -> tuple[str, str]:
    """What the model behind a grade is called, Chinese and English; `sectors` are the run's."""
    if name is not None and name in sectors:
        return f"{sectors[name]['zh']}专业模型", f"{sectors[name]['en']} model"
    return word(name), word(name, "en")


# How it was told who an enterprise is.
IDENTITY_METHODS = {
    "registration_no": "注册号",
    "name_address": "名称地址",
    "manual": "人工确认",
    "merger": "合并",
}
