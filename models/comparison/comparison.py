"""Two models, or one model in two months, on the same enterprises.

Figures are given only where neither model has learned from the inspections they are computed on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.archive import Archive
from features.engine import Engine
from features.messages import Message
from features.profile import build_matrix_and_profile
from models.comparison.held_out import HeldOut, held_out_figures
from models.comparison.shifts import GroupShift, group_shifts
from models.comparison.standing import Shown, Side, Standing, both_standings
from models.learning.columns import matrix_values
from models.rating.scoring_model import Scores
from models.rating.sectors import members_of, on_either_side
from models.rating.stability import migration_matrix, population_stability_index
from models.study.evaluate import quantile_counts


@dataclass(frozen=True)
class Reason:
    """An indicator's part in a move: value before and after, and points gained or lost."""

    zh: str
    before: float
    after: float
    points: float


@dataclass(frozen=True)
class Mover:
    """An enterprise whose score differs much between the two sides."""

    enterprise_id: str
    name: str
    grades: tuple[str, str]
    points: tuple[int, int]
    probabilities: tuple[float, float]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Comparison:
    """Everything a report says.

    Attributes
    ----------
    migration
        Enterprises by grade of the first (rows) and of the second side (columns), A to D, as the
        models' own cut-offs give it: direct determination is left out.
    only_first, only_second
        Enterprises present on one side's day alone.
    held_out
        Figures, or why there are none.
    sectors
        By name of the sector.
    shifts
        Of what the models of the first side look at, from the first day to the second; ``None``
        for one day, on which an indicator has one value.
    """

    first: Side
    second: Side
    enterprises: int
    only_first: int
    only_second: int
    migration: NDArray[np.int64]
    score_psi: float
    rank_correlation: float
    movers: Sequence[Mover]
    held_out: HeldOut | Message
    sectors: Mapping[str, "SectorComparison"]
    shifts: Mapping[str, GroupShift] | None


@dataclass(frozen=True)
class SectorComparison:
    """The same of the enterprises that belong to a sector on either side."""

    migration: NDArray[np.int64]
    score_psi: float
    rank_correlation: float


def compare(
    engine: Engine,
    archive: Archive,
    *,
    first: Side,
    second: Side,
    movers: int = 20,
    progress: Shown = lambda done, of: None,
) -> Comparison:
    """Compare two sides; both models must have cut-offs."""
    standings, counts = both_standings(
        engine, archive, first=first, second=second, progress=progress
    )
    common, at_first, at_second = np.intersect1d(
        standings[0].enterprise_id, standings[1].enterprise_id, return_indices=True
    )
    one, other = standings[0].take(at_first), standings[1].take(at_second)
    moved = np.argsort(-np.abs(other.log_odds - one.log_odds), kind="stable")[:movers]
    return Comparison(
        first=first,
        second=second,
        enterprises=len(common),
        only_first=len(standings[0].name) - len(common),
        only_second=len(standings[1].name) - len(common),
        migration=migration_matrix(one.grade, other.grade),
        score_psi=_score_psi(one.probability, other.probability),
        rank_correlation=_rank_correlation(one.probability, other.probability),
        movers=_movers(engine, archive, (first, second), (one.take(moved), other.take(moved))),
        held_out=held_out_figures(engine, archive, sides=(first, second), standings=(one, other)),
        sectors=_sector_comparison(one, other),
        shifts=None if counts is None else group_shifts(*counts),
    )


def _sector_comparison(one: Standing, other: Standing) -> dict[str, SectorComparison]:
    was, turned = (members_of(pa.chunked_array([side.sectors])) for side in (one, other))
    return {
        sector: SectorComparison(
            migration=migration_matrix(one.grade[own], other.grade[own]),
            score_psi=_score_psi(one.probability[own], other.probability[own]),
            rank_correlation=_rank_correlation(one.probability[own], other.probability[own]),
        )
        for sector, own in on_either_side(was, turned).items()
    }


def _score_psi(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return population_stability_index(*quantile_counts(one, other)) if len(one) else float("nan")


def _rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's: of the places in the two orders, equal scores sharing theirs."""
    places = []
    for scores in (one, other):
        _, group, rows = np.unique(scores, return_inverse=True, return_counts=True)
        ends = np.cumsum(rows)
        places.append((ends - (rows - 1) / 2)[group])
    if any(len(set(place.tolist())) < 2 for place in places):
        return float("nan")
    return float(np.corrcoef(places[0], places[1])[0, 1])


def _movers(
    engine: Engine,
    archive: Archive,
    sides: tuple[Side, Side],
    standings: tuple[Standing, Standing],
) -> list[Mover]:
    """The enterprises of two short standings, with the indicators that moved them most."""
    ids = standings[0].enterprise_id.tolist()
    if not ids:
        return []
    (values, before), (values_now, now) = (
        _contributions(engine, archive, side, ids) for side in sides
    )
    moved = now.contributions - before.contributions
    scale = sides[1].model.points_scale
    labels = {row.name: row.zh for row in sides[1].model.indicators}
    found = []
    for row, one in enumerate(ids):
        top = np.argsort(-np.abs(moved[row]), kind="stable")[:5]
        reasons = tuple(
            Reason(
                labels[now.names[at]],
                float(values[row, at]),
                float(values_now[row, at]),
                float(scale.points(moved[row, at : at + 1])[0]),
            )
            for at in top
            if moved[row, at]
        )
        pair = [standing.take(np.array([row])) for standing in standings]
        found.append(
            Mover(
                str(one),
                str(pair[0].name[0]),
                (str(pair[0].grade[0]), str(pair[1].grade[0])),
                (int(pair[0].points[0]), int(pair[1].points[0])),
                (float(pair[0].probability[0]), float(pair[1].probability[0])),
                reasons,
            )
        )
    return found


def _contributions(
    engine: Engine, archive: Archive, side: Side, ids: Sequence[str]
) -> tuple[NDArray[np.float64], Scores]:
    """Values and scores of some enterprises, in the order of `ids`."""
    matrix, profile = build_matrix_and_profile(
        engine, archive, as_of=side.as_of, enterprise_ids=ids
    )
    place = {one: at for at, one in enumerate(matrix["enterprise_id"].to_pylist())}
    order = pa.array([place[one] for one in ids])
    matrix, profile = matrix.take(order), profile.take(order)
    return matrix_values(matrix, side.model.names), side.model.score(matrix, profile)
