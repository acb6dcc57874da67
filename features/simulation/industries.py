"""The trades of the simulated city: how common, how risky, what they need and own.

Shares and effects are inventions of the simulation, not statistics of a real city.
"""

from dataclasses import dataclass
from typing import Final

FOOD_GROUPS: Final = ("food_production", "catering", "food_retail", "food_wholesale")

GROUP_EFFECTS: Final = {
    "food_production": 0.75,
    "catering": 1.45,
    "food_retail": 0.20,
    "food_wholesale": -0.35,
    "equipment_trade": 0.65,
    "manufacturing": -0.50,
    "wholesale": -1.35,
    "retail": -0.90,
    "services": -2.05,
    "property": 0.50,
    "hotel": 0.90,
    "education": 0.30,
    "health": 0.05,
    "amusement": 0.85,
    "construction": -0.20,
    "transport": -0.40,
}
"""General log-odds of a serious problem, before everything that is the enterprise's own."""


@dataclass(frozen=True)
class Industry:
    """One GB/T 4754-2017 class.

    `share` per mille of all enterprises; `effect` on the log-odds inside its group; `individual`
    share of individual businesses; `holders` share of enterprises that use special equipment;
    `units` mean number of their units; `place` of use; `equipment` categories they use; `licence`
    is an SC class (01 to 31, 201 to 203), JY1, JY2, JY3, YB, a TS head or empty.
    """

    code: str
    zh: str
    word: str
    group: str
    share: float
    effect: float = 0.0
    individual: float = 0.2
    holders: float = 0.0
    units: float = 2.0
    place: str = "other"
    equipment: tuple[str, ...] = ()
    licence: str = ""


_FACTORY = ("1000", "2000", "4000", "5000")


def _food_maker(
    code: str, zh: str, word: str, *, share: float, licence: str, effect: float = 0.0
) -> Industry:
    return Industry(
        code,
        zh,
        word,
        "food_production",
        share,
        effect=effect,
        individual=0.10,
        holders=0.45,
        units=2.5,
        place="factory",
        equipment=("1000", "2000", "5000"),
        licence=licence,
    )


def _factory(code: str, zh: str, word: str, *, share: float, effect: float = 0.0) -> Industry:
    return Industry(
        code,
        zh,
        word,
        "manufacturing",
        share,
        effect=effect,
        individual=0.15,
        holders=0.30,
        units=3.0,
        place="factory",
        equipment=_FACTORY,
    )


