"""Related parties and peers: enterprises with the same head, address, industry or place.

Counted over the whole archive, whatever part of it is asked for.
"""

from functools import partial
from typing import Literal

from features.indicators.common import (
    ACTIVE,
    BASIS_RELATED,
    CRITICAL_VISITS,
    FAILED_TESTS,
    LIABLE,
    OPEN,
    OPEN_DEFAULTS,
    OPEN_LISTINGS,
    OWN_WEIGHT,
    PEER_WEIGHT,
    PENALTIES,
    PROBLEM_VISITS,
    RECENT_CRITICAL,
    RECENT_PROBLEMS,
    RECENT_VISITS,
    REVOKED,
    TESTS,
    VALID,
    VISITS,
)
from features.indicators.conditions import equals
from features.indicators.formulas import (
    Formula,
    Shared,
    if_archived,
    log1p,
    others,
    others_ratio,
    peer_ratio,
    surroundings_ratio,
)
from features.indicators.indicator import Indicator
from features.indicators.measures import count, highest, total

_row = partial(Indicator, dimension="related_parties", basis=BASIS_RELATED, sign=1)

_PLACE = "同一住所的其他主体"
_PLACE_EN = "others at the address"
# Of each key: how its indicators' names begin, and who the others are.
_OTHERS = {
    "legal_representative": (
        "related",
        "同一法定代表人的其他主体",
        "others of the legal representative",
    ),
    "address": ("address", _PLACE, _PLACE_EN),
    "main_shareholder": (
        "shareholder",
        "同一第一大股东（自然人）的其他主体",
        "others of the largest shareholder",
    ),
}
_LISTED = equals("action", "listing", zh="列入", en="listed")


def _others(
    stem: str, zh: str, en: str, *, key: str, part: Formula, sign: Literal[-1, 0, 1] = 1
) -> Indicator:
    prefix, owner, owner_en = _OTHERS[key]
    return _row(
        name=f"{prefix}_{stem}",
        zh=f"{owner}{zh}",
        en=f"{owner_en}: {en}",
        unit="count",
        sign=sign,
        formula=others(key, part),
    )


def _others_of(key: str) -> tuple[Indicator, ...]:
    return (
        _others("enterprises", "数", "how many", key=key, part=ACTIVE, sign=0),
        _others("revoked", "被吊销或撤销数", "revoked or annulled", key=key, part=REVOKED),
        _others(
            "penalties_36m", "近36个月处罚次数", "penalties, 36 months", key=key, part=PENALTIES
        ),
        _others(
            "problem_inspections_36m",
            "近36个月检查发现问题次数",
            "inspections with a problem, 36 months",
            key=key,
            part=PROBLEM_VISITS,
        ),
        _others("listings", "现在名单中的条数", "open listings", key=key, part=OPEN_LISTINGS),
    )


def _peers(key: str, name: str, zh: str, en: str) -> Indicator:
    return _row(
        name=f"{name}_problem_ratio_36m",
        zh=f"{zh}近36个月检查问题率",
        en=f"share of inspections with a problem, {en}, 36 months",
        unit="ratio",
        formula=peer_ratio(key, PROBLEM_VISITS, VISITS, weight=PEER_WEIGHT),
    )


def _critical_peers(key: str, name: str, zh: str, en: str) -> Indicator:
    return _row(
        name=f"{name}_critical_ratio_36m",
        zh=f"{zh}近36个月有严重问题的检查占比",
        en=f"share of inspections with a critical finding, {en}, 36 months",
        unit="ratio",
        formula=peer_ratio(key, CRITICAL_VISITS, VISITS, weight=PEER_WEIGHT),
    )


def _surroundings(name: str, zh: str, en: str, *, recent: Formula, found: Formula) -> Indicator:
    return _row(
        name=f"surroundings_{name}_ratio_fading",
        zh=f"周边约3公里{zh}（随时间衰减）",
        en=f"{en} within about 3 km, fading with time",
        unit="ratio",
        formula=surroundings_ratio(
            recent,
            RECENT_VISITS,
            weight=OWN_WEIGHT,
            area_weight=PEER_WEIGHT,
            overall=(found, VISITS),
        ),
    )


_DEFAULTS: tuple[Indicator, ...] = (
    _row(
        name="judgment_defaults_open",
        zh="尚未删除的失信被执行人案件数",
        en="judgment defaults not removed yet",
        unit="count",
        formula=OPEN_DEFAULTS,
    ),
    _row(
        name="judgment_default_amount_open_log",
        zh="尚未删除的失信被执行标的",
        en="amount of the judgment defaults not removed yet",
        unit="log_cny",
        formula=log1p(total("judgment_default", "amount_cny", where=(OPEN,))),
    ),
    _row(
        name="judgment_defaults_60m",
        zh="近60个月被列为失信被执行人次数",
        en="listings as judgment default, 60 months",
        unit="count",
        formula=count("judgment_default", within=60, where=(_LISTED,)),
    ),
)

_OF_SHAREHOLDER: tuple[tuple[str, str, str, Formula, Literal[-1, 0, 1]], ...] = (
    ("enterprises", "数", "how many", ACTIVE, 0),
    ("revoked", "被吊销或撤销数", "revoked or annulled", REVOKED, 1),
    ("penalties_36m", "近36个月处罚次数", "penalties, 36 months", PENALTIES, 1),
    ("listings", "现在名单中的条数", "open listings", OPEN_LISTINGS, 1),
    (
        "judgment_defaults",
        "尚未删除的失信被执行人案件数",
        "judgment defaults not removed yet",
        OPEN_DEFAULTS,
        1,
    ),
)
_ACCIDENTS = count("accident", within=60, where=(LIABLE,))

