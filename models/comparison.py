"""Two models, or one model in two months, on the same enterprises.

Figures are given only where neither model has learned from the inspections they are computed on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.archive import Archive
from features.build import build_matrix
from features.engine import Engine
from features.outcomes import inspection_outcomes
from features.point_in_time import OFFICE_OFFSET
from features.profile import build_profile
from models.artefact import Artefact
from models.cohorts import population
from models.columns import matrix_values
from models.cutoffs import GRADES
from models.evaluate import (
    Interval,
    auc,
    average_precision,
    bootstrap,
    calibration_error,
    days_earlier,
    first_half_share,
    precision_at,
    psi,
    quantile_shares,
)
from models.label_files import load_label
from models.scoring_model import GENERAL, Scores, ScoringModel
from models.splits import add_months, first_inspections

FIGURES: Final = (
    "auc",
    "average_precision",
    "precision_at_10",
    "days_earlier",
    "first_half_share",
    "calibration_error",
)
_REPLICATES, _SEED = 300, 20220101
Look = Callable[[pa.Table, pa.Table], None]
Shown = Callable[[int, int], None]


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
class HeldOut:
    """Figures on inspections that neither model learned from.

    Attributes
    ----------
    figures
        By figure: of the first, of the second, second less first.
    """

    rows: int
    positives: int
    until: date
    label: str
    figures: Mapping[str, tuple[Interval, Interval, Interval]]


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
        None with a reason in `why_not`.
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
    held_out: HeldOut | None
    why_not: tuple[str, str] | None


def compare(
    engine: Engine,
    archive: Archive,
    first: Side,
    second: Side,
    *,
    movers: int = 20,
    progress: Shown = lambda done, of: None,
) -> Comparison:
    """Compare two sides; both models must have cut-offs."""
    standings = _standings(engine, archive, first, second, progress=progress)
    common, at_first, at_second = np.intersect1d(
        standings[0].enterprise_id, standings[1].enterprise_id, return_indices=True
    )
    one, other = standings[0].take(at_first), standings[1].take(at_second)
    held_out, why_not = _held_out(engine, archive, (first, second), (one, other))
    moved = np.argsort(-np.abs(other.log_odds - one.log_odds), kind="stable")[:movers]
    return Comparison(
        first=first,
        second=second,
        enterprises=len(common),
        only_first=len(standings[0].name) - len(common),
        only_second=len(standings[1].name) - len(common),
        migration=migration(one.grade, other.grade),
        score_psi=psi(*quantile_shares(one.probability, other.probability)),
        rank_correlation=_rank_correlation(one.probability, other.probability),
        movers=_movers(engine, archive, (first, second), (one.take(moved), other.take(moved))),
        held_out=held_out,
        why_not=why_not,
    )


def migration(before: NDArray[np.str_], now: NDArray[np.str_]) -> NDArray[np.int64]:
    """Enterprises by grade before (rows) and now (columns), A to D."""
    at, to = (np.searchsorted(GRADES, grades) for grades in (before, now))
    return np.bincount(4 * at + to, minlength=16).reshape(4, 4)


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


def _standings(
    engine: Engine, archive: Archive, first: Side, second: Side, *, progress: Shown
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
    scores = model.score(matrix, profile)
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


def _held_out(
    engine: Engine,
    archive: Archive,
    sides: tuple[Side, Side],
    standings: tuple[Standing, Standing],
) -> tuple[HeldOut | None, tuple[str, str] | None]:
    first, second = sides
    if first.as_of != second.as_of:
        return None, (
            "两侧观察日不同，命中率等指标不可逐行配对比较。",
            "The two sides look at different days: figures cannot be paired row by row.",
        )
    learned = max(first.last_known, second.last_known)
    if first.as_of < learned:
        return None, (
            (
                f"观察日 {first.as_of} 之后的检查有一个模型已经学过（截止 {learned}），"
                f"数字会虚高，不予给出；"
                f"请用不早于 {learned} 的 --as-of。"
            ),
            (
                f"One of the models has learned from inspections after {first.as_of} (up to "
                f"{learned}): figures would flatter it. Use an --as-of not before {learned}."
            ),
        )
    return _figures(engine, archive, sides, standings)


def _figures(
    engine: Engine,
    archive: Archive,
    sides: tuple[Side, Side],
    standings: tuple[Standing, Standing],
) -> tuple[HeldOut | None, tuple[str, str] | None]:
    config, as_of = sides[0].read.manifest["config"], sides[0].as_of
    known = archive.latest_known_at
    known_on = as_of if known is None else (known + OFFICE_OFFSET).date()
    until = min(add_months(as_of, int(config["horizon_months"])), known_on)
    label = load_label(config["labels"][GENERAL])
    outcomes = first_inspections(
        inspection_outcomes(
            engine, archive, after=as_of, until=until, known_by=known_on, label=label
        )
    )
    inspected, rows, at = np.intersect1d(
        standings[0].enterprise_id,
        outcomes["enterprise_id"].to_numpy(zero_copy_only=False),
        return_indices=True,
    )
    is_bad = np.asarray(outcomes["is_bad"].to_numpy(zero_copy_only=False)[at], dtype=bool)
    if is_bad.sum() in (0, len(is_bad)):
        return None, (
            (
                f"{as_of} 至 {until} 已知 {len(inspected)} 户受检、{is_bad.sum()} 户有严重问题，"
                "不足以比较；待检查结果归集后再比。"
            ),
            (
                f"{len(inspected)} inspections are known of {as_of} to {until}, {is_bad.sum()} of "
                "them bad: not enough to compare. Come back when results are in."
            ),
        )
    day = outcomes["event_on"].to_numpy(zero_copy_only=False)[at].astype("datetime64[D]")
    figures = paired_figures(
        is_bad, day, standings[0].probability[rows], standings[1].probability[rows]
    )
    return HeldOut(len(is_bad), int(is_bad.sum()), until, label.zh, figures), None


def paired_figures(
    is_bad: NDArray[np.bool_],
    day: NDArray[np.datetime64],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    *,
    replicates: int = _REPLICATES,
) -> dict[str, tuple[Interval, Interval, Interval]]:
    """Figures of two probabilities on the same rows, and their difference, with intervals."""

    def compute(rows: NDArray[np.int64]) -> dict[str, float]:
        both = [_of(is_bad[rows], day[rows], one[rows]) for one in (first, second)]
        told = {f"{at} {name}": one[name] for at, one in enumerate(both) for name in FIGURES}
        return told | {f"difference {name}": both[1][name] - both[0][name] for name in FIGURES}

    intervals = bootstrap(
        compute,
        rows=len(is_bad),
        replicates=replicates,
        rng=np.random.default_rng(_SEED),
        reflected=("0 calibration_error", "1 calibration_error"),
        jobs=1,
    )
    return {
        name: (
            intervals[f"0 {name}"],
            intervals[f"1 {name}"],
            intervals[f"difference {name}"],
        )
        for name in FIGURES
    }


def _of(
    is_bad: NDArray[np.bool_], day: NDArray[np.datetime64], probability: NDArray[np.float64]
) -> dict[str, float]:
    return {
        "auc": auc(is_bad, probability),
        "average_precision": average_precision(is_bad, probability),
        "precision_at_10": precision_at(is_bad, probability),
        "days_earlier": days_earlier(is_bad, probability, day),
        "first_half_share": first_half_share(is_bad, probability),
        "calibration_error": calibration_error(is_bad, probability),
    }


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
    matrix = build_matrix(engine, archive, as_of=side.as_of, enterprise_ids=ids)
    profile = build_profile(engine, archive, as_of=side.as_of, enterprise_ids=ids)
    place = {one: at for at, one in enumerate(matrix["enterprise_id"].to_pylist())}
    order = pa.array([place[one] for one in ids])
    matrix, profile = matrix.take(order), profile.take(order)
    return matrix_values(matrix, side.model.names), side.model.score(matrix, profile)
