"""Results on their way back into the archive: a department's file, read by the ordinary intake."""

import pandas as pd

import law
from scoring.double_random.documents import DrawRecord, Plan
from scoring.double_random.results_table import KEY

SOURCE = "campaign_results"  # features/catalog/sources/campaign_results.yaml
_FINDINGS = {
    "critical_count": "严重问题数",
    "serious_count": "较重问题数",
    "minor_count": "一般问题数",
}


def returned_file(
    plan: Plan, draw: DrawRecord, items: pd.DataFrame, selected: pd.DataFrame
) -> tuple[bytes, int]:
    """The file (CSV, UTF-8) in the layout of ``SOURCE`` and its number of rows.

    One row per item with a result code, `items` being those of a board; `selected` (uscc, stratum)
    tells the stratum, whose drawn n and population N are the inclusion probability n/N. It says
    how strongly a stratum was drawn and so hints at grades: internal.
    """
    matters = {rule.item: rule.matter or plan.team.matter for rule in plan.item_rules}
    known = {code: one.zh for code, one in law.codes("matters").items()}
    numbers = {item: place for place, item in enumerate(plan.items, start=1)}
    counts = {one.stratum: (one.drawn, one.population) for one in draw.strata}
    told = items[items["result_code"].notna()].sort_values(KEY, kind="stable")
    stratum = told["enterprise_id"].map(selected.set_index("uscc")["stratum"])
    rows = pd.DataFrame(
        {
            "统一社会信用代码": told["enterprise_id"],
            "检查编号": plan.round
            + "/"
            + told["item"].map(numbers).astype("str")
            + "/"
            + told["enterprise_id"],
            "检查类别": "双随机抽查",
            "抽查轮次": plan.round,
            "抽查事项": told["item"],
            "检查领域": told["item"].map(matters).map(known).fillna(""),
            "检查结果代码": told["result_code"],
            **{zh: told[name].astype("Int32") for name, zh in _FINDINGS.items()},
            "检查日期": told["completed_on"],
            "录入日期": told["entered_on"],
            "检查机关": told["department"],
            "入样方式": told["role"].map({"reserve": "备选"}).fillna("抽中"),
            "层内抽取数": stratum.map({name: n for name, (n, _) in counts.items()}),
            "层内总数": stratum.map({name: total for name, (_, total) in counts.items()}),
        }
    )
    return rows.to_csv(index=False, lineterminator="\n").encode(), len(rows)