# More burglaries say something of a place; what they say of an enterprise is left to the model.
_NEARBY: tuple[tuple[str, str, str, Literal[-1, 0, 1]], ...] = (
    ("sanitation_complaint", "卫生投诉", "sanitation complaints", 1),
    ("burglary", "入室盗窃", "burglaries", 0),
)


def _events_nearby(
    category: str, zh: str, en: str, *, within: int, sign: Literal[-1, 0, 1]
) -> Indicator:
    of_category = equals("category", category, zh=zh, en=en)
    events = count("area_event", within=within, where=(of_category,))
    return _row(
        name=f"{category}_events_nearby_{within}m",
        zh=f"周边（约1公里网格）近{within}个月{zh}数",
        en=f"{en} in the map cell of 1 km, {within} months",
        unit="count",
        sign=sign,
        formula=if_archived(Shared("map_cell", events), count("area_event")),
    )


INDICATORS: tuple[Indicator, ...] = (
    *_DEFAULTS,
    *_others_of("legal_representative"),
    _others(
        "judgment_defaults",
        "尚未删除的失信被执行人案件数",
        "judgment defaults not removed yet",
        key="legal_representative",
        part=OPEN_DEFAULTS,
    ),
    _others(
        "liable_accidents_60m",
        "近60个月负有责任的事故次数",
        "accidents found liable for, 60 months",
        key="legal_representative",
        part=_ACCIDENTS,
    ),
    _others(
        "failed_tests_36m",
        "近36个月抽检不合格批次",
        "failed sampling tests, 36 months",
        key="legal_representative",
        part=FAILED_TESTS,
    ),
    *_others_of("address"),
    *(
        _others(name, zh, en, key="main_shareholder", part=part, sign=sign)
        for name, zh, en, part, sign in _OF_SHAREHOLDER
    ),
    _row(
        name="address_problem_ratio_36m",
        zh=f"{_PLACE}近36个月检查问题率",
        en=f"{_PLACE_EN}: share of inspections with a problem, 36 months",
        unit="ratio",
        formula=others_ratio("address", PROBLEM_VISITS, VISITS, weight=OWN_WEIGHT),
    ),
    _row(
        name="address_critical_ratio_36m",
        zh=f"{_PLACE}近36个月有严重问题的检查占比",
        en=f"{_PLACE_EN}: share of inspections with a critical finding, 36 months",
        unit="ratio",
        formula=others_ratio("address", CRITICAL_VISITS, VISITS, weight=OWN_WEIGHT),
    ),
    _peers("industry", "industry", "同行业小类", "own industry class"),
    _peers("industry_division", "industry_division", "同行业大类", "own industry division"),
    _peers("area", "area", "同辖区", "own district"),
    _peers("industry_in_area", "industry_in_area", "同辖区同行业", "own industry and district"),
    _peers("attribute_1", "attribute_1", "同分类属性一", "same attribute 1"),
    _peers("attribute_2", "attribute_2", "同分类属性二", "same attribute 2"),
    _peers("attributes", "attributes", "同分类属性一和二", "same attributes 1 and 2"),
    _peers("map_cell", "map_cell", "同地图网格", "same map cell of 1 km"),
    _peers("map_block", "map_block", "同街区网格", "same map cell of 280 m"),
    _row(
        name="industry_test_failure_ratio_36m",
        zh="同行业小类近36个月抽检不合格率",
        en="share of sampling tests failed, own industry class, 36 months",
        unit="ratio",
        formula=peer_ratio("industry", FAILED_TESTS, TESTS, weight=PEER_WEIGHT),
    ),
    _critical_peers("industry", "industry", "同行业小类", "own industry class"),
    _critical_peers("area", "area", "同辖区", "own district"),
    _critical_peers("attributes", "attributes", "同分类属性一和二", "same attributes 1 and 2"),
    _critical_peers("map_cell", "map_cell", "同地图网格", "same map cell of 1 km"),
    _critical_peers("map_block", "map_block", "同街区网格", "same map cell of 280 m"),
    _critical_peers("attribute_1", "attribute_1", "同分类属性一", "same attribute 1"),
    _surroundings(
        "problem",
        "检查问题率",
        "share of inspections with a problem",
        recent=RECENT_PROBLEMS,
        found=PROBLEM_VISITS,
    ),
    _surroundings(
        "critical",
        "有严重问题的检查占比",
        "share of inspections with a critical finding",
        recent=RECENT_CRITICAL,
        found=CRITICAL_VISITS,
    ),
    *[
        _events_nearby(category, zh, en, within=within, sign=sign)
        for category, zh, en, sign in _NEARBY
        for within in (3, 12)
    ],
    _row(
        name="licence_category_problem_ratio_36m",
        zh="所持许可类别中最高的近36个月检查问题率",
        en="riskiest licence category held: share of inspections with a problem, 36 months",
        unit="ratio",
        formula=highest("licence", "category_problem_ratio", where=(VALID,)),
    ),
    _row(
        name="licence_category_critical_ratio_36m",
        zh="所持许可类别中最高的近36个月有严重问题的检查占比",
        en="riskiest licence category held: share of critical inspections, 36 months",
        unit="ratio",
        formula=highest("licence", "category_critical_ratio", where=(VALID,)),
    ),
)
