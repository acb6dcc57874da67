"""Basic attributes: what an enterprise is. Most say nothing of risk by their meaning: sign 0."""

from functools import partial

from features.indicators.common import (
    AGE,
    BASIS_BASIC,
    CURRENT,
    ESTABLISHED,
    INDUSTRY,
    STATUS,
    VALID,
)
from features.indicators.conditions import among, equals
from features.indicators.formulas import (
    Formula,
    greater,
    in_sector,
    is_among,
    is_unknown,
    log1p,
    plus,
    starts_with,
)
from features.indicators.indicator import Indicator
from features.indicators.measures import count, highest, latest

_row = partial(Indicator, dimension="basic", basis=BASIS_BASIC, sign=0)
_SHAREHOLDER = equals("role", "shareholder", zh="股东", en="shareholder")
_OFFICER = among(
    "role",
    ("director", "supervisor", "senior_manager"),
    zh="董事、监事、高级管理人员",
    en="director, supervisor or senior manager",
)
_OWNER = equals("relation", "shareholder", zh="股东", en="shareholder")

_TYPE = latest("registration", "entity_type")


def _type_flag(entity_type: str, zh: str, en: str) -> Indicator:
    formula = is_among(_TYPE, entity_type)
    return _row(name=f"is_{entity_type}", zh=zh, en=en, unit="flag", formula=formula)


def _industry_flag(name: str, zh: str, en: str, *, divisions: str) -> Indicator:
    formula: Formula = starts_with(INDUSTRY, *divisions.split())
    return _row(name=name, zh=zh, en=en, unit="flag", formula=formula)


def _relations(relation: str, name: str, zh: str, en: str) -> Indicator:
    """How many other enterprises stand in a relation now."""
    of_relation = equals("relation", relation, zh=zh, en=en)
    return _row(
        name=name,
        zh=f"{zh}数",
        en=en,
        unit="count",
        formula=count("related_enterprise", where=(CURRENT, of_relation)),
    )


_STRUCTURE: tuple[Indicator, ...] = (
    _row(
        name="shareholders",
        zh="现有股东数",
        en="shareholders now",
        unit="count",
        formula=plus(
            count("related_person", where=(CURRENT, _SHAREHOLDER)),
            count("related_enterprise", where=(CURRENT, _OWNER)),
        ),
    ),
    _row(
        name="largest_share_ratio",
        zh="第一大股东持股比例",
        en="share of the largest shareholder",
        unit="ratio",
        formula=greater(
            highest("related_person", "share_ratio", where=(CURRENT, _SHAREHOLDER)),
            highest("related_enterprise", "share_ratio", where=(CURRENT, _OWNER)),
        ),
    ),
    _row(
        name="officers",
        zh="现任董事、监事、高级管理人员数",
        en="directors, supervisors and senior managers now",
        unit="count",
        formula=count("related_person", where=(CURRENT, _OFFICER)),
    ),
    _relations("branch", "branches", "分支机构", "branches"),
    _relations("investment", "investments", "对外投资企业", "enterprises invested in"),
    _row(
        name="rights_valid",
        zh="有效知识产权数",
        en="intellectual property in force",
        unit="count",
        formula=count("intellectual_property", where=(VALID,)),
    ),
)

INDICATORS: tuple[Indicator, ...] = (
    _row(
        name="age_months",
        zh="存续月数",
        en="age",
        unit="months",
        formula=AGE,
    ),
    _row(
        name="is_establishment_unknown",
        zh="成立日期不详",
        en="day of establishment unknown",
        unit="flag",
        formula=is_unknown(ESTABLISHED),
    ),
    _row(
        name="registered_capital_log",
        zh="注册资本规模",
        en="registered capital",
        unit="log_cny",
        formula=log1p(latest("registration", "registered_capital_cny")),
    ),
    _row(
        name="measure_1",
        zh="数值属性一",
        en="further measure of the register",
        unit="raw",
        formula=latest("registration", "measure_1"),
    ),
    _row(
        name="is_dormant",
        zh="歇业",
        en="dormant",
        unit="flag",
        formula=is_among(STATUS, "dormant"),
    ),
    _row(
        name="is_revoked",
        zh="被吊销或撤销未注销",
        en="revoked or annulled, still registered",
        unit="flag",
        sign=1,
        formula=is_among(STATUS, "revoked", "annulled"),
    ),
    _type_flag("company", "公司", "company"),
    _type_flag("branch", "分支机构", "branch"),
    _type_flag("partnership", "合伙企业", "partnership"),
    _type_flag("sole_proprietorship", "个人独资企业", "sole proprietorship"),
    _type_flag("individual_business", "个体工商户", "individually-owned business"),
    _type_flag("farmers_cooperative", "农民专业合作社", "farmers' cooperative"),
    _row(
        name="is_food_industry",
        zh="食品行业",
        en="industry of the food sector",
        unit="flag",
        formula=in_sector(INDUSTRY, "food"),
    ),
    _row(
        name="is_special_equipment_industry",
        zh="特种设备行业",
        en="industry of the special-equipment sector",
        unit="flag",
        formula=in_sector(INDUSTRY, "special_equipment"),
    ),
    _industry_flag(
        "is_food_manufacturing",
        "食品制造业",
        "food, drink and tea manufacturing",
        divisions="13 14 15",
    ),
    _industry_flag(
        "is_manufacturing",
        "制造业（不含食品）",
        "manufacturing other than food",
        divisions="16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42"
        " 43",
    ),
    _industry_flag("is_construction", "建筑业", "construction", divisions="47 48 49 50"),
    _industry_flag("is_wholesale", "批发业", "wholesale", divisions="51"),
    _industry_flag("is_retail", "零售业", "retail", divisions="52"),
    _industry_flag(
        "is_transport",
        "交通运输仓储邮政业",
        "transport and storage",
        divisions="53 54 55 56 57 58 59 60",
    ),
    _industry_flag("is_accommodation", "住宿业", "accommodation", divisions="61"),
    _industry_flag("is_catering", "餐饮业", "catering", divisions="62"),
    _industry_flag(
        "is_property_or_leasing",
        "房地产和租赁商务服务业",
        "real estate, leasing and business services",
        divisions="70 71 72",
    ),
    _industry_flag(
        "is_personal_service",
        "居民服务业",
        "resident services and repair",
        divisions="80 81 82",
    ),
    _industry_flag(
        "is_public_service",
        "教育卫生文体娱乐业",
        "education, health, culture and leisure",
        divisions="83 84 85 86 87 88 89 90",
    ),
    *_STRUCTURE,
)
