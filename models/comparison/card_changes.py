"""Two points tables side by side: which bins of which indicator changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.learning.columns import ModelIndicator
from models.registry.artefact import Artefact
from models.registry.points_export import bin_words


@dataclass(frozen=True)
class ChangedBin:
    """A stretch of an indicator's values on which both tables are level.

    Attributes
    ----------
    first, second
        Points of either table; 0 where an indicator has no influence.
    """

    indicator: ModelIndicator
    words: str
    first: float
    second: float

    @property
    def change(self) -> float:
        """Points gained (less risk) or lost."""
        return round(self.second - self.first, 1)


def changed_bins(first: Artefact, second: Artefact) -> list[ChangedBin]:
    """Every stretch whose points differ, the indicator with the largest change first.

    Points are measured from each table's own average row, so a level that moved as a whole shows
    in the base points, not here.
    """
    tables = [one.scorecard["points_table"]["indicators"] for one in (first, second)]
    labels = {row.name: row for one in (first, second) for row in one.indicators}
    changed: list[list[ChangedBin]] = []
    for name in dict.fromkeys([*tables[0], *tables[1]]):
        own = _changed(labels[name], tables[0].get(name), tables[1].get(name))
        if own:
            changed.append(own)
    changed.sort(key=lambda own: -max(abs(one.change) for one in own))
    return [one for own in changed for one in own]


def _changed(
    indicator: ModelIndicator, first: Mapping[str, Any] | None, second: Mapping[str, Any] | None
) -> list[ChangedBin]:
    edges = np.unique(
        np.concatenate([np.asarray(one["edges"], float) for one in (first, second) if one])
    )
    pairs = zip(_points(first, edges), _points(second, edges), strict=True)
    words = bin_words(edges.tolist(), unit=indicator.unit)
    return [
        ChangedBin(indicator, said, before, after)
        for said, (before, after) in zip(words, pairs, strict=True)
        if round(after - before, 1)
    ]


def _points(one: Mapping[str, Any] | None, edges: Any) -> list[float]:
    """Points on each stretch between `edges`, and of missing values; zeros without influence."""
    if one is None:
        return [0.0] * (len(edges) + 2)
    # A stretch ends on its upper edge, which belongs to it; the last one has none.
    at = np.searchsorted(one["edges"], [*edges, np.inf], side="left")
    return [*np.asarray(one["points"])[at].tolist(), float(one["missing"])]
