"""Areas of law: which one a visit, a penalty or a complaint is about."""

from typing import Final

import numpy as np

from features.simulation.arrays import Array
from features.simulation.industries import FOOD_GROUPS, GROUP_EFFECTS
from features.simulation.naming import text_of
from features.simulation.population import Population

MATTERS_ZH: Final = {
    "food": "食品安全",
    "special_equipment": "特种设备安全",
    "product_quality": "产品质量",
    "advertising": "广告",
    "price": "价格",
    "trademark": "商标",
    "consumer": "消费者权益",
    "registration": "登记注册",
    "competition": "反不正当竞争",
    "other": "其他",
}
_EQUIPMENT_GROUPS = ("property", "equipment_trade", "amusement")
_OTHERS = {
    "manufacturing": ("product_quality", "product_quality", "trademark", "special_equipment"),
    "hotel": ("food", "special_equipment", "price", "consumer"),
    "wholesale": ("product_quality", "trademark", "price", "registration"),
    "retail": ("consumer", "price", "product_quality", "advertising"),
    "services": ("advertising", "consumer", "registration", "competition"),
    "education": ("food", "food", "price", "special_equipment"),
    "health": ("advertising", "price", "special_equipment", "product_quality"),
    "construction": ("registration", "other", "product_quality", "other"),
    "transport": ("special_equipment", "price", "registration", "other"),
}
_VIOLATIONS: Final = {
    "food": (
        "采购或使用不符合食品安全标准的原料",
        "经营超过保质期的食品",
        "未按规定进货查验",
        "环境卫生不符合要求",
    ),
    "special_equipment": ("使用未经定期检验的特种设备", "未按规定维护保养", "作业人员未持证"),
    "product_quality": ("生产不符合标准的产品", "产品标识不符合规定"),
    "advertising": ("发布虚假广告", "广告使用绝对化用语"),
    "price": ("不明码标价", "虚假价格比较"),
    "trademark": ("销售侵犯注册商标专用权的商品",),
    "consumer": ("拒不履行退换货义务", "格式条款侵害消费者权益"),
    "registration": ("提交虚假材料取得登记", "超出核准范围经营"),
    "competition": ("虚假宣传", "混淆行为"),
    "other": ("其他违法行为",),
}

_GROUPS = np.array(sorted(GROUP_EFFECTS))
_GENERAL = np.array([_OTHERS.get(str(group), ("other",) * 4) for group in _GROUPS])
_MATTERS = np.array(sorted(MATTERS_ZH))
_WIDEST = 4
_VIOLATION_TABLE = np.array(
    [
        [choices[place % len(choices)] for place in range(_WIDEST)]
        for choices in (_VIOLATIONS[str(matter)] for matter in _MATTERS)
    ]
)


def matter_of(
    people: Population, rows: Array, *, holders: Array, rng: np.random.Generator
) -> Array:
    """An area of law for each row (a position of an enterprise).

    Food businesses are mostly looked at for food, holders of special equipment often for that.
    """
    group = people.group[rows]
    chance = rng.random(len(rows))
    place = rng.integers(0, 4, len(rows))
    matter = _GENERAL[np.searchsorted(_GROUPS, group), place]
    equipment = np.isin(group, _EQUIPMENT_GROUPS) | (np.isin(rows, holders) & (chance > 0.75))
    matter = np.where(equipment, "special_equipment", matter)
    food = np.isin(group, FOOD_GROUPS) & (chance <= 0.9)
    return np.where(food, "food", matter)


def matter_zh(matters: Array) -> Array:
    """Chinese words of areas of law."""
    return text_of(matters, MATTERS_ZH)


def violation_of(matters: Array, rng: np.random.Generator) -> Array:
    """A violation that fits the area of law."""
    positions = np.searchsorted(_MATTERS, matters)
    return np.asarray(_VIOLATION_TABLE[positions, rng.integers(0, _WIDEST, len(matters))])
