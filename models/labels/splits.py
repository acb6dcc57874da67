"""Cohorts: what was known of the enterprises of a window, and what a check of each then found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.errors import CohortError
from models.labels.inclusion import inclusion_of
from models.labels.windows import Window
from models.learning.columns import matrix_values


def _unknown() -> NDArray[np.float64]:
    return np.empty(0)


@dataclass(frozen=True)
class Cohort:
    """Enterprises inspected in a window, with what was known of them on its as-of day.

    One row per enterprise (in a benchmark of visits: one row per visit).

    Attributes
    ----------
    values
        Indicators, float64 of shape (rows, names); NaN is missing.
    is_bad
        The label: whether the first foresight inspection of the window found a serious problem.
    inspected_on
        Day of that inspection, datetime64[D].
    inspection_kind
        Kind of that inspection.
    inclusion
        Probability with which a draw of lots led to it; NaN where there was none or it is unknown.
    groups
        By name (area, industry): a label of each row, empty where unknown. For comparing groups
        only; no model sees them.
    """

    window: Window
    names: tuple[str, ...]
    values: NDArray[np.float64]
    enterprise_id: NDArray[np.object_]
    is_bad: NDArray[np.bool_]
    inspected_on: NDArray[np.datetime64]
    inspection_kind: NDArray[np.object_]
    inclusion: NDArray[np.float64] = field(default_factory=_unknown)
    groups: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = len(self.enterprise_id)
        if len(self.inclusion) == 0:
            object.__setattr__(self, "inclusion", np.full(rows, np.nan))
        columns = (self.is_bad, self.inspected_on, self.inspection_kind, self.inclusion)
        shapes = [len(column) for column in (*columns, *self.groups.values())]
        if self.values.shape != (rows, len(self.names)) or any(size != rows for size in shapes):
            raise CohortError(
                f"观察点 {self.window.as_of} 的样本各列长度不一致",
                f"the columns of the cohort as of {self.window.as_of} differ in length",
            )

    def __len__(self) -> int:
        return len(self.enterprise_id)

    @property
    def positives(self) -> int:
        """How many rows are bad."""
        return int(self.is_bad.sum())

    def take(self, rows: NDArray[Any]) -> Self:
        """The cohort restricted to a mask or to row numbers."""
        return type(self)(
            self.window,
            self.names,
            self.values[rows],
            self.enterprise_id[rows],
            self.is_bad[rows],
            self.inspected_on[rows],
            self.inspection_kind[rows],
            self.inclusion[rows],
            {name: labels[rows] for name, labels in self.groups.items()},
        )

    def columns(self, names: Sequence[str]) -> NDArray[np.float64]:
        """The named indicators, shape (rows, len(names)), C-contiguous."""
        position = {name: index for index, name in enumerate(self.names)}
        return np.ascontiguousarray(self.values[:, [position[name] for name in names]])


Cohorts = Mapping[str, Sequence[Cohort]]
"""Model name (general, and sectors by name) to its labelled cohorts, oldest first."""


def first_inspections(outcomes: pa.Table) -> pa.Table:
    """One row per enterprise: its first inspection in the outcomes.

    Several on that first day count as one; it is bad if any of them is.
    """
    frame = outcomes.select(["enterprise_id", "event_on", "inspection_kind", "is_bad"]).to_pandas()
    first_day = frame.groupby("enterprise_id")["event_on"].transform("min")
    # The worst result of the day comes first, then the kind's name, so that ties are settled.
    first = frame[frame["event_on"] == first_day].sort_values(
        ["enterprise_id", "is_bad", "inspection_kind"], ascending=[True, False, True]
    )
    kept = first.drop_duplicates("enterprise_id")
    return pa.Table.from_pandas(kept, preserve_index=False)


def make_cohort(
    matrix: pa.Table,
    outcomes: pa.Table,
    *,
    window: Window,
    names: Sequence[str],
    groups: pa.Table | None = None,
) -> Cohort:
    """Join an indicator matrix to the first inspection of each enterprise in the window.

    Parameters
    ----------
    matrix
        One row per enterprise as of ``window.as_of``: enterprise_id and every name in `names`.
    outcomes
        One row per foresight inspection: enterprise_id, event_on, inspection_kind, is_bad,
        inclusion.
    groups
        Same rows as `matrix`: one text column a grouping.

    Raises
    ------
    CohortError
        An inspection lies outside the window, or an enterprise stands twice in the matrix.
    """
    _require_inside(outcomes, window)
    _require_unique(matrix, window)
    first = first_inspections(outcomes)
    at = pc.index_in(matrix["enterprise_id"], value_set=first["enterprise_id"].combine_chunks())
    inspected = pc.is_valid(at)
    rows = first.take(at.filter(inspected))
    labelled = groups.filter(inspected) if groups is not None else pa.table({})
    return Cohort(
        window=window,
        names=tuple(names),
        values=matrix_values(matrix.filter(inspected), names),
        enterprise_id=rows["enterprise_id"].to_numpy().astype(object),
        is_bad=rows["is_bad"].to_numpy().astype(bool),
        inspected_on=rows["event_on"].to_numpy().astype("datetime64[D]"),
        inspection_kind=rows["inspection_kind"].to_numpy().astype(object),
        inclusion=inclusion_of(rows, outcomes),
        groups={
            name: pc.fill_null(labelled[name], "").to_numpy().astype(object)
            for name in labelled.column_names
        },
    )


def _require_inside(outcomes: pa.Table, window: Window) -> None:
    if outcomes.num_rows == 0:
        return
    days = outcomes["event_on"]
    earliest, latest = pc.min(days).as_py(), pc.max(days).as_py()
    if earliest <= window.as_of or latest > window.until:
        raise CohortError(
            f"检查日期 {earliest} 至 {latest} 超出窗口（{window.as_of}，{window.until}]",
            f"inspections from {earliest} to {latest} lie outside the window after "
            f"{window.as_of} until {window.until}",
        )


def _require_unique(matrix: pa.Table, window: Window) -> None:
    ids = matrix["enterprise_id"]
    if pc.count_distinct(ids).as_py() != len(ids):
        twice = pd.Series(ids.to_numpy())
        example = twice[twice.duplicated()].iloc[0]
        raise CohortError(
            f"观察点 {window.as_of} 的指标表中企业 {example} 出现多次；每户应只有一行",
            f"enterprise {example} stands more than once in the matrix as of {window.as_of}; "
            "it must have one row per enterprise",
        )


def join_cohorts(cohorts: Sequence[Cohort]) -> Cohort:
    """All rows of several cohorts, one after the other, under a window that spans them."""
    if len(cohorts) == 1:
        return cohorts[0]
    windows = [cohort.window for cohort in cohorts]
    span = Window(
        min(w.as_of for w in windows),
        max(w.until for w in windows),
        max(w.known_by for w in windows),
    )
    return Cohort(
        span,
        cohorts[0].names,
        np.concatenate([c.values for c in cohorts]),
        np.concatenate([c.enterprise_id for c in cohorts]),
        np.concatenate([c.is_bad for c in cohorts]),
        np.concatenate([c.inspected_on for c in cohorts]),
        np.concatenate([c.inspection_kind for c in cohorts]),
        np.concatenate([c.inclusion for c in cohorts]),
        {
            name: np.concatenate([c.groups[name] for c in cohorts])
            for name in cohorts[0].groups
            if all(name in c.groups for c in cohorts)
        },
    )


def enterprise_folds(enterprise_id: NDArray[np.object_], folds: int) -> NDArray[np.int64]:
    """A fold number for each row that depends on the enterprise alone, not on rows or order."""
    hashed = pd.util.hash_array(np.asarray(enterprise_id, dtype=object), categorize=False)
    return (hashed % np.uint64(folds)).astype(np.int64)


def ended_before(newest: Cohort, cohorts: Sequence[Cohort]) -> list[Cohort]:
    """Those that a model in use on the newest one's as-of day may have learned from."""
    return [one for one in cohorts if one.window.until <= newest.window.as_of]


def have_both_classes(cohorts: Sequence[Cohort]) -> bool:
    """Whether there are bad rows and good ones among them."""
    return len({bool(one) for cohort in cohorts for one in np.unique(cohort.is_bad)}) == 2
