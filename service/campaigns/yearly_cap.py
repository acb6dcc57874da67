"""How often every enterprise is met at the door in a year, and who may not be drawn any more.

References
----------
国办发〔2024〕54号: a yearly cap per enterprise; parameter ``double_random.yearly_visit_cap``.
"""

from datetime import date
from pathlib import Path

import pandas as pd

import law
from scoring.double_random.tables import TableShape, read_table
from service.campaigns.changes import load_standing
from service.campaigns.errors import HandInMissingError
from service.campaigns.operations import load_run_columns, round_states
from service.settings import Settings

VISITED = TableShape(
    file="visited.csv",
    zh="本年已检查名单",
    columns=("uscc", "visited_on"),
    filled=("uscc", "visited_on"),
    key=("uscc", "visited_on"),
    days=("visited_on",),
)


def read_visited(path: Path | None) -> pd.DataFrame:
    """Columns uscc and visited_on of the office's table of inspections; no rows without a file.

    Raises
    ------
    HandInMissingError, scoring.errors.InputTableError
        There is no such file, or it has faulty rows.
    """
    if path is not None and not path.is_file():
        raise HandInMissingError(path)
    return read_table(None if path is None else path.read_bytes(), VISITED)


def count_visits(
    settings: Settings, codes: "pd.Series[str]", visited: pd.DataFrame, *, year: int
) -> "pd.Series[int]":
    """Inspections of the year for each of `codes`.

    Those of `visited`, and one for every drawn round whose task ends in the year: do not name a
    round's own visits in `visited` again.
    """
    own = visited.loc[visited["visited_on"].str.startswith(f"{year:04}-"), "uscc"].tolist()
    drawn: list[str] = []
    for name, state in round_states(settings.campaigns_dir).items():
        if state == "drawn":
            standing = load_standing(settings.campaigns_dir, name)
            drawn += list(standing.teams) if standing.plan.task_to.year == year else []
    return codes.map(pd.Series([*own, *drawn], dtype="str").value_counts()).fillna(0).astype(int)


def capped_out(
    settings: Settings, *, year: int, visited: Path | None, run_id: str | None = None
) -> pd.DataFrame:
    """Enterprises of a grading run whose cap of the year is reached, as exclusions of a plan.

    Columns uscc and ground; every grade alike. An urgent visit (complaint, transferred case,
    emergency) needs no draw and is not barred by this.
    """
    cap = law.value("double_random.yearly_visit_cap", on=date(year, 12, 31), region=settings.region)
    codes = load_run_columns(settings.runs_dir, run_id).rows["enterprise_id"].to_pandas()
    counts = count_visits(settings, codes, read_visited(visited), year=year)
    ground = f"{year}年检查次数已达年度上限{cap}次 yearly cap reached"
    found = pd.DataFrame({"uscc": codes[counts >= cap], "ground": ground})
    return found.sort_values("uscc", ignore_index=True)
