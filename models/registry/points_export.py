"""The points table as people read it: bins in words with their unit, in Excel and on a page."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from features.indicators import UNITS, catalogue
from features.workbook import Sheet, workbook_bytes
from models.cards.blocks import Grid, Section
from models.cards.model_card import page_html
from models.learning.columns import ModelIndicator
from models.registry.artefact import Artefact

SIGNS: Final = {1: "＋ 越多风险越高", -1: "－ 越多风险越低", 0: "0 不预设方向"}
STATEMENT: Final = (
    "仅供市场监管部门内部配置监管资源参考，不是信用评价，不作为处罚依据，不对外公布；"
    "分数越高风险越低。 An internal aid for placing supervision effort, "
    "no credit assessment; more points are safer."
)
# Units whose values are whole numbers: their bins are told as such.
_WHOLE: Final = {"count", "days", "months", "persons", "level", "flag"}
_HEADERS: Final = (
    "指标",
    "indicator",
    "代码 name",
    "方向 sign",
    "取值 bin",
    "分 points",
    "企业占比 share",
    "实际问题率 observed rate",
    "法律依据 basis",
)
_WIDTHS: Final = {
    "指标": 34,
    "indicator": 34,
    "代码 name": 30,
    "取值 bin": 30,
    "法律依据 basis": 50,
}


@dataclass(frozen=True)
class PointsRow:
    """One bin of one indicator.

    Attributes
    ----------
    share, rate
        Of the rows the card was fitted to; the rate is None where the bin was empty.
    basis
        The act behind the indicator; empty where the catalogue has no such indicator today.
    """

    indicator: ModelIndicator
    words: str
    points: float
    share: float
    rate: float | None
    basis: str


def points_rows(read: Artefact) -> list[PointsRow]:
    """Every bin of every indicator with influence; the widest indicator first."""
    content = read.scorecard
    table, population = content["points_table"]["indicators"], content["population"]
    labels = {row.name: row for row in read.indicators}
    bases = {row.name: row.basis for row in catalogue()}
    ordered = sorted(table, key=lambda name: -_width(table[name]))
    return [
        PointsRow(labels[name], words, points, share or 0.0, rate, bases.get(name, ""))
        for name in ordered
        for words, points, share, rate in zip(
            bin_words(table[name]["edges"], unit=labels[name].unit),
            [*table[name]["points"], table[name]["missing"]],
            population[name]["shares"],
            population[name]["bad_rates"],
            strict=True,
        )
    ]


def bin_words(edges: Sequence[float], *, unit: str) -> list[str]:
    """What each bin holds, in words with the unit; the bin of missing values last."""
    bounds = [-np.inf, *edges, np.inf]
    return [
        *(_interval(low, high, unit) for low, high in itertools.pairwise(bounds)),
        "缺失 missing",
    ]


def _interval(low: float, high: float, unit: str) -> str:
    zh = UNITS[unit].zh if unit in UNITS else unit
    if np.isinf(low) and np.isinf(high):
        return "有值 any value"
    if unit == "flag":
        return "否 no (0)" if np.isinf(low) else "是 yes (1)"
    if unit in _WHOLE:
        return f"{_whole(low, high)} {zh}"
    least, most = (_number(one) for one in (low, high))
    if np.isinf(low):
        return f"≤ {most}（{zh}）"
    if np.isinf(high):
        return f"> {least}（{zh}）"
    return f"> {least} 且 ≤ {most}（{zh}）"


def _whole(low: float, high: float) -> str:
    """The whole numbers above `low` and up to `high`."""
    if np.isinf(low):
        return f"≤ {int(np.floor(high))}"
    least = int(np.floor(low)) + 1
    if np.isinf(high):
        return f"≥ {least}"
    most = int(np.floor(high))
    return f"{least}" if least == most else f"{least} 至 {most}"


def _number(edge: float) -> str:
    return "0" if abs(edge) < 1e-30 else f"{edge:.6g}"  # LightGBM writes zero as 1e-35


def _width(one: Mapping[str, Any]) -> float:
    points = [*one["points"], one["missing"]]
    return float(max(points) - min(points))


def points_workbook(read: Artefact) -> bytes:
    """The table as Excel: a sheet of bins, and a sheet that says what it is."""
    return workbook_bytes(
        [
            Sheet("评分表", _HEADERS, (_cells(row) for row in points_rows(read)), _WIDTHS),
            Sheet("说明", ["项目 item", "内容 content"], list(_notes(read)), {"内容 content": 100}),
        ]
    )


def points_page(read: Artefact) -> str:
    """The table as one page that needs nothing beside it."""
    rows = points_rows(read)
    sections = [Section("说明 Notes", [Grid(["项目 item", "内容 content"], list(_notes(read)))])]
    for name in dict.fromkeys(row.indicator.name for row in rows):
        own = [row for row in rows if row.indicator.name == name]
        one = own[0].indicator
        grid = Grid(
            ["取值 bin", "分 points", "企业占比 share", "实际问题率 observed rate"],
            [
                [
                    row.words,
                    f"{row.points:+.1f}",
                    f"{row.share:.1%}",
                    "-" if row.rate is None else f"{row.rate:.1%}",
                ]
                for row in own
            ],
            [row.share for row in own],
        )
        told = f"方向 sign: {SIGNS[one.sign]}；依据 basis: {own[0].basis or '-'}；{name}"
        sections.append(Section(f"{one.zh} {one.en}", [told, grid]))
    return page_html("通用评分表 Points table", sections)


def _cells(row: PointsRow) -> list[Any]:
    one = row.indicator
    rate = None if row.rate is None else round(row.rate, 4)
    return [
        one.zh,
        one.en,
        one.name,
        SIGNS[one.sign],
        row.words,
        row.points,
        round(row.share, 4),
        rate,
        row.basis,
    ]


def _notes(read: Artefact) -> Iterator[tuple[str, str]]:
    content = read.scorecard
    scale, base = content["points_scale"], content["points_table"]["base"]
    yield "模型版本 version", read.version
    yield "训练于 trained at", str(read.manifest["created_at"])
    yield "用途 purpose", STATEMENT
    yield "基础分 base points", f"{base:.1f}"
    yield (
        "算法 how to add",
        (
            "基础分加各指标所在区间的分，四舍五入即为信用分。 "
            "Base plus the points of each indicator's bin, rounded."
        ),
    )
    yield (
        "刻度 scale",
        (
            f"无问题与有问题之比 {scale['base_odds']:g}:1 为 {scale['base_points']:g} 分，"
            f"每 {scale['points_to_double_odds']:g} 分翻倍 points double the odds"
        ),
    )