INDUSTRIES: Final = (
    _food_maker("1353", "肉制品及副产品加工", "肉制品", share=9, licence="04", effect=0.15),
    _food_maker("1361", "水产品冷冻加工", "水产", share=7, licence="22", effect=0.05),
    _food_maker("1392", "豆制品制造", "豆制品", share=4, licence="25", effect=0.10),
    _food_maker("1411", "糕点、面包制造", "饼家", share=10, licence="24"),
    _food_maker("1421", "糖果、巧克力制造", "糖果", share=8, licence="13", effect=-0.10),
    _food_maker("1422", "蜜饯制作", "凉果", share=8, licence="17", effect=0.05),
    _food_maker("1432", "速冻食品制造", "速冻食品", share=4, licence="11"),
    _food_maker("1441", "液体乳制造", "乳业", share=1.5, licence="05", effect=0.10),
    _food_maker("1462", "酱油、食醋及类似制品制造", "酱园", share=4, licence="03"),
    _food_maker("1492", "保健食品制造", "保健食品", share=2, licence="27", effect=0.10),
    _food_maker("1495", "食品及饲料添加剂制造", "添加剂", share=2, licence="203"),
    _food_maker("1522", "瓶（罐）装饮用水制造", "饮料", share=3, licence="06"),
    _food_maker("1530", "精制茶加工", "茶厂", share=6, licence="14", effect=-0.15),
    Industry("6210", "正餐服务", "酒楼", "catering", 55, 0.10, 0.45, 0.10, 1.5, licence="JY2"),
    Industry("6220", "快餐服务", "快餐", "catering", 30, 0.05, 0.60, licence="JY2"),
    Industry("6231", "茶馆服务", "茶馆", "catering", 8, -0.30, 0.60, licence="JY2"),
    Industry("6232", "咖啡馆服务", "咖啡", "catering", 9, -0.25, 0.50, licence="JY2"),
    Industry("6291", "小吃服务", "小吃店", "catering", 38, 0.15, 0.90, licence="JY2"),
    Industry(
        "6241",
        "餐饮配送服务",
        "配餐",
        "catering",
        5,
        0.15,
        0.05,
        0.30,
        1.5,
        "other",
        ("1000",),
        "JY3",
    ),
    Industry(
        "5212",
        "超级市场零售",
        "超市",
        "food_retail",
        14,
        0.10,
        0.35,
        0.25,
        3,
        "mall",
        ("3000",),
        "JY1",
    ),
    Industry("5213", "便利店零售", "便利店", "food_retail", 18, -0.10, 0.75, licence="JY1"),
    Industry("5223", "果品、蔬菜零售", "果蔬店", "food_retail", 22, 0.05, 0.85, licence="JY1"),
    Industry(
        "5224", "肉、禽、蛋、奶及水产品零售", "水产店", "food_retail", 24, 0.15, 0.85, licence="JY1"
    ),
    Industry("5225", "营养和保健品零售", "保健品店", "food_retail", 10, 0.10, 0.45, licence="YB"),
    Industry("5226", "酒、饮料及茶叶零售", "茶行", "food_retail", 32, -0.15, 0.70, licence="YB"),
    Industry("5122", "糕点、糖果及糖批发", "食品", "food_wholesale", 14, 0.05, 0.15, licence="JY1"),
    Industry("5127", "酒、饮料及茶叶批发", "酒业", "food_wholesale", 22, -0.05, 0.15, licence="YB"),
    Industry(
        "3435",
        "电梯、自动扶梯及升降机制造",
        "电梯",
        "equipment_trade",
        5,
        0.10,
        0,
        0.5,
        3,
        "factory",
        ("4000", "5000"),
        "TS23",
    ),
    Industry(
        "3332",
        "金属压力容器制造",
        "容器",
        "equipment_trade",
        4,
        0.0,
        0,
        0.7,
        4,
        "factory",
        ("2000", "4000", "5000"),
        "TS22",
    ),
    Industry(
        "3411",
        "锅炉及辅助设备制造",
        "锅炉",
        "equipment_trade",
        2,
        0.0,
        0,
        0.7,
        4,
        "factory",
        _FACTORY,
        "TS21",
    ),
    Industry(
        "4330",
        "专用设备修理",
        "设备维保",
        "equipment_trade",
        12,
        -0.05,
        0,
        0.2,
        2,
        "factory",
        ("5000",),
        "TS33",
    ),
    _factory("2452", "塑胶玩具制造", "玩具", share=62, effect=0.15),
    _factory("1821", "针织或钩针编织服装制造", "针织", share=48, effect=-0.10),
    _factory("2319", "包装装潢及其他印刷", "印务", share=24),
    _factory("2922", "塑料板、管、型材制造", "塑料", share=30),
    _factory("2682", "化妆品制造", "化妆品", share=10, effect=0.15),
    _factory("2614", "有机化学原料制造", "化工", share=5, effect=0.10),
    Industry("5133", "服装批发", "服饰", "wholesale", 62, 0.0, 0.25),
    Industry("5175", "电气设备批发", "电气", "wholesale", 34, 0.0, 0.15),
    Industry("5191", "再生物资回收与批发", "再生资源", "wholesale", 16, 0.15, 0.35),
    Industry("5166", "化肥批发", "农资", "wholesale", 8, 0.05, 0.25),
    Industry("5232", "服装零售", "服装店", "retail", 62, -0.05, 0.80),
    Industry("5251", "西药零售", "药房", "retail", 22, 0.15, 0.30),
    Industry("5273", "日用家电零售", "家电", "retail", 22, 0.05, 0.50),
    Industry("5292", "互联网零售", "电子商务", "retail", 52, 0.05, 0.30),
    Industry("7241", "会计、审计及税务服务", "财税", "services", 20, 0.0, 0.05),
    Industry("7249", "其他专业咨询与调查", "咨询", "services", 34, -0.05, 0.10),
    Industry("7259", "其他广告服务", "广告", "services", 22, 0.15, 0.25),
    Industry("6513", "应用软件开发", "软件", "services", 26, -0.10, 0.02),
    Industry("8040", "理发及美容服务", "美容店", "services", 44, 0.20, 0.90),
    Industry("7020", "物业管理", "物业", "property", 22, 0.0, 0.0, 0.85, 9, "residence", ("3000",)),
    Industry(
        "6110",
        "旅游饭店",
        "酒店",
        "hotel",
        12,
        0.0,
        0.10,
        0.85,
        3,
        "other",
        ("3000", "1000"),
        "JY2",
    ),
    Industry("5211", "百货零售", "百货", "retail", 5, 0.20, 0.05, 0.80, 7, "mall", ("3000",)),
    Industry(
        "8310",
        "学前教育",
        "幼儿园",
        "education",
        9,
        0.10,
        0.05,
        0.15,
        1,
        "kindergarten",
        ("3000",),
        "JY3",
    ),
    Industry(
        "8425",
        "门诊部医疗服务",
        "门诊部",
        "health",
        8,
        0.0,
        0.10,
        0.45,
        2,
        "hospital",
        ("3000", "2000"),
    ),
    Industry(
        "9020", "游乐园", "乐园", "amusement", 3, 0.0, 0.05, 0.95, 5, "park", ("6000", "5000")
    ),
    Industry(
        "8930", "健身休闲活动", "健身", "amusement", 10, -0.10, 0.25, 0.15, 1, "stadium", ("3000",)
    ),
    Industry("4710", "住宅房屋建筑", "建筑", "construction", 26, 0.0, 0.0),
    Industry(
        "5430", "道路货物运输", "物流", "transport", 24, 0.0, 0.20, 0.25, 2, "other", ("5000",)
    ),
    Industry(
        "5441", "客运汽车站", "客运站", "transport", 1.5, 0.10, 0.0, 0.9, 3, "station", ("3000",)
    ),
)
