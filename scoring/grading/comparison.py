"""Two runs side by side: who moved and why, how far the scores shifted, and what to look at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.rating.cutoffs import GRADES
from models.rating.stability import population_stability_index
from scoring.grading.movements import Movement, groups_of, letters_of, measure

MOST_MOVERS = 50
_MOST_CHANGES = 3
_BINS = 10
# What is counted of everybody, and what is read of the few who moved most.
COMPARED = (
    "enterprise_id",
    "area_code",
    "industry_code",
    "registered_capital_cny",
    "grade",
    "probability",
    "points",
)
TOLD = (*COMPARED, "name", "basis", "basis_ground", "reasons")

# Rows of a run, with the columns `TOLD`, of the enterprises asked for; in any order.
Details = Callable[[Sequence[str]], pa.Table]


@dataclass(frozen=True)
class Change:
    """Points that an indicator takes (negative: risk) before and after.

    None where it was not among the main reasons of that run, so that its points are not known.
    """

    indicator: str
    zh: str
    en: str
    before: float | None
    after: float | None

    @property
    def difference(self) -> float:
        """Points gained; what is not known counts as none."""
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True)
class Mover:
    """An enterprise whose grade changed, and what changed behind it.

    `unlisted`: ``before`` and ``after`` where that run listed no reasons of it.
    """

    enterprise_id: str
    name: str
    area_code: str
    industry_code: str
    before: str
    after: str
    probability_before: float
    probability_after: float
    basis_before: str
    basis_after: str
    ground: str
    changes: tuple[Change, ...]
    unlisted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alarm:
    """Something that changed by more than the line of `grading.comparison_alarms`, per mille."""

    code: str
    value: float
    limit: int
    area_code: str = ""


@dataclass(frozen=True)
class Comparison:
    """Run B against run A.

    Attributes
    ----------
    movement
        Of the enterprises in both.
    entered, left
        Enterprises in B alone, in A alone.
    psi
        Stability index of the probability over tenths of A; of all enterprises of each run.
    riskier, safer
        The biggest movers: most grades first, then most points.
    """

    movement: Movement
    entered: int
    left: int
    psi: float
    alarms: tuple[Alarm, ...]
    riskier: tuple[Mover, ...]
    safer: tuple[Mover, ...]

    def to_dict(self, *, most_movers: int) -> dict[str, Any]:
        """Plain data for the database, with the first movers of each direction."""
        told = asdict(self)
        return told | {name: told[name][:most_movers] for name in ("riskier", "safer")}


def compare(
    before: pa.Table,
    after: pa.Table,
    *,
    details: tuple[Details, Details],
    limits: Mapping[str, int],
    bands: Sequence[int],
    most_movers: int = MOST_MOVERS,
) -> Comparison:
    """Compare the grades of two runs; see `COMPARED` for the columns.

    Parameters
    ----------
    details
        Of the run before and of the run after: asked for the movers alone, so that the reasons of
        millions need not be read.
    limits
        Of `grading.comparison_alarms`, per mille.
    bands
        Lower bounds of the bands of capital, CNY.

    Raises
    ------
    models.errors.CohortError
        A run is empty.
    """
    place = pc.index_in(after["enterprise_id"], value_set=before["enterprise_id"])
    both = place.is_valid()
    earlier, later = before.take(place.drop_null()), after.filter(both)
    grades = letters_of(earlier["grade"]), letters_of(later["grade"])
    movement = measure(*grades, groups=groups_of(later, bands=bands))
    psi = _score_stability(before, after)
    counts = (before.num_rows, after.num_rows)
    return Comparison(
        movement=movement,
        entered=counts[1] - later.num_rows,
        left=counts[0] - later.num_rows,
        psi=psi,
        alarms=_alarms(movement, psi, counts, limits=limits),
        riskier=_movers(_ranked(earlier, later, grades, sign=1)[:most_movers], details),
        safer=_movers(_ranked(earlier, later, grades, sign=-1)[:most_movers], details),
    )


def _score_stability(before: pa.Table, after: pa.Table) -> float:
    """Over tenths of the population before; equal probabilities stay in one bin."""
    scores = [table["probability"].to_numpy(zero_copy_only=False) for table in (before, after)]
    inner = np.linspace(0, 1, _BINS + 1)[1:-1]
    edges = np.unique(np.quantile(scores[0], inner)) if len(scores[0]) else inner
    counts = [
        np.bincount(np.searchsorted(edges, score, side="right"), minlength=len(edges) + 1)
        for score in scores
    ]
    return population_stability_index(*counts)


def _alarms(
    movement: Movement, psi: float, counts: tuple[int, int], *, limits: Mapping[str, int]
) -> tuple[Alarm, ...]:
    total = max(movement.total, 1)
    far = sum(
        cell
        for row, cells in enumerate(movement.matrix)
        for column, cell in enumerate(cells)
        if abs(row - column) > 1
    )
    worst_before, worst_after = movement.before()["D"], movement.after()["D"]
    measured = {
        "score_stability": 1000 * psi,
        "moved": 1000 * (movement.riskier + movement.safer) / total,
        "two_steps": 1000 * far / total,
        "grade_d": 1000 * abs(worst_after - worst_before) / max(worst_before, 1),
        "population": 1000 * abs(counts[1] - counts[0]) / max(counts[0], 1),
    }
    found = [
        Alarm(code, round(value, 1), limits[code])
        for code, value in measured.items()
        if code in limits and value > limits[code]
    ]
    line = limits.get("area_moved")
    return tuple(found) + tuple(
        Alarm("area_moved", round(1000 * area.moved_share, 1), line, area.code)
        for area in movement.groups["area_code"]
        if line is not None and 1000 * area.moved_share > line
    )


def _ranked(
    earlier: pa.Table,
    later: pa.Table,
    grades: tuple[npt.NDArray[np.str_], npt.NDArray[np.str_]],
    *,
    sign: int,
) -> pa.ChunkedArray:
    """Who moved in one direction: most grades first, then most points."""
    steps = sign * (_step(grades[1]) - _step(grades[0]))
    points = [table["points"].to_numpy(zero_copy_only=False) for table in (earlier, later)]
    weight = np.abs(points[1].astype(float) - points[0].astype(float))
    moved = np.nonzero(steps > 0)[0]
    return later["enterprise_id"].take(moved[np.lexsort((moved, -weight[moved], -steps[moved]))])


def _movers(ranked: pa.ChunkedArray, details: tuple[Details, Details]) -> tuple[Mover, ...]:
    """The few that a person reads, so that their reasons may be read one by one."""
    ids = ranked.to_pylist()
    if not ids:
        return ()
    was, now = ({row["enterprise_id"]: row for row in one(ids).to_pylist()} for one in details)
    return tuple(_mover(was[one], now[one]) for one in ids)


def _step(grades: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    return np.searchsorted(np.array(GRADES), grades)


def _mover(was: Mapping[str, Any], now: Mapping[str, Any]) -> Mover:
    sides = {"before": was, "after": now}
    return Mover(
        enterprise_id=now["enterprise_id"],
        name=now["name"],
        area_code=now["area_code"] or "",
        industry_code=now["industry_code"] or "",
        before=was["grade"],
        after=now["grade"],
        probability_before=was["probability"],
        probability_after=now["probability"],
        basis_before=was["basis"],
        basis_after=now["basis"],
        ground=now["basis_ground"] or "",
        changes=_changes(was["reasons"] or [], now["reasons"] or []),
        unlisted=tuple(name for name, side in sides.items() if not side["reasons"]),
    )


def _changes(
    was: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> tuple[Change, ...]:
    """The contributions that changed most, of those that either run gave as a reason."""
    told = {reason["indicator"]: reason for reason in (*was, *now)}
    points = [{reason["indicator"]: reason["points"] for reason in side} for side in (was, now)]
    found = [
        Change(name, reason["zh"], reason["en"], points[0].get(name), points[1].get(name))
        for name, reason in told.items()
    ]
    changed = [one for one in found if round(one.difference, 1)]
    return tuple(sorted(changed, key=lambda one: -abs(one.difference))[:_MOST_CHANGES])
