"""Small tables that an office hands in with a plan, as CSV: read strictly, kept canonically."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from features.messages import Message
from scoring.double_random.frame import ID_PATTERN
from scoring.errors import InputTableError, refuse

_ENCODINGS = ("utf-8-sig", "gb18030")
_DAY = r"^\d{4}-\d{2}-\d{2}$"
_DEGREES = r"-?\d{1,3}(\.\d{1,12})?"
_SHOWN = 20
# XlsxWriter, DuckDB and a shell all read these rows back: nothing but text in them.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ufeff]")


@dataclass(frozen=True)
class TableShape:
    """Columns of a hand-in table: all are required; those in `filled` may not be blank.

    An `optional` column that is not there counts as blank.

    `file` is its name in the evidence folder; `key` columns are unique together and give the
    order of the canonical rows.
    """

    file: str
    zh: str
    columns: tuple[str, ...]
    filled: tuple[str, ...]
    key: tuple[str, ...]
    days: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    degrees: tuple[str, ...] = ()


EXCLUSIONS = TableShape(
    file="exclusions.csv",
    zh="排除名单",
    columns=("uscc", "ground"),
    filled=("uscc", "ground"),
    key=("uscc",),
)
RESTED = TableShape(
    file="rested.csv",
    zh="近期已检查名单",
    columns=("uscc", "visited_on"),
    filled=("uscc", "visited_on"),
    key=("uscc",),
    days=("visited_on",),
)
INSPECTORS = TableShape(
    file="inspectors.csv",
    zh="检查人员名录",
    columns=(
        "inspector_id",
        "name",
        "unit",
        "certificate_no",
        "certificate_valid_to",
        "area_code",
        "matters",
    ),
    filled=("inspector_id", "name"),
    key=("inspector_id",),
    days=("certificate_valid_to",),
    optional=("role",),
)
AVOIDANCE = TableShape(
    file="avoidance.csv",
    zh="回避名单",
    columns=("inspector_id", "uscc", "reason"),
    filled=("inspector_id", "uscc", "reason"),
    key=("inspector_id", "uscc"),
)


ITEMS = TableShape(
    file="items.csv",
    zh="事项清单",
    columns=("item", "department", "matter"),
    filled=("item",),
    key=("item",),
    optional=("lead", "ratio_A", "ratio_B", "ratio_C", "ratio_D", "kind"),
)
COORDINATES = TableShape(
    file="coordinates.csv",
    zh="经纬度",
    columns=("uscc", "longitude", "latitude"),
    filled=("uscc", "longitude", "latitude"),
    key=("uscc",),
    degrees=("longitude", "latitude"),
)
ITEM_OBJECTS = TableShape(
    file="item_objects.csv",
    zh="事项对象名录",
    columns=("item", "uscc"),
    filled=("item", "uscc"),
    key=("item", "uscc"),
)


def read_table(content: bytes | None, shape: TableShape) -> pd.DataFrame:
    """Read a CSV (UTF-8 with or without BOM, or GB18030); None is a table without rows.

    Returns one row per row of the file, all columns text, ordered by the table's key, with a
    fresh index.

    Raises
    ------
    InputTableError
        Naming every missing column, blank cell, impossible day, faulty code and repeated key by
        its row in the file (the header is row 1).
    """
    columns = [*shape.columns, *shape.optional]
    if content is None:
        return pd.DataFrame({column: pd.Series(dtype="str") for column in columns})
    table = read_text_table(content, file=shape.file, zh=shape.zh)
    missing = [column for column in shape.columns if column not in table.columns]
    if missing:
        raise InputTableError(
            f"{shape.zh} {shape.file} 缺少列 {'、'.join(missing)}；"
            f"应有列：{','.join(shape.columns)}",
            f"{shape.file} lacks the columns {', '.join(missing)}; it must have"
            f" {','.join(shape.columns)}",
        )
    table = table.assign(**{name: "" for name in shape.optional if name not in table.columns})
    table = pd.DataFrame({name: table[name].str.strip() for name in columns})
    refuse(InputTableError, _faults(table, shape)[:_SHOWN])
    return table.sort_values(list(shape.key), kind="stable", ignore_index=True)


def canonical_table(table: pd.DataFrame) -> bytes:
    """The bytes kept as evidence: UTF-8, comma, LF, minimal quotes, in the order given."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def read_text_table(content: bytes, *, file: str, zh: str) -> pd.DataFrame:
    """A CSV (UTF-8 with or without BOM, or GB18030) as text, whatever its columns.

    Raises
    ------
    InputTableError
        It is no CSV, or in another encoding.
    """
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_filter=False)
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise InputTableError(
                f"{zh} {file} 不是可读的 CSV：{error}",
                f"{file} is no readable CSV: {error}",
            ) from None
    raise InputTableError(
        f"{zh} {file} 的编码既不是 UTF-8 也不是 GB18030，请另存为 CSV UTF-8",
        f"{file} is neither UTF-8 nor GB18030; save it as CSV UTF-8",
    )


def _faults(table: pd.DataFrame, shape: TableShape) -> list[Message]:
    faults: list[Message] = []

    def report(rows: "pd.Series[bool]", column: str, zh: str, en: str) -> None:
        for row in table.index[rows][:_SHOWN]:
            value = table.loc[row, column]
            faults.append(
                Message(
                    f"{shape.zh} {shape.file} 第 {row + 2} 行 {column}={value!r} {zh}",
                    f"{shape.file} row {row + 2}, {column}={value!r}: {en}",
                )
            )

    for column in (*shape.columns, *shape.optional):
        report(
            table[column].str.contains(_UNPRINTABLE),
            column,
            "含不可见字符",
            "unprintable character",
        )
    for column in shape.filled:
        report(table[column] == "", column, "为空，须填写", "blank; fill it in")
    for column in {"uscc", "inspector_id"} & set(shape.columns):
        faulty = (table[column] != "") & ~table[column].str.fullmatch(ID_PATTERN)
        report(faulty, column, "含全角或不允许的字符", "full-width or foreign character")
    for column in shape.days:
        faulty = (table[column] != "") & ~table[column].map(_is_day)
        report(faulty, column, "不是日期，应写作 2026-11-30", "no day; write it like 2026-11-30")
    for column in shape.degrees:
        faulty = (table[column] != "") & ~table[column].str.fullmatch(_DEGREES)
        report(faulty, column, "不是度数，应写作 116.68", "no degrees; write it like 116.68")
    report(table.duplicated(list(shape.key)), shape.key[0], "重复", "stands twice")
    return faults


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(_DAY, text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def listed(values: Sequence[str], *, shown: int = 10) -> str:
    """The first values, and how many more there are."""
    more = len(values) - shown
    return "、".join(values[:shown]) + (f" …(+{more})" if more > 0 else "")
