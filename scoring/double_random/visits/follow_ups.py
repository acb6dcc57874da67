"""What the results call for: orders, lists, cases and transfers, each with the day it is due."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

import law
from law.calendar import add_working_days, end_of_period
from scoring.double_random.results_table import KEY
from scoring.double_random.visits.acts import FollowUpKey
from scoring.errors import ResultsError

OPEN, LATE, DONE, DONE_LATE = "open", "late", "done", "done_late"
FOLLOW_UP_STATES = {
    OPEN: "待办 open",
    LATE: "逾期 overdue",
    DONE: "已办 done",
    DONE_LATE: "逾期办结 done late",
}
_WORKING_DAYS = "_working_days"
_COLUMNS = [*KEY, "department", "result_code", "completed_on"]


def find_follow_ups(items: pd.DataFrame, done: pd.DataFrame, *, today: date) -> pd.DataFrame:
    """One row per item of a board and follow-up that its result calls for.

    Columns enterprise_id, item, department, result_code, completed_on, action, what, what_en,
    due_by (null where no time is set), done_on, done_by, note (null until done), state (a key of
    ``FOLLOW_UP_STATES``). Rules are those in force on the day of the check. `done` is of
    :func:`~scoring.double_random.visits.acts.followed_days`.

    References
    ----------
    Code table ``inspection_follow_ups`` (unconfirmed) and the parameters that it names.
    """
    rules = pd.DataFrame(
        [
            {
                "result_code": code.attributes["result_code"],
                "action": code.attributes["action"],
                "what": code.zh,
                "what_en": code.en,
                "deadline": code.attributes["deadline"],
                "since": code.since or date.min,
                "until": code.until or date.max,
            }
            for code in law.codes("inspection_follow_ups").values()
        ]
    )
    found = items[items["completed_on"].notna()][_COLUMNS].merge(rules, on="result_code")
    day = found["completed_on"]
    found = found[(found["since"] <= day) & (day <= found["until"])]
    pairs = found[["deadline", "completed_on"]].drop_duplicates().itertuples(index=False)
    ends = {(name, on): _due(name, on) for name, on in pairs}
    keys = zip(found["deadline"], found["completed_on"], strict=True)
    due: list[Any] = [ends[key] for key in keys]
    found = found.assign(due_by=pd.Series(due, index=found.index, dtype=object))
    found = found.drop(columns=["deadline", "since", "until"])
    found = found.merge(done, on=[*KEY, "result_code", "action"], how="left")
    limit = found["due_by"].where(found["due_by"].notna(), date.max)
    is_done = found["done_on"].notna()
    late = np.where(is_done, found["done_on"].where(is_done, today) > limit, today > limit)
    found["state"] = np.select(
        [is_done & late, is_done, late], [DONE_LATE, DONE, LATE], default=OPEN
    )
    return found.sort_values([*KEY, "action"], kind="stable", ignore_index=True)


def follow_ups_to_tick(
    found: pd.DataFrame, *, unit: str, enterprise_id: str, item: str = "", action: str = ""
) -> list[FollowUpKey]:
    """The open follow-ups of one enterprise that the department `unit` may tick off.

    `found` is of :func:`find_follow_ups`; `item` and `action` narrow them down. What belongs to no
    department in particular is anybody's.

    Raises
    ------
    ResultsError
        There is none of this department.
    """
    chosen = found[
        (found["enterprise_id"] == enterprise_id)
        & found["department"].isin(["", unit])
        & found["state"].isin([OPEN, LATE])
    ]
    chosen = chosen[(chosen["item"] == item) | (item == "")]
    chosen = chosen[(chosen["action"] == action) | (action == "")]
    if chosen.empty:
        raise ResultsError(
            f"企业 {enterprise_id} 没有{unit}待办的后续处理 {item} {action}".rstrip(),
            f"{unit} has nothing to follow up at {enterprise_id}: {item} {action}".rstrip(": "),
        )
    columns = chosen[[*FollowUpKey.model_fields]]
    return [
        FollowUpKey(**{str(k): str(v) for k, v in row.items()})
        for row in columns.to_dict("records")
    ]


def _due(parameter: str, day: date) -> date | None:
    if parameter == "none":
        return None
    length = law.value(parameter, on=day)
    if parameter.endswith(_WORKING_DAYS):
        return add_working_days(day, length).on
    return end_of_period(day, days=length).on
