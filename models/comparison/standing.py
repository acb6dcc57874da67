"""What a model says of every enterprise on a day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.archive import Archive
from features.engine import Engine
from models.labels.cohorts import population
from models.rating.distribution import count_bins, merge_counts
from models.rating.scoring_model import ScoringModel
from models.rating.sectors import joined_names
from models.registry.artefact import Artefact

Shown = Callable[[int, int], None]
"""Called with how much is done, and of how much."""


@dataclass(frozen=True)
class Side:
    """A model, what was signed with it, and the day it looks at."""

    read: Artefact
    model: ScoringModel
    as_of: date

    @property
    def last_known(self) -> date:
        """The day up to which it learned from inspections."""
        return date.fromisoformat(self.read.manifest["snapshot"]["last_known"])


@dataclass(frozen=True)
class Standing:
    """What a model says of every enterprise on a day, sorted by enterprise.

    `sectors` are the names of those it belongs to, joined by ``;``.
    """

    enterprise_id: NDArray[np.object_]
    name: NDArray[np.object_]
    probability: NDArray[np.float64]
    log_odds: NDArray[np.float64]
    points: NDArray[np.int64]
    grade: NDArray[np.str_]
    sectors: NDArray[np.object_]

    def take(self, rows: NDArray[Any]) -> "Standing":
        """Some of the enterprises."""
        return Standing(*(getattr(self, name)[rows] for name in Standing.__dataclass_fields__))


def both_standings(
    engine: Engine, archive: Archive, *, first: Side, second: Side, progress: Shown
) -> tuple[tuple[Standing, Standing], tuple[pa.Table, pa.Table] | None]:
    """Both sides' standings, one pass over the archive where they look at the same day.

    With two days also how many enterprises stood in each bin of the first side's models on the
    first and on the second day.
    """
    days = list(dict.fromkeys([first.as_of, second.as_of]))
    parts: dict[str, list[Standing]] = {"first": [], "second": []}
    counts: list[list[pa.Table]] = [[] for _ in days]
    for at, day in enumerate(days):
        for number, (matrix, profile) in enumerate(population(engine, archive, as_of=day)):
            progress(at * archive.range_count + number, len(days) * archive.range_count)
            rated = {}
            for key, side in (("first", first), ("second", second)):
                if side.as_of == day:
                    found = _standing(side.model, matrix, profile)
                    parts[key].append(found)
                    rated[id(side.model)] = found.probability
            if len(days) > 1:
                if id(first.model) not in rated:
                    rated[id(first.model)] = first.model.rate(matrix, profile).probability
                counts[at].append(_counted(first.model, matrix, profile, rated[id(first.model)]))
    standings = _joined(parts["first"]), _joined(parts["second"])
    if len(days) == 1:
        return standings, None
    return standings, (merge_counts(counts[0]), merge_counts(counts[1]))


def _counted(
    model: ScoringModel, matrix: pa.Table, profile: pa.Table, probability: NDArray[np.float64]
) -> pa.Table:
    looked_at = matrix.select(model.used_names)
    return count_bins(model, looked_at, probability, belongs=model.belongs(matrix, profile))


def _standing(model: ScoringModel, matrix: pa.Table, profile: pa.Table) -> Standing:
    scores = model.rate(matrix, profile)
    assert model.cut_offs is not None  # whoever calls has made sure
    sectors = joined_names(model.belongs(matrix, profile), rows=profile.num_rows)
    return Standing(
        profile["enterprise_id"].to_numpy(zero_copy_only=False),
        profile["name"].to_numpy(zero_copy_only=False),
        scores.probability,
        scores.log_odds,
        scores.points,
        model.cut_offs.grade(scores.probability),
        sectors.to_numpy(zero_copy_only=False),
    )


def _joined(parts: Sequence[Standing]) -> Standing:
    return Standing(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in Standing.__dataclass_fields__
        )
    )
