"""SIMULATED names and addresses with planted variants: a register, and rows without a code.

Nothing here is real: 模拟. The truth of every row is known, so a match can be judged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from opencc import OpenCC

from features.identifiers import registration_number_with_check

_BRAND = (
    "鸿泰隆昌盛源达兴瑞丰裕和顺祥嘉诚信安康宁华荣锦程远博雅恒通汇利潮韩粤海金龙凤岭明星辰光辉"
    "东西南北春夏秋冬松竹梅兰菊莲荷桂枫林森木水火山石田园农牧渔江河湖洋波浪涛云雨雪风雷电天地"
    "日月玉珠宝银铜铁钢旺富贵福禄寿喜财鑫磊晶品味美香甜鲜佳好优良正大宏伟志远德仁义礼智勇强健"
)
_TRADES = (
    "食品", "餐饮管理", "小吃店", "贸易", "商行", "百货店", "电梯工程", "机械设备", "饮料",
    "茶叶商行",
    "水产品加工", "面包店", "烘焙坊", "便利店", "超市", "酒业", "调味品", "豆制品厂", "包装材料",
    "玩具", "服装厂", "五金店", "建材", "物业管理", "信息咨询", "塑料制品", "印刷", "化妆品",
    "牛肉火锅店",
    "肠粉店", "早餐店", "奶茶店", "甜品店", "粮油店", "海鲜酒楼", "压力容器制造",
)  # fmt: skip
_DISTRICTS = ("龙湖区", "金平区", "濠江区", "潮阳区", "潮南区", "澄海区", "南澳县")
_STREETS = (
    "长平路", "金砂路", "黄山路", "珠池路", "汕樟路", "韩江路", "大学路", "潮汕路", "中山路",
    "海滨路",
    "泰山一路", "泰山二路", "护堤路", "广兴村", "莲南路", "文光一街", "棉城镇中华路", "澄江路",
    "后宅三巷",
    "跃进路", "民族路", "华山南路", "衡山路", "天山南路", "嵩山北路", "东厦路", "大华路", "公园路",
)  # fmt: skip
_HAN = "零一二三四五六七八九"
_TYPOS = "鸣泉佑茂翔俊豪迪菲曼"
EVENT = np.datetime64("2024-06-01")
FIRST, RENAMED = np.datetime64("2015-01-01"), np.datetime64("2022-01-01")


@dataclass(frozen=True)
class NamedRegister:
    """The register's names (with former ones) and where each enterprise stands among them."""

    entries: pd.DataFrame
    size: int


