"""Plan, draw and results of a round joined: one row per drawn enterprise, one per stratum."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scoring.double_random.documents import DrawRecord, Plan
from scoring.double_random.estimates.rates import Strata
from scoring.double_random.results_table import (
    NO_ACTIVITY,
    PROBLEM_CLASSES,
    RESULTS_SCHEMA,
    VANISHED_CLASSES,
    result_classes,
)
from scoring.double_random.strata import GRADES

# What may become of a drawn enterprise. The first four are outcomes; the last two are not.
PROBLEM, FINE, VANISHED, IDLE = "problem", "no_problem", "vanished", "no_activity"
UNFULFILLED, WAITING = "unfulfilled", "waiting"
OUTCOMES = (PROBLEM, FINE, VANISHED, IDLE)


@dataclass(frozen=True)
class Sample:
    """A drawn round with what is known of it so far.

    Attributes
    ----------
    strata
        One row per stratum with enterprises: stratum, area_code, grade, rested, population,
        drawn, done (an outcome is known), one column per outcome, unfulfilled, waiting.
    enterprises
        One row per drawn enterprise and per reserve that was called: enterprise_id, stratum,
        area_code, grade, rested, population and drawn of its stratum (its inclusion probability
        as two whole numbers), role, outcome, completed_on.
    teams
        Who went where, one row per enterprise and inspector: enterprise_id, inspector_id.
    results
        The checked results as they came.
    """

    plan: Plan
    draw: DrawRecord
    strata: pd.DataFrame
    enterprises: pd.DataFrame
    teams: pd.DataFrame
    results: pa.Table

    @property
    def drawn(self) -> pd.DataFrame:
        """The drawn enterprises, without reserves: these alone carry the estimates."""
        return self.enterprises[self.enterprises["role"] == "drawn"]

    @property
    def done(self) -> int:
        """Drawn enterprises whose outcome is known."""
        return int(self.strata["done"].sum())

    @property
    def is_complete(self) -> bool:
        """Whether every drawn enterprise has an outcome or a reason why not."""
        return not self.strata["waiting"].any()


def make_sample(plan: Plan, draw: DrawRecord, selected: pd.DataFrame, results: pa.Table) -> Sample:
    """Join the drawn (`selected`: uscc, stratum, role as text) to checked `results`.

    An enterprise is done when every item of the plan has a result: counting those with a first
    problem early would raise the rate. Its outcome is the gravest of its items: a problem, then
    vanished, then no such activity if that is all there is.
    """
    strata = pd.DataFrame([one.model_dump(include=_OF_STRATUM) for one in plan.strata])
    counts = {one.stratum: one.drawn for one in draw.strata}
    strata["drawn"] = strata["stratum"].map(counts).astype("int64")
    strata = strata[strata["population"] > 0].reset_index(drop=True)
    enterprises = selected.rename(columns={"uscc": "enterprise_id"})[
        ["enterprise_id", "stratum", "role"]
    ].merge(strata, on="stratum", how="left", validate="many_to_one")
    enterprises = enterprises.merge(
        _outcomes(results, items=len(plan.items)), on="enterprise_id", how="left"
    )
    is_called = (enterprises["role"] == "drawn") | enterprises["outcome"].notna()
    enterprises = enterprises[is_called].reset_index(drop=True)
    enterprises["outcome"] = enterprises["outcome"].fillna(WAITING)
    return Sample(plan, draw, _counted(strata, enterprises), enterprises, _teams(results), results)


_OF_STRATUM = {"stratum", "area_code", "grade", "rested", "population"}


def no_results() -> pa.Table:
    """The table before the first visit."""
    table: pa.Table = RESULTS_SCHEMA.empty_table()
    return table


def _outcomes(results: pa.Table, *, items: int) -> pd.DataFrame:
    """One row per enterprise with any result: outcome, completed_on (the last item's)."""
    rows = results.select(
        ["enterprise_id", "result_code", "completed_on", "is_unfulfilled"]
    ).to_pandas()
    found = rows["result_code"].map(result_classes())
    rows = rows.assign(
        told=found.notna(),
        problem=found.isin(PROBLEM_CLASSES),
        gone=found.isin(VANISHED_CLASSES),
        idle=found == NO_ACTIVITY,
        failed=rows["is_unfulfilled"] & found.isna(),
    )
    by = rows.groupby("enterprise_id", sort=True)
    flags = by[["told", "problem", "gone", "idle", "failed"]].sum()
    last_day = by["completed_on"].max() if len(rows) else pd.Series(dtype=object)
    # An enterprise that is gone is gone for all items; nobody goes there again for the others.
    whole = (flags["told"] >= items) | (flags["gone"] > 0)
    outcome = np.select(
        [
            whole & (flags["problem"] > 0),
            whole & (flags["gone"] > 0),
            whole & (flags["idle"] == flags["told"]),
            whole,
            flags["told"] + flags["failed"] >= items,
        ],
        [PROBLEM, VANISHED, IDLE, FINE, UNFULFILLED],
        default=WAITING,
    )
    return pd.DataFrame(
        {
            "enterprise_id": flags.index.astype("str"),
            "outcome": outcome,
            "completed_on": last_day.reindex(flags.index).to_numpy(),
        }
    )


def _teams(results: pa.Table) -> pd.DataFrame:
    people = results["inspectors"].combine_chunks()
    where = results["enterprise_id"].take(pc.list_parent_indices(people))
    pairs = pa.table({"enterprise_id": where, "inspector_id": pc.list_flatten(people)})
    return pd.DataFrame(pairs.to_pandas()).drop_duplicates(ignore_index=True)


def _counted(strata: pd.DataFrame, enterprises: pd.DataFrame) -> pd.DataFrame:
    drawn = enterprises[enterprises["role"] == "drawn"]
    counts = pd.crosstab(drawn["stratum"], drawn["outcome"])
    columns = [*OUTCOMES, UNFULFILLED, WAITING]
    counts = counts.reindex(index=strata["stratum"], columns=columns, fill_value=0)
    counted = strata.assign(**{name: counts[name].to_numpy() for name in columns})
    return counted.assign(done=counted[list(OUTCOMES)].sum(axis=1))


@dataclass(frozen=True)
class Visited:
    """Strata with visits, ready to estimate from; `rows` are their places in `Sample.strata`.

    `borrowed` counts the enterprises of strata without a visit so far, for which the visited
    strata of the same grade and rest status (of the same grade, if there are none) stand in.
    """

    strata: Strata
    rows: Any
    borrowed: int


def visited_strata(table: pd.DataFrame, *, weight: Any = None) -> Visited | None:
    """The strata of `table` (as in :class:`Sample`) that have an outcome.

    `weight` has one number per row of `table`; its enterprises by default. None when some grade
    with weight has no outcome at all: nothing stands in for another grade.
    """
    wanted = table["population"] if weight is None else pd.Series(weight, index=table.index)
    wanted = wanted.astype(float)
    grade = table["grade"].map(GRADES.index)
    cell = 2 * grade + table["rested"].astype(int)
    is_done = table["done"] > 0
    if not is_done.any() or not (wanted > 0).any():
        return None
    own = wanted.groupby(cell).transform("sum")
    covered = wanted.where(is_done, 0.0).groupby(cell).transform("sum")
    scaled = (wanted * own / covered.where(covered > 0)).where(is_done, 0.0).fillna(0.0)
    # Cells without any outcome: spread over the same grade.
    need = wanted.groupby(grade).transform("sum")
    have = scaled.groupby(grade).transform("sum")
    if ((need > 0) & (have <= 0)).any():
        return None
    scaled = scaled * (need / have.where(have > 0)).fillna(0.0)
    rows = np.flatnonzero(is_done & (scaled > 0))
    kept = table.iloc[rows]
    strata = Strata(
        population=kept["population"].to_numpy(np.int64),
        visited=kept["done"].to_numpy(np.int64),
        cell=cell.iloc[rows].to_numpy(np.int64),
        weight=scaled.iloc[rows].to_numpy(float),
    )
    return Visited(strata, rows, int(table.loc[~is_done, "population"].sum()))
