"""谁检查、谁录入、谁公开: who may enter, correct and publish which result."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from features.messages import Message
from scoring.double_random.tables import listed
from scoring.double_random.visits.acts import ItemKey
from scoring.double_random.visits.board import LATE, TO_PUBLISH
from scoring.errors import ResultsError, refuse


@dataclass(frozen=True)
class Entry:
    """A result as an inspector enters it; a blank item is the visit's only one.

    `correction` says why an entered result is changed; blank for a first entry. `findings` counts
    critical, serious and minor ones; None where nobody counted. `attachments` are lines as
    `sha256sum` prints them: the files stay where they are.
    """

    enterprise_id: str
    by: str
    item: str = ""
    result_code: str | None = None
    completed_on: date | None = None
    is_unfulfilled: bool = False
    reason: str = ""
    correction: str = ""
    findings: tuple[int | None, int | None, int | None] = (None, None, None)
    attachments: tuple[str, ...] = ()


def check_entry(
    entry: Entry,
    due: pd.DataFrame,
    *,
    teams: Mapping[str, Collection[str]],
    units: Mapping[str, str],
) -> str:
    """The item that `entry` speaks of, after checking that it is for this person to enter.

    `due` is of :func:`~scoring.double_random.visits.due.due_items`, `teams` names who visits, and
    `units` the department of everybody on the round's roster. A correction may come from any of
    the department, because who checked may have left.

    Raises
    ------
    ResultsError
        The enterprise is not visited, not for this item, or not by this person or department.
    """
    items = due.loc[due["enterprise_id"] == entry.enterprise_id].set_index("item")["department"]
    if items.empty:
        raise ResultsError(
            f"企业 {entry.enterprise_id} 不在本轮检查之列",
            f"Enterprise {entry.enterprise_id} is not visited in this round",
        )
    item = entry.item or (str(items.index[0]) if len(items) == 1 else "")
    if item not in items.index:
        named = "、".join(map(str, items.index))
        raise ResultsError(
            f"企业 {entry.enterprise_id} 的检查事项是：{named}；所填为 {entry.item or '（空）'}",
            f"Enterprise {entry.enterprise_id} is visited for: {named}; given: {entry.item or '-'}",
        )
    department, team = str(items[item]), teams.get(entry.enterprise_id, ())
    faults: list[Message] = []
    if entry.by not in units:
        faults.append(
            Message(f"{entry.by} 不在本轮名录", f"{entry.by} is not on the round's roster")
        )
    elif department and units[entry.by] != department:
        faults.append(
            Message(
                f"事项「{item}」由 {department} 检查和录入，{entry.by} 属于 {units[entry.by]}",
                f"{item!r} is for {department} to check and enter; {entry.by} is of"
                f" {units[entry.by]}",
            )
        )
    if not entry.correction and entry.by in units and entry.by not in team:
        faults.append(
            Message(
                f"谁检查、谁录入：{entry.by} 不在该企业检查组（{listed(sorted(team))}）",
                f"who checks enters: {entry.by} is not of the team ({listed(sorted(team))})",
            )
        )
    refuse(ResultsError, faults)
    return item


def items_to_publish(
    items: pd.DataFrame, *, unit: str, enterprises: Sequence[str] = ()
) -> list[ItemKey]:
    """Finished items that wait to be published by the department `unit`.

    `items` are those of a board; `enterprises` narrows them down. An item of no department in
    particular is anybody's.

    Raises
    ------
    ResultsError
        An enterprise named has nothing of this department to publish.
    """
    waiting = items["publishing"].isin([TO_PUBLISH, LATE])
    own = items["department"].isin(["", unit])
    chosen = items[waiting & own]
    missing = sorted(set(enterprises) - set(chosen["enterprise_id"]))
    if missing:
        raise ResultsError(
            f"以下企业没有{unit}待公示的结果：{listed(missing)}",
            f"{unit} has no results to publish of: {listed(missing)}",
        )
    if enterprises:
        chosen = chosen[chosen["enterprise_id"].isin(enterprises)]
    pairs = zip(chosen["enterprise_id"], chosen["item"], strict=True)
    return [ItemKey(enterprise_id=uscc, item=item) for uscc, item in pairs]
