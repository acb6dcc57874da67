"""What an office is told from outside: a province's results, and facts of a static score sheet.

Neither overwrites a result of ours. A province's result stands beside it, and counts in the general
grade only where the region's rules say so; a static sheet gives the inputs that no record kind
carries.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.identifiers import valid_uscc
from features.messages import Message
from features.point_in_time import known_before
from law.shapes import GRADES
from scoring.digests import table_sha256
from scoring.errors import StatementError, refuse
from scoring.statutory.rules import FoodRules

RESULT_SECTORS = ("general", "food", "special_equipment")
_COMMON = [("enterprise_id", pa.string()), ("as_of", pa.date32()), ("source", pa.string())]
_KNOWN = [("known_at", pa.timestamp("us"))]
RESULTS = pa.schema(
    [
        *_COMMON,
        ("sector", pa.string()),
        ("grade", pa.string()),
        ("model", pa.string()),
        ("edition", pa.string()),
        *_KNOWN,
    ]
)
FACTS = pa.schema(
    [
        *_COMMON,
        ("business", pa.string()),
        ("item", pa.string()),
        ("value", pa.string()),
        *_KNOWN,
    ]
)
# Headers that offices use; the field's own name is understood too.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "enterprise_id": ("统一社会信用代码", "信用代码"),
    "as_of": ("结果日期", "评定日期", "截至日期"),
    "source": ("来源", "文件"),
    "sector": ("专业类别", "类别"),
    "grade": ("等级", "风险等级"),
    "model": ("模型",),
    "edition": ("版本",),
    "business": ("业态",),
    "item": ("评分项目", "项目"),
    "value": ("取值", "内容"),
}
_SECTOR_WORDS = {"通用": "general", "食品": "food", "特种设备": "special_equipment"}
_SHOWN = 200
# The header is row 1.
_FIRST_ROW = 2


@dataclass(frozen=True)
class Statements:
    """Everything handed in so far, every version of it."""

    results: pa.Table
    facts: pa.Table

    @classmethod
    def none(cls) -> "Statements":
        """Nothing was handed in."""
        return cls(RESULTS.empty_table(), FACTS.empty_table())

    @property
    def sha256(self) -> str:
        """Of everything handed in."""
        return sha256((table_sha256(self.results) + table_sha256(self.facts)).encode()).hexdigest()

    def visible(self, as_of: date) -> "Statements":
        """What speaks of a day up to `as_of` and was handed in by its end, newest only."""
        return Statements(
            _newest(self.results, ("enterprise_id", "sector"), as_of),
            _newest(self.facts, ("enterprise_id", "business", "item"), as_of),
        )

    def general_grades(self, as_of: date) -> pa.Table:
        """A province's general grade as of a day: ``enterprise_id``, ``grade``, one row each."""
        seen = _newest(self.results, ("enterprise_id", "sector"), as_of)
        general = seen.filter(pc.equal(seen["sector"], RESULT_SECTORS[0]))
        return general.select(["enterprise_id", "grade"])


@dataclass(frozen=True)
class StatementMapping:
    """How a province's file is read: its headers by our field, its grade words by our letter."""

    columns: Mapping[str, str]
    grades: Mapping[str, str]


def read_results(
    table: pd.DataFrame, *, known_at: datetime, mapping: StatementMapping | None = None
) -> pa.Table:
    """A province's results from a table of texts, one row an enterprise and sector.

    Raises
    ------
    StatementError
        Names every missing column and every faulty cell by its row; nothing is taken over then.
    """
    table = _named(table, RESULTS, mapping)
    words = {grade: grade for grade in GRADES} | dict(mapping.grades if mapping else {})
    sectors = {name: name for name in RESULT_SECTORS} | _SECTOR_WORDS | {"": "general"}
    table = table.assign(
        grade=table["grade"].map(lambda text: words.get(text, text)),
        sector=table["sector"].map(lambda text: sectors.get(text, text)),
    )
    faults = _common_faults(table)
    faults += _faults(table, "grade", _in(GRADES), "应为 A、B、C、D", "must be A, B, C or D")
    allowed = "、".join(RESULT_SECTORS)
    faults += _faults(
        table, "sector", _in(RESULT_SECTORS), f"应为 {allowed}", f"must be one of {allowed}"
    )
    faults += _faults(table, "model", bool, "为空，须填写", "blank; fill it in")
    faults += _repeated(table, ["enterprise_id", "sector", "as_of"])
    refuse(StatementError, faults[:_SHOWN])
    return _typed(table, RESULTS, known_at)


