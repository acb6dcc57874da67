"""The tables that make the libraries, and what each row of them must say.

References
----------
国市监信〔2019〕38号 二(一), 二(二): kinds of items, one list and two libraries. 国办发〔2024〕54号:
who may not inspect.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import pandas as pd

from features.item_objects import read_object_rule
from features.messages import Message
from scoring.double_random.inspectors import NO_INSPECTORS
from scoring.double_random.tables import AVOIDANCE, INSPECTORS, TableShape, read_table
from scoring.errors import LibraryError, refuse

Name = Literal["items", "inspectors", "avoidance", "objects"]
YES, NO = "是", "否"
GENERAL, KEY_ITEM = "一般", "重点"

ITEM_LIST = TableShape(
    file="items.csv",
    zh="抽查事项清单",
    columns=(
        "item",
        "department",
        "basis",
        "object_kinds",
        "checklist",
        "random",
        "not_random_reason",
        "kind",
    ),
    filled=("item", "department", "basis", "object_kinds", "random", "kind"),
    key=("item",),
    optional=("matter", "method", "frequency"),
)
PEOPLE = TableShape(
    file="inspectors.csv",
    zh="检查人员名录库",
    columns=INSPECTORS.columns,
    filled=("inspector_id", "name", "unit"),
    key=("inspector_id",),
    days=("certificate_valid_to", "unavailable_from", "unavailable_to"),
    optional=("role", "items", "unavailable_from", "unavailable_to"),
)
OBJECTS = TableShape(
    file="objects.csv",
    zh="监管对象名录库",
    columns=("item", "uscc", "name", "area_code", "because"),
    filled=("item", "uscc"),
    key=("item", "uscc"),
)
LIBRARIES: Mapping[str, TableShape] = {
    "items": ITEM_LIST,
    "inspectors": PEOPLE,
    "avoidance": AVOIDANCE,
    "objects": OBJECTS,
}


def read_library(name: str, content: bytes) -> pd.DataFrame:
    """The rows of a library's table, all text, checked.

    Raises
    ------
    InputTableError, LibraryError
        Naming every fault by row or item.
    """
    table = read_table(content, LIBRARIES[name])
    if name == "items":
        refuse(LibraryError, check_items(table))
    return table


def check_items(items: pd.DataFrame) -> list[Message]:
    """Faults of an item list: words that are none, and items kept from the draw without reason."""
    faults: list[Message] = []
    for row in items.to_dict("records"):  # an office has some hundreds
        told = [*read_object_rule(row["object_kinds"])[1]]
        if row["random"] not in (YES, NO):
            told.append(Message(f"random={row['random']!r} 应为 是 或 否", "random: 是 or 否"))
        if row["random"] == NO and not row["not_random_reason"]:
            told.append(
                Message("不适用随机抽查须写明原因", "not for random drawing: the reason is missing")
            )
        if row["kind"] not in (GENERAL, KEY_ITEM):
            told.append(Message(f"kind={row['kind']!r} 应为 一般 或 重点", "kind: 一般 or 重点"))
        faults += [Message(f"{row['item']}：{m.zh}", f"{row['item']}: {m.en}") for m in told]
    return faults


def check_people(people: pd.DataFrame, *, on: date) -> dict[str, str]:
    """Why each inspector of the library who may not go on a day may not; told, not refused."""
    day = on.isoformat()
    away = (people["unavailable_from"] != "") & (people["unavailable_from"] <= day)
    away &= (people["unavailable_to"] == "") | (day <= people["unavailable_to"])
    found: dict[str, str] = {}
    # Read from below: the first reason that applies is told.
    for rows, reason in (
        (away, "不在岗 away"),
        (people["certificate_valid_to"] < day, "执法证过期或无有效期 expired or no validity"),
        (people["certificate_no"] == "", "无执法证 no certificate"),
        (people["role"].str.contains(NO_INSPECTORS), "该身份不得实施行政检查 role may not inspect"),
    ):
        found |= dict.fromkeys(people.loc[rows, "inspector_id"], reason)
    return found
