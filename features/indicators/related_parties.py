"""Related parties and peers: enterprises with the same head, address, industry or place.

Counted over the whole archive, whatever part of it is asked for.
"""

from functools import partial
from typing import Literal

from features.indicators.common import (
    ACTIVE,
    BASIS_RELATED,
    CRITICAL_VISITS,
    OPEN_LISTINGS,
    OWN_WEIGHT,
    PEER_WEIGHT,
    PENALTIES,
    PROBLEM_VISITS,
    REVOKED,
    VALID,
    VISITS,
)
from features.indicators.formulas import Formula, others, others_ratio, peer_ratio
from features.indicators.indicator import Indicator
from features.indicators.measures import highest

_row = partial(Indicator, dimension="related_parties", basis=BASIS_RELATED, sign=1)

_HEAD = "同一法定代表人的其他主体"
_HEAD_EN = "others of the legal representative"
_PLACE = "同一住所的其他主体"
_PLACE_EN = "others at the address"


def _others(
    stem: str, zh: str, en: str, *, key: str, part: Formula, sign: Literal[-1, 0, 1] = 1
) -> Indicator:
    prefix = {"legal_representative": "related", "address": "address"}[key]
    owner, owner_en = (_HEAD, _HEAD_EN) if prefix == "related" else (_PLACE, _PLACE_EN)
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


INDICATORS: tuple[Indicator, ...] = (
    *_others_of("legal_representative"),
    *_others_of("address"),
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
    _critical_peers("industry", "industry", "同行业小类", "own industry class"),
    _critical_peers("area", "area", "同辖区", "own district"),
    _critical_peers("attributes", "attributes", "同分类属性一和二", "same attributes 1 and 2"),
    _critical_peers("map_cell", "map_cell", "同地图网格", "same map cell of 1 km"),
    _critical_peers("map_block", "map_block", "同街区网格", "same map cell of 280 m"),
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