def read_facts(table: pd.DataFrame, *, rules: FoodRules, known_at: datetime) -> pa.Table:
    """Facts of static score sheets from a table of texts, one row an item.

    Raises
    ------
    StatementError
        As :func:`read_results`; also where an item or an option is not one of the law's table.
    """
    table = _named(table, FACTS, None)
    items = {
        (business, item["key"]): item
        for business, content in rules.static_tables.items()
        for item in content["items"]
    }
    by_label = {(business, item["zh"]): key for (business, key), item in items.items()}
    table = table.assign(
        item=[
            by_label.get((business, item), item)
            for business, item in zip(table["business"], table["item"], strict=True)
        ]
    )
    faults = _common_faults(table)
    for number, row in enumerate(table.to_dict("records")):
        faults += _fact_faults(number, row, items.get((row["business"], row["item"])))
    faults += _repeated(table, ["enterprise_id", "business", "item", "as_of"])
    refuse(StatementError, faults[:_SHOWN])
    return _typed(table, FACTS, known_at)


def _fact_faults(
    number: int, row: Mapping[Any, Any], item: Mapping[str, Any] | None
) -> list[Message]:
    if item is None:
        told = f"{row['business']} › {row['item']}"
        return [_fault(number, "item", told, "不在静态评分表中", "is not in the static tables")]
    if "options" in item:
        keys = [option["key"] for option in item["options"]]
        if row["value"] not in keys:
            listed = "、".join(keys)
            return [
                _fault(number, "value", row["value"], f"应为 {listed}", f"must be one of {listed}")
            ]
    elif not row["value"].isdigit():
        return [
            _fault(number, "value", row["value"], "应为非负整数", "must be a whole number from 0")
        ]
    return []


def _named(
    table: pd.DataFrame, schema: pa.Schema, mapping: StatementMapping | None
) -> pd.DataFrame:
    """The table with our column names, every cell stripped text; unknown columns are left out."""
    wanted = [name for name in schema.names if name != "known_at"]
    own = {header: name for name in wanted for header in (name, *HEADERS[name])}
    own |= {header: name for name, header in (mapping.columns if mapping else {}).items()}
    named = table.rename(columns={header: own[header] for header in table.columns if header in own})
    optional = ("edition", "sector")
    missing = [name for name in wanted if name not in named.columns and name not in optional]
    refuse(
        StatementError,
        [
            Message(
                f"缺少列 {name}（{'、'.join(HEADERS[name])}）",
                f"the column {name} is missing",
            )
            for name in missing
        ],
    )
    if not len(named):
        raise StatementError("文件中没有数据行", "the file holds no rows")
    return pd.DataFrame(
        {
            name: named[name].fillna("").astype(str).str.strip() if name in named.columns else ""
            for name in wanted
        },
        index=named.index,
    )


def _common_faults(table: pd.DataFrame) -> list[Message]:
    valid = valid_uscc(table["enterprise_id"].tolist())
    faults = [
        _fault(number, "enterprise_id", text, "不是统一社会信用代码", "is no credit code")
        for number, (text, fits) in enumerate(zip(table["enterprise_id"], valid, strict=True))
        if not fits
    ]
    faults += _faults(table, "as_of", _is_day, "应写作 2026-10-31", "write it like 2026-10-31")
    return faults + _faults(table, "source", bool, "为空，须填写", "blank; fill it in")


def _faults(
    table: pd.DataFrame, column: str, fits: Callable[[str], bool], zh: str, en: str
) -> list[Message]:
    return [
        _fault(number, column, text, zh, en)
        for number, text in enumerate(table[column])
        if not fits(text)
    ]


def _repeated(table: pd.DataFrame, key: Sequence[str]) -> list[Message]:
    repeated = table.duplicated(list(key)).to_numpy()
    return [
        _fault(number, "、".join(key), "", "与前面的行重复", "stands twice")
        for number in repeated.nonzero()[0].tolist()
    ]


def _fault(number: int, column: str, value: str, zh: str, en: str) -> Message:
    row = number + _FIRST_ROW
    return Message(f"第 {row} 行 {column}={value!r} {zh}", f"row {row}, {column}={value!r}: {en}")


def _in(words: Sequence[str]) -> Callable[[str], bool]:
    return lambda text: text in words


def _is_day(text: str) -> bool:
    try:
        return len(text) == len("2026-10-31") and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _typed(table: pd.DataFrame, schema: pa.Schema, known_at: datetime) -> pa.Table:
    columns = {
        name: table[name].tolist() for name in schema.names if name not in ("known_at", "as_of")
    }
    columns["as_of"] = [date.fromisoformat(text) for text in table["as_of"]]
    columns["known_at"] = [known_at] * len(table)
    return pa.table({name: columns[name] for name in schema.names}, schema=schema)


def _newest(table: pa.Table, key: Sequence[str], as_of: date) -> pa.Table:
    """Of every key the row of the newest day, and of that day the one handed in last."""
    seen = pc.and_(
        pc.less_equal(table["as_of"], pa.scalar(as_of)),
        pc.less(table["known_at"], pa.scalar(known_before(as_of), pa.timestamp("us"))),
    )
    rows = table.filter(seen)
    order = [(name, "ascending") for name in (*key, "as_of", "known_at")]
    rows = rows.sort_by(order)
    frame = rows.select(list(key)).to_pandas()
    return rows.filter(pa.array(~frame.duplicated(keep="last").to_numpy()))
