"""Sampling tests: the laboratory's side of the food tests, and tests of industrial products."""

import numpy as np

from features.simulation.arrays import Array, Columns, joined, pick, sigmoid, stacked, stream
from features.simulation.city import City
from features.simulation.happenings import Happenings, by_group, days_after
from features.simulation.industries import INDUSTRIES
from features.simulation.inspections import Inspections
from features.simulation.naming import text_of
from features.simulation.products import FARM, GOODS, deals_in, product_of
from features.simulation.source_file import ID_COLUMN, SourceFile, finished, numbered, years_of

_TESTED_A_YEAR = {"manufacturing": 0.15, "equipment_trade": 0.12, "retail": 0.08, "wholesale": 0.06}
_BY_RISK = 0.15
_FAILURE, _FAILURE_BY_RISK = -2.6, 0.7  # log-odds at average risk
_OPEN_SHARE = 0.01  # of those without a failure: no conclusion
_TWO_ITEMS_SHARE = 0.2
_REPORT_DAYS = (8, 28)
_KIND_ZH = {"food": "食品抽检", "farm": "食用农产品抽检", "goods": "工业产品抽检"}
_LEVELS = {"市级": 0.42, "县级": 0.33, "省级": 0.20, "国家级": 0.05}
_STANDARD = {
    "food": "食品安全国家标准",
    "farm": "食品中农药最大残留限量",
    "goods": "强制性国家标准",
}
_ITEMS = {
    "food": ("菌落总数", "大肠菌群", "防腐剂", "甜味剂", "标签标示", "水分"),
    "farm": ("农药残留", "兽药残留", "重金属镉", "农药残留", "兽药残留", "感官"),
    "goods": ("机械强度", "增塑剂", "阻燃性能", "标志和说明", "尺寸偏差", "电气绝缘"),
}
_NATURES = {
    "food": ("安全", "安全", "安全", "安全", "标签", "质量"),
    "farm": ("安全", "安全", "安全", "安全", "安全", "质量"),
    "goods": ("安全", "安全", "安全", "标签", "质量", "安全"),
}
_KINDS = np.array(sorted(_ITEMS))
_ITEM_TABLE = np.array([_ITEMS[str(kind)] for kind in _KINDS])
_NATURE_TABLE = np.array([_NATURES[str(kind)] for kind in _KINDS])


def sampling_test_file(city: City, happenings: Happenings, inspections: Inspections) -> SourceFile:
    """One row a sample, on the day of its report."""
    rng = stream(city.seed, "sampling tests")
    tests = stacked([_of_food(city, inspections), _of_goods(city, happenings, rng)])
    rows, kind, failed = tests["enterprise"], tests["kind"], tests["failed"]
    reported = days_after(tests["day"], soonest=_REPORT_DAYS[0], latest=_REPORT_DAYS[1], rng=rng)
    unclear = ~failed & (rng.random(len(rows)) < _OPEN_SHARE)
    items, natures = _what_failed(kind, failed, rng=rng)
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "抽样单编号": numbered("模抽", years_of(tests["day"]), rng=rng),
        "抽检类别": text_of(kind, _KIND_ZH),
        "抽检层级": pick(rng, _LEVELS, size=len(rows)),
        "产品名称": product_of(city.people, rows),
        "产品类别": _categories(city, rows),
        "检验依据": joined(text_of(kind, _STANDARD), "（模拟）"),
        "检验结论": np.select([failed, unclear], ["不合格", "未判定"], default="合格"),
        "不合格项目": items,
        "不合格性质": natures,
        "抽样日期": tests["day"],
        "检验报告日期": reported,
    }
    return SourceFile(
        source="city_sampling_tests",
        name="模拟_抽检结果.xlsx",
        layout="excel",
        columns=finished(columns, "检验报告日期", timeline=city.timeline, rng=rng),
        event_column="检验报告日期",
        code_column="检验结论",
        required_column="抽样单编号",
        sheet="抽检结果",
        preamble=("食品、食用农产品和工业产品监督抽检结果（模拟 SIMULATED）",),
    )


def _of_food(city: City, inspections: Inspections) -> Columns:
    """The samples that the inspectors' ledger has too: same enterprise, day and outcome."""
    tests = np.flatnonzero(inspections.kind == "sampling_test")
    rows = inspections.enterprise[tests]
    return {
        "enterprise": rows,
        "day": inspections.day[tests],
        "kind": np.where(deals_in(city.people, FARM)[rows], "farm", "food"),
        "failed": inspections.found[tests],
    }


def _of_goods(city: City, happenings: Happenings, rng: np.random.Generator) -> Columns:
    """Tests of industrial products; the risky fail more and are sampled a little more."""
    a_year = by_group(city, _TESTED_A_YEAR, otherwise=0.0) * deals_in(city.people, GOODS)
    months, rows = happenings.draw(a_year, rng=rng, by_risk=_BY_RISK)
    failing = sigmoid(_FAILURE + _FAILURE_BY_RISK * happenings.risk[months, rows])
    return {
        "enterprise": rows,
        "day": city.timeline.days_within(months, rng),
        "kind": np.full(len(rows), "goods"),
        "failed": rng.random(len(rows)) < failing,
    }


def _what_failed(kind: Array, failed: Array, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Items that failed, and what the first of them concerns; empty where nothing failed."""
    table, width = np.searchsorted(_KINDS, kind), _ITEM_TABLE.shape[1]
    first = rng.integers(0, width, len(kind))
    second = (first + rng.integers(1, width, len(kind))) % width
    one, other = _ITEM_TABLE[table, first], _ITEM_TABLE[table, second]
    two = (rng.random(len(kind)) < _TWO_ITEMS_SHARE) & (one != other)
    items = np.where(two, joined(one, ";", other), one)
    return np.where(failed, items, ""), np.where(failed, _NATURE_TABLE[table, first], "")


def _categories(city: City, rows: Array) -> Array:
    """SC class of food, else the trade."""
    category = city.world.effects.food_category[rows]
    trade = np.array([entry.zh for entry in INDUSTRIES])[city.people.industry[rows]]
    is_class = np.char.isdigit(category) & (np.strings.str_len(category) >= 2)
    return np.where(is_class, category, trade)
