"""Licences: food production, food operation and filings, special equipment."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import Array, Columns, joined, padded, stream, take
from features.simulation.city import City
from features.simulation.industries import INDUSTRIES
from features.simulation.licence_terms import licence_events
from features.simulation.naming import bureau_of, text_of
from features.simulation.numbering import food_licence_numbers
from features.simulation.penalties import Decisions
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, years_of

_SC_CLASSES = {
    "03": "03 调味品",
    "04": "04 肉制品",
    "05": "05 乳制品",
    "06": "06 饮料",
    "11": "11 速冻食品",
    "13": "13 糖果制品",
    "14": "14 茶叶及相关制品",
    "17": "17 水果制品",
    "22": "22 水产制品",
    "24": "24 糕点",
    "25": "25 豆制品",
    "27": "27 保健食品",
    "203": "203 复配食品添加剂",
}
_JY_FORMS = {"1": "食品销售经营者", "2": "餐饮服务经营者", "3": "集中用餐单位食堂、集体用餐配送"}
_FILING = "YB"
_TS_KINDS = {
    "TS21": "锅炉制造",
    "TS22": "压力容器制造",
    "TS23": "电梯制造",
    "TS33": "电梯安装、改造、修理",
}
_UNLICENSED_SHARE = 0.02
_SC_SERIALS, _JY_SERIALS, _TS_SERIALS = 9_999, 999_999, 99_999
_GUANGDONG = "44"

Numbers = Callable[[City, Columns], tuple[Array, Array]]
"""Licence number and category of each event."""


@dataclass(frozen=True)
class _Workbook:
    source: str
    name: str
    sheet: str
    preamble: tuple[str, ...] = ()


_PRODUCTION = _Workbook("city_food_production_licences", "模拟_食品生产许可.xlsx", "食品生产许可")
_OPERATION = _Workbook(
    "city_food_operation_licences",
    "模拟_食品经营许可.xlsx",
    "食品经营许可",
    preamble=("食品经营许可台账（模拟 SIMULATED）", ""),
)
_EQUIPMENT = _Workbook("city_special_equipment_licences", "模拟_特种设备许可.xlsx", "特种设备许可")


def licence_files(city: City, penalties: Decisions) -> list[SourceFile]:
    """Three workbooks: food production, food operation, special equipment."""
    rng = stream(city.seed, "licences")
    code = np.array([entry.licence for entry in INDUSTRIES])[city.people.industry]
    licensed = (code != "") & (rng.random(city.people.size) >= _UNLICENSED_SHARE)
    produces = licensed & np.isin(city.world.effects.food_category, list(_SC_CLASSES))
    equips = licensed & (np.strings.find(code, "TS") == 0)
    food, equipment = city.statute.food_licence_years, city.statute.equipment_licence_years
    plans: tuple[tuple[_Workbook, Array, int, Numbers], ...] = (
        (_PRODUCTION, produces, food, _production),
        (_OPERATION, licensed & ~produces & ~equips, food, _operation),
        (_EQUIPMENT, equips, equipment, _equipment),
    )
    files = []
    for workbook, holds, years, numbers in plans:
        rows = np.flatnonzero(holds)
        events = licence_events(city, rows, years=years, penalties=penalties, rng=rng)
        events = take(events, events["day"] <= city.timeline.end)
        number, category = numbers(city, events)
        columns = _described(city, events, number=number, category=category)
        files.append(
            SourceFile(
                source=workbook.source,
                name=workbook.name,
                layout="excel",
                columns=finished(columns, "发证日期", timeline=city.timeline, rng=rng),
                event_column="发证日期",
                code_column="状态",
                required_column="许可证编号",
                sheet=workbook.sheet,
                preamble=workbook.preamble,
            )
        )
    return files


def _described(city: City, events: Columns, *, number: Array, category: Array) -> Columns:
    rows = events["enterprise"]
    return {
        ID_COLUMN: city.people.enterprise_id[rows],
        "许可证编号": number,
        "许可种类": np.where(np.strings.find(number, "YB") == 0, "备案", "许可"),
        "许可类别": category,
        "状态": events["status"],
        "发证日期": events["day"],
        "有效期自": events["start"],
        "有效期至": events["until"],
        "发证机关": bureau_of(city.people.area[rows]),
    }


def _production(city: City, events: Columns) -> tuple[Array, Array]:
    """SC numbers stay the same through renewals; the class is part of the number."""
    rows = events["enterprise"]
    category = city.world.effects.food_category[rows]
    head = np.where(np.strings.str_len(category) == 3, category, joined("1", category))
    head = joined(head, city.people.area[rows])
    number = food_licence_numbers("SC", head, serials=_serial(rows, _SC_SERIALS))
    return number, text_of(category, _SC_CLASSES)


def _operation(city: City, events: Columns) -> tuple[Array, Array]:
    """JY numbers by business form; sellers of prepacked food only have a filing."""
    rows = events["enterprise"]
    category = city.world.effects.food_category[rows]
    filed = category == _FILING
    form = np.where(filed, "1", category)
    head, serials = joined(form, city.people.area[rows]), _serial(rows, _JY_SERIALS)
    number = np.where(
        filed,
        food_licence_numbers("YB", head, serials=serials),
        food_licence_numbers("JY", head, serials=serials),
    )
    scope = np.where(city.world.effects.high_risk_scope[rows], "（含冷食、生食、裱花）", "")
    return number, np.where(filed, "仅销售预包装食品", joined(text_of(form, _JY_FORMS), scope))


def _equipment(city: City, events: Columns) -> tuple[Array, Array]:
    """TS numbers end in the year of expiry, so a renewal has a new number."""
    rows = events["enterprise"]
    head = np.array([entry.licence for entry in INDUSTRIES])[city.people.industry[rows]]
    year = years_of(events["until"]).astype(np.str_)
    number = joined(head, _GUANGDONG, padded(_serial(rows, _TS_SERIALS), 5), "-", year)
    return number, joined(head, " ", text_of(head, _TS_KINDS))


def _serial(rows: Array, largest: int) -> Array:
    """A number for every enterprise, its own until more than `largest` hold such a licence."""
    return np.unique(rows, return_inverse=True)[1] % largest + 1
