"""How far a round is: per item what was found and by when to publish it, per visit a conclusion."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import law
from law.calendar import add_working_days, working_days_between
from scoring.double_random.results_table import KEY, VANISHED_CLASSES, result_classes

DONE, UNFULFILLED, OPEN, OVERDUE = "done", "unfulfilled", "open", "overdue"
TO_PUBLISH, LATE, PUBLISHED, PUBLISHED_LATE = "to_publish", "late", "published", "published_late"
STATES = {
    DONE: "已完成 done",
    UNFULFILLED: "未能检查 not made",
    OPEN: "待检查 open",
    OVERDUE: "逾期 overdue",
}
PUBLISHING = {
    TO_PUBLISH: "待公示 to publish",
    LATE: "公示逾期 late",
    PUBLISHED: "已公示 published",
    PUBLISHED_LATE: "逾期公示 published late",
    "": "",
}


@dataclass(frozen=True)
class Board:
    """A round on one day.

    Attributes
    ----------
    items
        One row per visit and item: enterprise_id, item, department, role, result_code,
        result_class, completed_on, inspectors, is_unfulfilled, reason, entered_on, corrections,
        publish_by, published_on, publishing (a key of ``PUBLISHING``).
    visits
        One row per visit: enterprise_id, role, items, entered, state (a key of ``STATES``),
        conclusion (code of inspection_conclusions, "" until done), completed_on, publish_by (the
        earliest that is not met), publishing (the worst of its items).
    days_left, working_days_left
        To the last day of the task; negative after it.
    provisional
        A deadline reaches beyond the published holiday notices.
    """

    items: pd.DataFrame
    visits: pd.DataFrame
    today: date
    task_to: date
    days_left: int
    working_days_left: int
    provisional: bool

    def count(self, state: str) -> int:
        """Visits in a state."""
        return int((self.visits["state"] == state).sum())


def conclude(codes: Sequence[str | None]) -> str:
    """Code of inspection_conclusions for a visit with these results, "" while it is not done.

    A visit is done when every item has a result, or when one says that the enterprise is gone.
    """
    told = [result_classes()[code] for code in codes if code is not None]
    if len(told) < len(codes) and not set(told) & set(VANISHED_CLASSES):
        return ""
    return next(name for name in law.codes("inspection_conclusions") if name in told)


def make_board(
    due: pd.DataFrame,
    results: pa.Table,
    published: pd.DataFrame,
    *,
    task_to: date,
    today: date,
) -> Board:
    """Join what is due to what was entered and published.

    `due` is of :func:`~scoring.double_random.visits.due.due_items`, `published` of
    :func:`~scoring.double_random.visits.acts.published_days`.

    References
    ----------
    Parameter ``double_random.publication_working_days``; code table ``inspection_conclusions``.
    """
    items = _joined(due, results, published)
    items["result_class"] = items["result_code"].map(result_classes())
    deadlines = _deadlines(items)
    items["publish_by"] = items["counted_from"].map(
        {day: end for day, (end, _) in deadlines.items()}
    )
    items["publishing"] = _publishing(items, today)
    left = working_days_between(today, task_to)
    return Board(
        items=items.drop(columns="counted_from"),
        visits=_visits(items, is_over=today > task_to),
        today=today,
        task_to=task_to,
        days_left=(task_to - today) // timedelta(days=1),
        working_days_left=left.count,
        provisional=left.provisional or any(open_ended for _, open_ended in deadlines.values()),
    )


def _joined(due: pd.DataFrame, results: pa.Table, published: pd.DataFrame) -> pd.DataFrame:
    found = results.drop_columns(["round", "is_problem"]).to_pandas()
    items = due.merge(found, on=KEY, how="left").merge(published, on=KEY, how="left")
    items["is_unfulfilled"] = items["is_unfulfilled"].eq(True)
    items["corrections"] = items["corrections"].fillna(0).astype("int64")
    # A correction is a result of its own: its time to publish runs from the day it was made.
    corrected = (items["corrections"] > 0) & items["entered_on"].notna()
    items["counted_from"] = items["entered_on"].where(corrected, items["completed_on"])
    items["counted_from"] = items["counted_from"].where(items["result_code"].notna(), None)
    return items


def _deadlines(items: pd.DataFrame) -> dict[date, tuple[date, bool]]:
    found = {}
    for day in items["counted_from"].dropna().unique():
        length = law.value("double_random.publication_working_days", on=day)
        end = add_working_days(day, length)
        found[day] = (end.on, end.provisional)
    return found


def _publishing(items: pd.DataFrame, today: date) -> "pd.Series[str]":
    """Blank where there is nothing to publish."""
    has_deadline = items["publish_by"].notna()
    is_out = has_deadline & items["published_on"].notna()
    by = items["publish_by"].where(has_deadline, today)
    on = items["published_on"].where(is_out, today)
    state = np.select(
        [~has_deadline, is_out & (on <= by), is_out, by < today],
        ["", PUBLISHED, PUBLISHED_LATE, LATE],
        default=TO_PUBLISH,
    )
    return pd.Series(state, index=items.index)


def _visits(items: pd.DataFrame, *, is_over: bool) -> pd.DataFrame:
    ranks = {name: place for place, name in enumerate(law.codes("inspection_conclusions"))}
    told = items["result_code"].notna()
    unmet = items["publishing"].isin([TO_PUBLISH, LATE])
    rows = items.assign(
        told=told,
        gone=items["result_class"].isin(VANISHED_CLASSES),
        settled=told | items["is_unfulfilled"],
        rank=items["result_class"].map(ranks),
        waits=items["publish_by"].where(unmet),
        worst=items["publishing"].map(list(PUBLISHING).index).map([1, 0, 3, 2, 4].__getitem__),
    )
    by = rows.groupby("enterprise_id", sort=True)
    visits = by.agg(
        role=("role", "first"),
        items=("item", "size"),
        entered=("told", "sum"),
        settled=("settled", "sum"),
        gone=("gone", "any"),
        rank=("rank", "min"),
        worst=("worst", "min"),
    )
    # An enterprise that is gone is gone for all items; nobody goes there again for the others.
    whole = (visits["entered"] == visits["items"]) | visits["gone"]
    visits["state"] = np.select(
        [whole, visits["settled"] == visits["items"]],
        [DONE, UNFULFILLED],
        default=OVERDUE if is_over else OPEN,
    )
    names = list(ranks)
    visits["conclusion"] = visits["rank"].where(whole).map(dict(enumerate(names))).fillna("")
    visits["completed_on"] = _extreme(rows, "completed_on", "max").where(whole, None)
    visits["publish_by"] = _extreme(rows, "waits", "min")
    worst = dict(enumerate([LATE, TO_PUBLISH, PUBLISHED_LATE, PUBLISHED, ""]))
    visits["publishing"] = visits["worst"].map(worst)
    kept = ["role", "items", "entered", "state", "conclusion", "completed_on", "publish_by"]
    return visits[[*kept, "publishing"]].reset_index()


def _extreme(rows: pd.DataFrame, column: str, which: str) -> "pd.Series[Any]":
    """Latest or earliest day per enterprise; None where there is none."""
    filled = rows[rows[column].notna()]
    days = filled.groupby("enterprise_id")[column].agg(which) if len(filled) else pd.Series()
    every = sorted(rows["enterprise_id"].unique())
    return days.astype(object).reindex(every).where(lambda found: found.notna(), None)
