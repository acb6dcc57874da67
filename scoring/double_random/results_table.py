"""What inspectors found: one row per drawn enterprise and inspection item of a round.

The table is the contract between whoever records visits and whoever counts them. It is checked as
a whole, and every fault is told at once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa

import law
from features.messages import Message
from scoring.errors import ResultsError, refuse

RESULTS = "results.parquet"
RESULTS_SCHEMA: pa.Schema = pa.schema(
    [
        pa.field("round", pa.string(), nullable=False),
        pa.field("enterprise_id", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("result_code", pa.string()),
        pa.field("is_problem", pa.bool_()),
        pa.field("completed_on", pa.date32()),
        pa.field("inspectors", pa.list_(pa.string()), nullable=False),
        pa.field("is_unfulfilled", pa.bool_(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("critical_count", pa.int32()),
        pa.field("serious_count", pa.int32()),
        pa.field("minor_count", pa.int32()),
        pa.field("attachments", pa.list_(pa.string()), nullable=False),
    ]
)
# Findings by severity; null where nobody counted.
SEVERITIES = ("critical_count", "serious_count", "minor_count")
KEY = ["enterprise_id", "item"]
# A problem that was put right on the spot, or whose handling is still open, was found all the
# same; so is a serious refusal to cooperate (信用监管 lists it among the results of a check).
PROBLEM_CLASSES = ("problem", "rectified", "refused", "pending")
# The enterprise is gone: an outcome of its own, which stays in the denominator.
VANISHED_CLASSES = ("unreachable", "closed")
NO_ACTIVITY = "no_activity"
_MOST_SHOWN = 50
_MOST_FINDINGS = 999
# What `sha256sum` prints of a photograph or form.
_ATTACHMENT = r"[0-9a-f]{64} [ *][^\x00-\x1f\x7f]{1,200}"


@dataclass(frozen=True)
class ResultRules:
    """What the results of one round are checked against.

    `codes` are those of the drawn enterprises and reserves. `inspectors` are the ids of the
    round's roster. `latest_day` is the last day on which a visit may have been completed.
    """

    round_id: str
    items: Sequence[str]
    codes: Collection[str]
    inspectors: Collection[str]
    minimum_inspectors: int
    drawn_on: date
    latest_day: date


def result_classes() -> dict[str, str]:
    """Class of every result code: problem, rectified, unreachable ..."""
    return {
        name: code.attributes["class"] for name, code in law.codes("inspection_results").items()
    }


def problem_by_code() -> dict[str, bool]:
    """Whether a result code says that a problem was found.

    References
    ----------
    Code table ``inspection_results`` (unconfirmed: the codes of one provincial system).
    """
    return {code: name in PROBLEM_CLASSES for code, name in result_classes().items()}


def make_results(rows: pd.DataFrame, *, round_id: str) -> pa.Table:
    """The table from columns enterprise_id, item, result_code, completed_on, inspectors,
    is_unfulfilled, reason; `is_problem` is derived from the code, null where there is none.

    Counts of findings and `attachments` (lines of `sha256sum`) may be absent.
    """
    told = {name: rows.get(name) for name in (*SEVERITIES, "attachments")}
    rows = rows.assign(
        **{
            name: pd.Series(None if name in SEVERITIES else [()] * len(rows), rows.index, object)
            for name, column in told.items()
            if column is None
        }
    )
    codes = rows["result_code"]
    derived = codes.map(problem_by_code())
    ordered = rows.assign(
        round=round_id, is_problem=derived.astype(object).where(derived.notna(), None)
    ).sort_values(KEY, kind="stable")
    return pa.table(
        {
            field.name: pa.array(ordered[field.name], field.type, from_pandas=True)
            for field in RESULTS_SCHEMA
        },
        schema=RESULTS_SCHEMA,
    )


def check_results(results: pa.Table, rules: ResultRules) -> None:
    """Refuse a table that does not tell what was found in `rules`' round, with every fault at once.

    Raises
    ------
    ResultsError
        Naming enterprise, item and value of each fault (the first fifty, and how many more).
    """
    if missing := [name for name in RESULTS_SCHEMA.names if name not in results.column_names]:
        raise ResultsError(
            f"检查结果表缺少列 {'、'.join(missing)}",
            f"The table of results lacks the columns {', '.join(missing)}",
        )
    if not results.schema.equals(RESULTS_SCHEMA):
        raise ResultsError(
            f"检查结果表的列类型应为：{RESULTS_SCHEMA}", f"The table must have: {RESULTS_SCHEMA}"
        )
    frame = results.to_pandas()
    faults = [
        Message(f"{where}：{zh}", f"{where}: {en}")
        for rows, zh, en in _rules_broken(frame, rules)
        for where in _places(frame[rows])
    ]
    more = len(faults) - _MOST_SHOWN
    shown = faults[:_MOST_SHOWN]
    if more > 0:
        shown.append(Message(f"另有 {more} 处", f"and {more} more"))
    refuse(ResultsError, shown)


_Broken = tuple["pd.Series[bool]", str, str]


def _rules_broken(frame: pd.DataFrame, rules: ResultRules) -> list[_Broken]:
    return [
        *_names_broken(frame, rules),
        *_codes_broken(frame),
        *_days_broken(frame, rules),
        *_teams_broken(frame, rules),
        *_findings_broken(frame),
    ]


def _names_broken(frame: pd.DataFrame, rules: ResultRules) -> list[_Broken]:
    return [
        (frame["round"] != rules.round_id, f"不属于轮次 {rules.round_id}", "of another round"),
        (~frame["enterprise_id"].isin(rules.codes), "未被抽中", "was not drawn"),
        (
            ~frame["item"].isin(rules.items),
            f"不是本轮抽查事项（{'、'.join(rules.items)}）",
            "no item of the round",
        ),
        (frame.duplicated(KEY), "同一企业同一事项重复", "stands twice"),
    ]


def _codes_broken(frame: pd.DataFrame) -> list[_Broken]:
    code, unfulfilled = frame["result_code"], frame["is_unfulfilled"]
    has_code, derived = code.notna(), code.map(problem_by_code())
    gone = code.map(result_classes()).isin(VANISHED_CLASSES)
    return [
        (
            has_code & derived.isna(),
            "检查结果代码未知，代码见 law/codes/inspection_results.yaml",
            "unknown result code; see law/codes/inspection_results.yaml",
        ),
        (
            has_code & derived.notna() & (frame["is_problem"] != derived),
            "是否发现问题与结果代码不符",
            "is_problem contradicts the result code",
        ),
        (~has_code & frame["is_problem"].notna(), "无结果代码却有结论", "a verdict without a code"),
        (~has_code & ~unfulfilled, "缺少检查结果代码", "the result code is missing"),
        (
            unfulfilled & has_code & ~gone,
            "未完成的检查只能写失联或注销类结果代码",
            "unfulfilled, yet with the result of a visit",
        ),
    ]


def _days_broken(frame: pd.DataFrame, rules: ResultRules) -> list[_Broken]:
    done_on, unfulfilled = frame["completed_on"], frame["is_unfulfilled"]
    has_day = done_on.notna()
    days = done_on.where(has_day, rules.latest_day)
    return [
        (~has_day & ~unfulfilled, "缺少完成日期", "the day of completion is missing"),
        (
            has_day & (days < rules.drawn_on),
            f"完成日期早于抽取日 {rules.drawn_on}",
            f"completed before the draw of {rules.drawn_on}",
        ),
        (
            has_day & (days > rules.latest_day),
            f"完成日期晚于 {rules.latest_day}",
            f"completed after {rules.latest_day}",
        ),
    ]


def _teams_broken(frame: pd.DataFrame, rules: ResultRules) -> list[_Broken]:
    unfulfilled, reason = frame["is_unfulfilled"], frame["reason"].fillna("").str.strip()
    people = frame["inspectors"].explode().dropna()
    pairs = pd.DataFrame({"row": people.index, "person": people.to_numpy()}).drop_duplicates()
    team = pairs.groupby("row").size().reindex(frame.index, fill_value=0)
    strangers = pairs.loc[~pairs["person"].isin(rules.inspectors), "row"]
    return [
        (unfulfilled & (reason == ""), "未完成须写明原因", "unfulfilled: the reason is missing"),
        (
            ~unfulfilled & (team < rules.minimum_inspectors),
            f"检查人员少于 {rules.minimum_inspectors} 人",
            f"fewer than {rules.minimum_inspectors} inspectors",
        ),
        (
            pd.Series(frame.index.isin(strangers.to_numpy()), frame.index),
            "检查人员不在本轮名录",
            "an inspector who is not on the round's roster",
        ),
    ]


def _findings_broken(frame: pd.DataFrame) -> list[_Broken]:
    counts = frame[list(SEVERITIES)]
    lines = frame["attachments"].explode().dropna()
    faulty = lines.index[~lines.str.fullmatch(_ATTACHMENT)]
    nothing_found = frame["result_code"].map(result_classes()).isin(["no_problem", NO_ACTIVITY])
    return [
        (
            ((counts < 0) | (counts > _MOST_FINDINGS)).any(axis=1),
            f"问题数应为 0 至 {_MOST_FINDINGS}",
            f"counts of findings must be 0 to {_MOST_FINDINGS}",
        ),
        (
            (nothing_found | frame["is_unfulfilled"]) & (counts.fillna(0) > 0).any(axis=1),
            "未发现问题或未检查，却填了问题数",
            "findings are counted, yet nothing was found or nobody looked",
        ),
        (
            pd.Series(frame.index.isin(faulty), frame.index),
            "附件应每行写作 SHA-256、空格、文件名（sha256sum 的输出）",
            "attachments: a line each as sha256sum prints it, hash and file name",
        ),
    ]


def _places(rows: pd.DataFrame) -> list[str]:
    columns = ["enterprise_id", "item", "result_code", "completed_on"]
    shown = rows[columns].astype(object).to_dict("records")
    return [
        " / ".join("—" if value is None or value != value else str(value) for value in row.values())
        for row in shown
    ]
