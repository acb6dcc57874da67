"""docs/indicators.md, made from the catalogue."""

from collections.abc import Sequence

from features.indicators.indicator import DIMENSIONS, MISSING, UNITS, Indicator
from features.indicators.vocabulary import CONTEXT_MONTHS, FOLLOW_UP_DAYS

_SIGNS = {1: "＋", -1: "－", 0: "0"}

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
- 同类比较 Peers and connected enterprises: counted in the whole archive, over {context} months.
- 方向 Sign: ＋ more is riskier by its meaning; － less is riskier; 0 not clear, the model decides.
- 缺失 Missing: {zero}；{null}.
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


def _table(dimension: str, indicators: Sequence[Indicator]) -> str:
    words = DIMENSIONS[dimension]
    rows = [_row(item) for item in indicators if item.dimension == dimension]
    return "\n".join(
        [
            f"## {words.zh} {words.en}",
            "",
            "| 名称 name | 中文 | 定义 definition | 单位 | 窗口（月） | 方向 | 缺失 | 依据 |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _row(item: Indicator) -> str:
    cells = [
        f"`{item.name}`",
        item.zh,
        f"{item.definition_zh}<br>{item.definition}",
        UNITS[item.unit].zh,
        str(item.window_months or "—"),
        _SIGNS[item.sign],
        "0" if item.missing == "zero" else "空",
        item.basis,
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
