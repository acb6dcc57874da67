"""What the simulated trades make or sell, for tests and recalls."""

from typing import Final

import numpy as np

from features.simulation.arrays import Array, joined
from features.simulation.industries import INDUSTRIES
from features.simulation.population import Population

FOOD: Final = {
    "1353": "腊肠",
    "1361": "速冻鱼丸",
    "1392": "豆腐",
    "1411": "夹心面包",
    "1421": "硬质糖果",
    "1422": "话梅",
    "1432": "速冻饺子",
    "1441": "灭菌乳",
    "1462": "酿造酱油",
    "1492": "蛋白粉",
    "1495": "复配增稠剂",
    "1522": "包装饮用水",
    "1530": "单丛茶",
    "6210": "自制凉菜",
    "6220": "盒饭",
    "6231": "茶点",
    "6232": "现制饮品",
    "6291": "粿条",
    "6241": "集体用餐套餐",
    "5212": "散装糕点",
    "5213": "预包装饼干",
    "5225": "维生素片",
    "5226": "白酒",
    "5122": "糖果礼盒",
    "5127": "黄酒",
}
FARM: Final = {"5223": "青菜", "5224": "鲜虾"}
GOODS: Final = {
    "2452": "塑胶玩具",
    "1821": "针织上衣",
    "2319": "食品包装袋",
    "2922": "塑料管材",
    "2682": "润肤霜",
    "2614": "胶粘剂",
    "3435": "电梯部件",
    "3332": "压力容器",
    "3411": "燃气锅炉",
    "5133": "服装",
    "5175": "转换插座",
    "5191": "再生塑料粒",
    "5166": "复合肥料",
    "5232": "儿童服装",
    "5273": "电热水壶",
    "5292": "充电器",
    "5211": "箱包",
}
"""By GB/T 4754 class."""
_ALL = FOOD | FARM | GOODS
_NAMES = np.array([_ALL.get(entry.code, "") for entry in INDUSTRIES])
_CODES = np.array([entry.code for entry in INDUSTRIES])


def product_of(people: Population, rows: Array) -> Array:
    """What each enterprise of `rows` makes or sells; empty where it deals in no goods."""
    name = _NAMES[people.industry[rows]]
    return np.where(name == "", "", joined(name, "（模拟）"))


def deals_in(people: Population, products: dict[str, str]) -> Array:
    """Which enterprises make or sell something of a table."""
    return np.isin(_CODES, list(products))[people.industry]
