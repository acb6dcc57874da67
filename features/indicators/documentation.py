"""docs/indicators.md and docs/indicators.xlsx, made from the catalogue."""

from collections.abc import Sequence

from features.catalogue import record_kinds
from features.indicators.changes import How, ways_to_change
from features.indicators.indicator import DIMENSIONS, MISSING, UNITS, Indicator
from features.indicators.vocabulary import CONTEXT_MONTHS, FOLLOW_UP_DAYS, SOURCES
from features.workbook import Sheet, workbook_bytes

_SIGNS = {1: "＋", -1: "－", 0: "0"}
_WAYS: dict[How | None, str] = {"act": "行为", "time": "时间", None: "—"}
_WAY_WORDS: dict[How | None, str] = {"act": "行为 by an act", "time": "时间 by time", None: ""}
_SIGN_WORDS = {1: "＋ 越多风险越高", -1: "－ 越多风险越低", 0: "0 不预设"}
_SECTORS = {
    None: "通用 general",
    "food": "食品 food",
    "special_equipment": "特种设备 special equipment",
}
_WIDTHS = {
    "name": 36,
    "指标": 40,
    "indicator": 48,
    "维度": 24,
    "领域": 20,
    "方向": 18,
    "定义": 70,
    "definition": 70,
    "依据": 50,
    "字段": 60,
    "所用指标": 60,
}

_INTRODUCTION = """\
# 指标目录 Indicators

Generated from the catalogue in `features/indicators` by `features.indicators.document`; edit the
catalogue, not this file.

{count} indicators. Definitions hash: `{digest}`.

- 观察点规则 Point in time: a record counts only if it happened by the as-of day and was known by
  the end of that day (`features/point_in_time.py`).
- 窗口 Windows: N months are calendar months back from the as-of day; a record counts from the day
  after the corresponding day on.
- 检查 Inspections: rates count concluded visits only. Follow-ups (named so, or within
  {followup} days after the enterprise's last visit) and sampling tests are counted apart.
- 抽检 Sampling tests: test records, and inspections of the kind sampling test whose number is not
  that of a test record.
- 应检日 Statutory inspections: the unit's own day goes first; where it is missing, the law's
  interval counts from the last inspection, else from first use (elevators: their years of use).
- 自查维保 Own checks and maintenance: empty while the whole archive holds none; after that, none
  is a fact.
- 同类比较 Peers and connected enterprises: counted in the whole archive, over {context} months.
- 方向 Sign: ＋ more is riskier by its meaning; － less is riskier; 0 not clear, the model decides.
- 缺失 Missing: {zero}；{null}.
- 可改变 Can be changed by the enterprise: 行为 by an act, 时间 by time without new adverse records
  (`features/indicators/changes.py`); — not at all. Advice on lowering the risk uses nothing else.
"""


def document_rows(indicators: Sequence[Indicator], digest: str) -> str:
    """Markdown: an introduction and one table a dimension."""
    introduction = _INTRODUCTION.format(
        count=len(indicators),
        digest=digest,
        followup=FOLLOW_UP_DAYS,
        context=CONTEXT_MONTHS,
        zero=f"{MISSING['zero'].zh} ({MISSING['zero'].en})",
        null=f"{MISSING['null'].zh} ({MISSING['null'].en})",
    )
    tables = [_table(dimension, indicators) for dimension in DIMENSIONS]
    return "\n".join([introduction, *tables])


def workbook_of(indicators: Sequence[Indicator]) -> bytes:
    """The same as an Excel file: one row an indicator, then what is read from each record kind."""
    headers = [
        "name",
        "指标",
        "indicator",
        "维度",
        "领域",
        "单位",
        "窗口",
        "缺失含义",
        "方向",
        "可改变",
        "定义",
        "definition",
        "依据",
    ]
    ways = ways_to_change(tuple(indicators))
    rows = [_cells(item, way=ways.get(item.name)) for item in indicators]
    kinds = ["kind", "记录种类", "record kind", "字段", "指标数", "所用指标"]
    return workbook_bytes(
        [
            Sheet("指标目录", headers, rows, _WIDTHS),
            Sheet("记录来源", kinds, _kind_rows(indicators), {**_WIDTHS, "kind": 26}),
        ]
    )


def _cells(item: Indicator, *, way: How | None) -> list[str | int | None]:
    dimension, missing = DIMENSIONS[item.dimension], MISSING[item.missing]
    return [
        item.name,
        item.zh,
        item.en,
        f"{dimension.zh} {dimension.en}",
        _SECTORS[item.sector],
        f"{UNITS[item.unit].zh} {UNITS[item.unit].en}",
        item.window_months,
        f"{missing.zh} {missing.en}",
        _SIGN_WORDS[item.sign],
        _WAY_WORDS[way],
        item.definition_zh,
        item.definition,
        item.basis,
    ]


def _kind_rows(indicators: Sequence[Indicator]) -> list[list[str | int]]:
    """Each record kind, its fields, and the indicators that read it, of whomever."""
    readers: dict[str, dict[str, None]] = {}
    for item in indicators:
        for source in item.sources:
            readers.setdefault(SOURCES[source].kind, {})[item.name] = None
    return [
        [
            kind.name,
            kind.zh,
            kind.en,
            "、".join(f"{field.zh} {field.name}" for field in kind.fields.values()),
            len(readers.get(kind.name, {})),
            "、".join(readers.get(kind.name, {})),
        ]
        for kind in record_kinds().values()
    ]


def _table(dimension: str, indicators: Sequence[Indicator]) -> str:
    words = DIMENSIONS[dimension]
    ways = ways_to_change(tuple(indicators))
    rows = [
        _row(item, way=ways.get(item.name)) for item in indicators if item.dimension == dimension
    ]
    return "\n".join(
        [
            f"## {words.zh} {words.en}",
            "",
            (
                "| 名称 name | 中文 | 定义 definition | 单位 | 窗口（月） | 方向 "
                "| 可改变 | 缺失 | 依据 |"
            ),
            "|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _row(item: Indicator, *, way: How | None) -> str:
    cells = [
        f"`{item.name}`",
        item.zh,
        f"{item.definition_zh}<br>{item.definition}",
        UNITS[item.unit].zh,
        str(item.window_months or "—"),
        _SIGNS[item.sign],
        _WAYS[way],
        "0" if item.missing == "zero" else "空",
        item.basis,
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
