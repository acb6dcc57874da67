"""From libraries to a round: which items can be drawn, and the tables that a plan takes in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from features.messages import Message
from scoring.double_random.libraries.shapes import NO, check_people
from scoring.double_random.tables import AVOIDANCE, INSPECTORS, ITEM_OBJECTS
from scoring.errors import LibraryError, refuse

_SEPARATOR = r"\s*[;；、|]\s*"


@dataclass(frozen=True)
class Readiness:
    """How an item stands: objects of its library, inspectors who may go, what it lacks."""

    item: str
    objects: int
    inspectors: int
    lacks: tuple[Message, ...]


def find_unready(
    libraries: Mapping[str, pd.DataFrame], items: Sequence[str], *, on: date, minimum: int
) -> list[Readiness]:
    """Every item with what keeps it from being drawn on a day (DR-06); `minimum` inspectors.

    Raises
    ------
    LibraryError
        An item is not on the list.
    """
    listed = {row["item"]: row for row in libraries["items"].to_dict("records")}
    unknown = [item for item in items if item not in listed]
    if unknown:
        raise LibraryError(
            f"事项清单没有：{'、'.join(unknown)}",
            f"The item list does not have: {', '.join(unknown)}",
        )
    people = _able(libraries["inspectors"], on=on)
    counts = libraries["objects"]["item"].value_counts()
    return [
        _readiness(item, listed[item], people, objects=int(counts.get(item, 0)), minimum=minimum)
        for item in items
    ]


def hand_in_tables(
    libraries: Mapping[str, pd.DataFrame], items: Sequence[str], *, on: date, minimum: int
) -> dict[str, pd.DataFrame]:
    """items.csv, item_objects.csv, inspectors.csv and avoidance.csv as a plan takes them.

    The first item leads. Inspectors who are away, not qualified, or for none of the items stay
    out.

    Raises
    ------
    LibraryError
        Naming everything that an item lacks.
    """
    found = find_unready(libraries, items, on=on, minimum=minimum)
    refuse(
        LibraryError,
        [
            Message(f"{one.item}：{lack.zh}", f"{one.item}: {lack.en}")
            for one in found
            for lack in one.lacks
        ],
    )
    listed = libraries["items"].set_index("item").loc[list(items)].reset_index()
    listed = listed.assign(lead=["是", *[""] * (len(items) - 1)])
    people = _able(libraries["inspectors"], on=on)
    people = people[[any(_takes(row, item) for item in items) for row in people["items"]]]
    objects, avoidance = libraries["objects"], libraries["avoidance"]
    return {
        "items.csv": listed[["item", "department", "matter", "lead", "kind"]],
        ITEM_OBJECTS.file: objects.loc[objects["item"].isin(items), list(ITEM_OBJECTS.columns)],
        INSPECTORS.file: people[[*INSPECTORS.columns, *INSPECTORS.optional]],
        AVOIDANCE.file: avoidance[list(AVOIDANCE.columns)],
    }


def _readiness(
    item: str, row: Mapping[Any, Any], people: pd.DataFrame, *, objects: int, minimum: int
) -> Readiness:
    of_department = people[people["unit"] == row["department"]]
    number = sum(_takes(items, item) for items in of_department["items"])
    lacks = []
    if row["random"] == NO:
        reason = row["not_random_reason"]
        lacks.append(Message(f"不适用随机抽查（{reason}）", f"not for random drawing ({reason})"))
    if not row["checklist"]:
        lacks.append(Message("没有检查表", "no checklist"))
    if not objects:
        lacks.append(Message("没有监管对象名录", "no library of objects"))
    if number < minimum:
        lacks.append(
            Message(
                f"{row['department']}合格检查人员只有 {number} 名，须 {minimum} 名",
                f"{number} qualified inspectors of {row['department']}, {minimum} are needed",
            )
        )
    return Readiness(item, objects, number, tuple(lacks))


def _able(people: pd.DataFrame, *, on: date) -> pd.DataFrame:
    return people[~people["inspector_id"].isin(check_people(people, on=on))]


def _takes(items: str, item: str) -> bool:
    """Whether somebody with these items (blank: all) inspects `item`."""
    return not items or item in pd.Series([items]).str.split(_SEPARATOR, regex=True).iloc[0]
