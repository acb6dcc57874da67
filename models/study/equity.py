"""Whether a model treats areas, trades and sizes of enterprises alike.

What is compared: how often a group is selected, how often rightly, and how many of its sound
enterprises are bothered for nothing. Groups too small to say anything, or in which a single
enterprise could be recognised, are counted and not listed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import law
from models.labels.splits import Cohort
from models.learning.columns import ModelIndicator
from models.study.evaluate import Interval, proportion, riskiest

SMALLEST_GROUP = 50
_UNKNOWN = "不详 unknown"
_SEVERAL = "其他 other"
# People employed, by the newest annual report: the bounds of the international size classes.
_SIZE_INDICATOR = "employees"
_SIZES = ((10, "1–9人 persons"), (50, "10–49人 persons"), (250, "50–249人 persons"))
_LARGEST = "250人以上 persons or more"
# Flags of the catalogue that name a trade.
_TRADES = (
    "is_food_manufacturing",
    "is_manufacturing",
    "is_construction",
    "is_wholesale",
    "is_retail",
    "is_transport",
    "is_accommodation",
    "is_catering",
    "is_property_or_leasing",
    "is_personal_service",
    "is_public_service",
)


@dataclass(frozen=True)
class Group:
    """A group's inspections in the test window.

    Attributes
    ----------
    by
        ``area``, ``industry`` or ``size``.
    rate
        Share of its rows that are bad.
    selected
        Share of its rows among the riskiest tenth of all rows.
    hits
        Share of its selected rows that are bad; NaN where none is selected.
    false_alarms
        Share of its sound rows that are selected.
    """

    by: str
    name: str
    rows: int
    rate: Interval
    selected: Interval
    hits: Interval
    false_alarms: Interval


@dataclass(frozen=True)
class Equity:
    """Groups large enough, and how many rows of each grouping lie in smaller ones."""

    groups: tuple[Group, ...]
    suppressed: Mapping[str, int]


def compare_groups(
    cohort: Cohort, score: NDArray[np.float64], *, indicators: Sequence[ModelIndicator]
) -> Equity:
    """Selection, hits and false alarms by area, trade and size.

    Parameters
    ----------
    score
        Of each row of the cohort; the riskiest tenth counts as selected.
    indicators
        What the names of the cohort's trade flags mean.
    """
    selected = riskiest(score)
    groups: list[Group] = []
    suppressed = {}
    for by, names in _groupings(cohort, indicators):
        kept = [name for name in np.unique(names) if (names == name).sum() >= SMALLEST_GROUP]
        suppressed[by] = int((~np.isin(names, kept)).sum())
        groups += [
            _describe(by, str(name), cohort.is_bad[names == name], selected[names == name])
            for name in kept
        ]
    return Equity(tuple(groups), suppressed)


def _describe(by: str, name: str, bad: NDArray[np.bool_], selected: NDArray[np.bool_]) -> Group:
    rows, picked = len(bad), int(selected.sum())
    return Group(
        by=by,
        name=name,
        rows=rows,
        rate=proportion(int(bad.sum()), rows),
        selected=proportion(picked, rows),
        hits=proportion(int((bad & selected).sum()), picked),
        false_alarms=proportion(int((~bad & selected).sum()), int((~bad).sum())),
    )


def _groupings(
    cohort: Cohort, indicators: Sequence[ModelIndicator]
) -> Iterator[tuple[str, NDArray[np.str_]]]:
    if "area" in cohort.groups:
        labels = law.codes("areas")
        names = {code: f"{row.zh} {row.en}" for code, row in labels.items()}
        codes = cohort.groups["area"].tolist()
        yield "area", np.array([names.get(code, code) or _UNKNOWN for code in codes])
    trades = [row for row in indicators if row.name in _TRADES and row.name in cohort.names]
    if trades:
        flags = cohort.columns([row.name for row in trades]) == 1
        found = np.array([*(f"{row.zh} {row.en}" for row in trades), _SEVERAL])
        yield "industry", found[np.where(flags.any(axis=1), flags.argmax(axis=1), len(trades))]
    if _SIZE_INDICATOR in cohort.names:
        people = cohort.columns([_SIZE_INDICATOR])[:, 0]
        classes = np.array([*(name for _, name in _SIZES), _LARGEST, _UNKNOWN])
        place = np.searchsorted([bound for bound, _ in _SIZES], people, side="right")
        yield "size", classes[np.where(np.isnan(people), len(_SIZES) + 1, place)]
