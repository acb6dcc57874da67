"""The composite health index (企业综合健康指数): 0 to 100 per enterprise, from documented parts.

It is no grade: it takes no part in grading, measures or draws, and no grade takes part in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import law
from scoring.measures.facts import Facts
from scoring.measures.rules import LawReader, require_indicators
from scoring.measures.runs import IN_BUSINESS, GradedRun
from scoring.statutory.arrays import looked_up

_PARAMETER = "measures.health_index"
_FULL = 100.0
_NO_SECTION = ""


@dataclass(frozen=True)
class Definition:
    """Dimensions with weights and parts, as the law book has them on a day.

    References
    ----------
    measures.health_index (unconfirmed: a proposal).
    """

    dimensions: tuple[Mapping[str, Any], ...]
    ground: str
    small_cell: int

    @classmethod
    def of(cls, on: date, *, region: str, overlay: Path | None = None) -> "Definition":
        """The definition in force.

        Raises
        ------
        law.errors.NoValueError
            None is in force on that day.
        """
        read = LawReader(on, region=region, overlay=overlay)
        found = cls(
            tuple(read.value(_PARAMETER)),
            read.ground(_PARAMETER),
            int(read.value("double_random.small_cell_minimum")),
        )
        require_indicators(_PARAMETER, found.indicators)
        return found

    @property
    def indicators(self) -> tuple[str, ...]:
        """The indicators that it is made of."""
        parts = {part["indicator"] for one in self.dimensions for part in one["parts"]}
        return tuple(sorted(parts | {one["needs"] for one in self.dimensions if "needs" in one}))


@dataclass(frozen=True)
class HealthScores:
    """Index of n enterprises in business.

    Attributes
    ----------
    index
        0 to 100, shape (n,): the weighted mean of the dimensions that are known.
    dimensions
        0 to 100 by dimension, shape (n,); NaN where the data that it needs is missing.
    area, section
        GB/T 2260 code and section of GB/T 4754; empty where unknown.
    """

    run_id: str
    as_of: date
    index: npt.NDArray[np.float64]
    dimensions: dict[str, npt.NDArray[np.float64]]
    ids: pa.Array
    area: npt.NDArray[np.object_]
    section: npt.NDArray[np.object_]


def score_health(run: GradedRun, facts: Facts, *, definition: Definition) -> HealthScores:
    """The index of every enterprise of a run that is in business.

    `facts` are the definition's indicators as of the run's day, row by row with the run.
    """
    is_open = np.isin(run.texts("status"), IN_BUSINESS)
    dimensions = {one["key"]: score_dimension(facts, one)[is_open] for one in definition.dimensions}
    return HealthScores(
        run_id=run.run_id,
        as_of=run.as_of,
        index=combine_dimensions(dimensions, definition.dimensions),
        dimensions=dimensions,
        ids=run.ids.filter(pa.array(is_open)),
        area=run.texts("area_code")[is_open],
        section=industry_sections(run.texts("industry_code")[is_open]),
    )


def score_dimension(facts: Facts, dimension: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    """0 to 100: where it starts, and what each part adds or takes, none more than its most.

    A part that is unknown adds nothing; NaN where what the dimension needs is unknown.
    """
    first = facts.values[dimension["parts"][0]["indicator"]]
    total = np.full(len(first), float(dimension["start"]))
    for part in dimension["parts"]:
        moved = np.nan_to_num(facts.values[part["indicator"]]) * part["points"]
        total += np.clip(moved, -part["most"], part["most"])
    total = np.clip(total, 0.0, _FULL)
    if "needs" in dimension:
        total[np.isnan(facts.values[dimension["needs"]])] = np.nan
    return np.asarray(total)


def combine_dimensions(
    scores: Mapping[str, npt.NDArray[np.float64]], dimensions: Sequence[Mapping[str, Any]]
) -> npt.NDArray[np.float64]:
    """The weighted mean of the known dimensions; NaN where none is known."""
    values = np.stack([scores[one["key"]] for one in dimensions])
    weights = np.array([float(one["weight"]) for one in dimensions])[:, None]
    known = np.where(np.isnan(values), 0.0, weights)
    total = known.sum(axis=0)
    summed = (np.nan_to_num(values) * known).sum(axis=0)
    mean = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
    return np.asarray(mean)


def industry_sections(codes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """The section (A to S) of each industry code; empty where it is unknown."""
    sections = law.codes("industry_sections")
    found = {}
    for code in np.unique(np.asarray(codes, dtype=str)).tolist():
        found[code] = next(
            (
                letter
                for letter, one in sections.items()
                if code and one.attributes["first"] <= code[:2] <= one.attributes["last"]
            ),
            _NO_SECTION,
        )
    return looked_up(codes, found, missing=_NO_SECTION)
