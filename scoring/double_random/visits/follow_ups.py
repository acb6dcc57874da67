"""What the results call for: orders, lists, cases and transfers, each with the day it is due."""

from datetime import date
from typing import Any

import pandas as pd

import law
from law.calendar import add_working_days, end_of_period
from scoring.double_random.results_table import KEY

_WORKING_DAYS = "_working_days"
_COLUMNS = [*KEY, "department", "result_code", "completed_on"]


def find_follow_ups(items: pd.DataFrame) -> pd.DataFrame:
    """One row per item of a board and follow-up that its result calls for.

    Columns enterprise_id, item, department, result_code, completed_on, action, what, what_en,
    due_by (null where no time is set). Rules are those in force on the day of the check.

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
    return found.sort_values([*KEY, "action"], kind="stable", ignore_index=True)


def _due(parameter: str, day: date) -> date | None:
    if parameter == "none":
        return None
    length = law.value(parameter, on=day)
    if parameter.endswith(_WORKING_DAYS):
        return add_working_days(day, length).on
    return end_of_period(day, days=length).on