def named_register(size: int, *, seed: int) -> NamedRegister:
    """A register of `size` enterprises, a tenth of them renamed and moved once."""
    rng = np.random.default_rng(seed)
    now = _described(rng, size)
    now["enterprise_id"] = [f"SIM{number:015d}" for number in range(size)]
    now["registration_no"] = [
        registration_number_with_check(f"440500{number:08d}") for number in range(size)
    ]
    before = now.iloc[: size // 10].copy()
    fresh = _described(rng, len(before))
    before["name"], before["address"] = fresh["name"], fresh["address"]
    before = before.assign(held_from=FIRST, held_until=RENAMED, is_former=True)
    start = np.where(np.arange(size) < size // 10, RENAMED, FIRST)
    now = now.assign(held_from=start, held_until=np.datetime64("NaT"), is_former=False)
    entries = pd.concat([now, before], ignore_index=True).assign(status="active")
    return NamedRegister(entries=entries, size=size)


def _described(rng: np.random.Generator, size: int) -> pd.DataFrame:
    brand = np.array(list(_BRAND))[rng.integers(0, len(_BRAND), (size, 3))]
    short = rng.random(size) < 0.5
    trade = np.array(_TRADES)[rng.integers(0, len(_TRADES), size)]
    district = np.array(_DISTRICTS)[rng.integers(0, len(_DISTRICTS), size)]
    street = np.array(_STREETS)[rng.integers(0, len(_STREETS), size)]
    house, room = rng.integers(1, 600, size), rng.integers(1, 30, size)
    kind = rng.random(size)
    names, addresses = [], []
    for row in range(size):
        core = "".join(brand[row][: 2 if short[row] else 3]) + trade[row]
        if kind[row] < 0.5:
            names.append(f"汕头市{district[row]}{core}")
        elif kind[row] < 0.95:
            names.append(f"汕头市{core}{'股份' if kind[row] > 0.93 else ''}有限公司")
        else:
            names.append(f"汕头市{core}有限公司{district[row][:2]}分公司")
        tail = f"之{room[row]}" if room[row] < 8 else f"{room[row]}楼" if room[row] < 12 else ""
        addresses.append(f"广东省汕头市{district[row]}{street[row]}{house[row]}号{tail}")
    return pd.DataFrame({"name": names, "address": addresses})


def unidentified_rows(register: NamedRegister, rows: int, *, seed: int) -> pd.DataFrame:
    """Rows as other departments write them, with ``truth`` ("" where nobody in the register)."""
    rng = np.random.default_rng(seed)
    chosen = register.entries.iloc[rng.integers(0, len(register.entries), rows)]
    chosen = chosen.reset_index(drop=True)
    entries = chosen[["name", "address", "registration_no", "enterprise_id"]].to_dict("records")
    variants = list(VARIANTS)
    kinds = np.array(variants)[rng.integers(0, len(variants), rows)]
    table: dict[str, list[Any]] = {"name": [], "address": [], "registration_no": [], "truth": []}
    for row, kind in enumerate(kinds):
        entry = {str(key): str(value) for key, value in entries[row].items()}
        entry["truth"] = entry.pop("enterprise_id")
        number = entry["registration_no"]
        changed = VARIANTS[str(kind)]({**entry, "registration_no": ""}, number, rng)
        for key, values in table.items():
            values.append(changed[key])
    frame = pd.DataFrame(table).assign(variant=kinds)
    event = np.where(chosen["is_former"], RENAMED - 300, EVENT)
    ids = [f"~{row:024x}" for row in range(rows)]
    return frame.assign(temporary_id=ids, event_on=pd.to_datetime(pd.Series(event)))


@cache
def _traditional_writing() -> OpenCC:
    return OpenCC("s2t")


Row = dict[str, str]
Change = Callable[[Row, str, np.random.Generator], Row]


def _spelling(row: Row, number: str, rng: np.random.Generator) -> Row:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    name = row["name"].replace("有限公司", "　有限责任公司", 1)
    return {**row, "name": f"{name[:4]} {name[4:]}。", "address": row["address"].translate(wide)}


def _traditional(row: Row, number: str, rng: np.random.Generator) -> Row:
    convert = _traditional_writing().convert
    return {**row, "name": convert(row["name"]), "address": convert(row["address"])}


def _without_area(row: Row, number: str, rng: np.random.Generator) -> Row:
    name = row["name"].removeprefix("汕头市")
    return {**row, "name": name, "address": row["address"].removeprefix("广东省汕头市")}


def _bracketed(row: Row, number: str, rng: np.random.Generator) -> Row:
    suffix = "" if "公司" in row["name"] else "（个体工商户）"
    return {**row, "name": f"【{row['name'][:3]}】{row['name'][3:]}{suffix}"}


def _house(row: Row, number: str, rng: np.random.Generator) -> Row:
    address = row["address"].replace("号之", "-").replace("楼", "层")
    if "-" in address:
        return {**row, "address": f"{address}号"}
    return {**row, "address": "".join(_HAN[int(c)] if c.isdigit() else c for c in address)}


def _typo(row: Row, number: str, rng: np.random.Generator) -> Row:
    place = 6 if row["name"][5] in "区县" else 3
    wrong = _TYPOS[int(rng.integers(0, len(_TYPOS)))]
    return {**row, "name": row["name"][:place] + wrong + row["name"][place + 1 :]}


def _no_address(row: Row, number: str, rng: np.random.Generator) -> Row:
    return {**row, "address": ""}


def _sign(row: Row, number: str, rng: np.random.Generator) -> Row:
    name = row["name"].removeprefix("汕头市").replace("有限公司", "").replace("股份", "")
    for district in _DISTRICTS:
        name = name.removeprefix(district)
    return {**row, "name": name.removesuffix("店"), "address": row["address"][6:]}


def _numbered(row: Row, number: str, rng: np.random.Generator) -> Row:
    return {**row, "registration_no": number, "address": "", "name": row["name"][-6:]}


def _wrong_number(row: Row, number: str, rng: np.random.Generator) -> Row:
    return {**row, "registration_no": number[:-3] + "000"}


def _moved(row: Row, number: str, rng: np.random.Generator) -> Row:
    return {**row, "address": _described(rng, 1)["address"].iloc[0]}


def _stranger(row: Row, number: str, rng: np.random.Generator) -> Row:
    return {**row, **_described(rng, 1).iloc[0].to_dict(), "truth": ""}


def _stranger_there(row: Row, number: str, rng: np.random.Generator) -> Row:
    """An unlicensed place at the address of somebody else."""
    return {**row, "name": _described(rng, 1)["name"].iloc[0], "truth": ""}


def _sibling(row: Row, number: str, rng: np.random.Generator) -> Row:
    """Almost the name of an enterprise, elsewhere: another one, not in the register."""
    elsewhere = _described(rng, 1)["address"].iloc[0]
    return {**_typo(row, number, rng), "address": elsewhere, "truth": ""}


VARIANTS: dict[str, Change] = {
    "spelling": _spelling,
    "traditional": _traditional,
    "without_area": _without_area,
    "bracketed": _bracketed,
    "house": _house,
    "typo": _typo,
    "no_address": _no_address,
    "sign": _sign,
    "numbered": _numbered,
    "wrong_number": _wrong_number,
    "moved": _moved,
    "stranger": _stranger,
    "stranger_there": _stranger_there,
    "sibling": _sibling,
}
