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
from models.rating.scoring_model import ScoringModel
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
    """What a model says of every enterprise on a day, sorted by enterprise."""

    enterprise_id: NDArray[np.object_]
    name: NDArray[np.object_]
    probability: NDArray[np.float64]
    log_odds: NDArray[np.float64]
    points: NDArray[np.int64]
    grade: NDArray[np.str_]

    def take(self, rows: NDArray[Any]) -> "Standing":
        """Some of the enterprises."""
        return Standing(
            self.enterprise_id[rows],
            self.name[rows],
            self.probability[rows],
            self.log_odds[rows],
            self.points[rows],
            self.grade[rows],
        )


def both_standings(
    engine: Engine, archive: Archive, *, first: Side, second: Side, progress: Shown
) -> tuple[Standing, Standing]:
    """Both sides' standings; one pass over the archive where they look at the same day."""
    days = list(dict.fromkeys([first.as_of, second.as_of]))
    parts: dict[str, list[Standing]] = {"first": [], "second": []}
    for at, day in enumerate(days):
        for number, (matrix, profile) in enumerate(population(engine, archive, as_of=day)):
            progress(at * archive.range_count + number, len(days) * archive.range_count)
            for key, side in (("first", first), ("second", second)):
                if side.as_of == day:
                    parts[key].append(_standing(side.model, matrix, profile))
    return _joined(parts["first"]), _joined(parts["second"])


def _standing(model: ScoringModel, matrix: pa.Table, profile: pa.Table) -> Standing:
    scores = model.rate(matrix, profile)
    assert model.cut_offs is not None  # whoever calls has made sure
    return Standing(
        profile["enterprise_id"].to_numpy(zero_copy_only=False),
        profile["name"].to_numpy(zero_copy_only=False),
        scores.probability,
        scores.log_odds,
        scores.points,
        model.cut_offs.grade(scores.probability),
    )


def _joined(parts: Sequence[Standing]) -> Standing:
    return Standing(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in Standing.__dataclass_fields__
        )
    )
