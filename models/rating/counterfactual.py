"""What would lower an enterprise's risk: the smallest set of changes that reaches a better grade.

Only what an enterprise can change is changed (`features/indicators/changes.py`), and only for the
better; since models are monotone in the signs of indicators, no change advised can raise the risk
by what it improves. This is advice, not a promise: it says what the model would say if everything
else stayed as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.indicators import Change
from models.learning.columns import matrix_values
from models.rating.cutoffs import CutOffs
from models.rating.scoring_model import ScoringModel

# Sets are sought among so many changes, the strongest ones, and hold so many at most.
_STRONGEST = 10
_LARGEST_SET = 3
# A change that lowers the probability by less than this is not worth a line.
_LEAST_GAIN = 1e-4


@dataclass(frozen=True)
class Outcome:
    """What the model would say after some changes."""

    changes: tuple[Change, ...]
    probability: float
    points: int
    grade: str

    @property
    def months(self) -> int:
        """Months that must pass at most; 0 where acts alone are asked for."""
        return max((one.months or 0 for one in self.changes), default=0)


@dataclass(frozen=True)
class Advice:
    """What would lower one enterprise's risk.

    Attributes
    ----------
    now
        Without any change.
    single
        Every change that helps by itself, the most helpful first.
    smallest
        The fewest changes that reach a better grade, the quickest and then the most helpful of
        equally few; None where no set of three does.
    together
        Everything that can be changed, at once.
    """

    now: Outcome
    single: tuple[Outcome, ...]
    smallest: Outcome | None
    together: Outcome


def advise(
    model: ScoringModel,
    matrix: pa.Table,
    profile: pa.Table,
    *,
    changes: Sequence[Change],
    cut_offs: CutOffs,
) -> list[Advice]:
    """Advice for a few enterprises, in the order of the matrix.

    Parameters
    ----------
    matrix, profile
        As for :meth:`ScoringModel.score`, same rows.
    changes
        What can be changed; those that move nothing of an enterprise are left out for it.
    """
    trials = _Trials(model, matrix_values(matrix, model.names), profile, cut_offs)
    return [_advise_one(trials, row, changes) for row in range(matrix.num_rows)]


def _advise_one(trials: "_Trials", row: int, changes: Sequence[Change]) -> Advice:
    moving = [one for one in changes if trials.moves(row, one)]
    everything = _without_shorter(moving)
    now, together, *single = trials.run(row, [(), everything, *((one,) for one in moving)])
    helpful = sorted(_worth_a_line(now, single), key=lambda one: (one.probability, one.months))
    sets = [one.changes for one in helpful] if now.grade > "A" else []
    if sets and together.grade < now.grade:
        strongest = [one.changes[0] for one in helpful[:_STRONGEST]]
        sets += [
            chosen
            for size in range(2, _LARGEST_SET + 1)
            for chosen in combinations(strongest, size)
            if len(_without_shorter(chosen)) == size
        ]
    reached = [one for one in trials.run(row, sets) if one.grade < now.grade]
    smallest = min(
        reached, key=lambda one: (len(one.changes), one.months, one.probability), default=None
    )
    return Advice(now, tuple(helpful), smallest, together)


def _worth_a_line(now: Outcome, single: Sequence[Outcome]) -> Iterator[Outcome]:
    """Changes that help, and of several waits for one kind those longer ones that help more."""
    reached: dict[str, float] = {}
    for one in sorted(single, key=lambda one: one.months):
        change = one.changes[0]
        key = change.kind or change.key
        if reached.get(key, now.probability) - one.probability > _LEAST_GAIN:
            reached[key] = one.probability
            yield one


def _without_shorter(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Of several waits for records of one kind, the longest: it holds the others."""
    longest: dict[str, int] = {}
    for one in changes:
        if one.kind is not None:
            longest[one.kind] = max(longest.get(one.kind, 0), one.months or 0)
    return tuple(one for one in changes if one.kind is None or one.months == longest[one.kind])


@dataclass(frozen=True)
class _Trials:
    """Rows with some of their indicators changed, scored together."""

    model: ScoringModel
    values: NDArray[np.float64]
    profile: pa.Table
    cut_offs: CutOffs

    def moves(self, row: int, change: Change) -> bool:
        """Whether anything of the enterprise would be different."""
        return bool(_changed(self._named(row), change))

    def run(self, row: int, sets: Sequence[tuple[Change, ...]]) -> list[Outcome]:
        """The outcome of each set of changes for one enterprise."""
        if not sets:
            return []
        rows = np.array([list(_after(self._named(row), chosen).values()) for chosen in sets])
        table = pa.table(
            {
                name: pa.array(rows[:, i], from_pandas=True)
                for i, name in enumerate(self.model.names)
            }
        )
        who = self.profile.take(pa.array(np.full(len(sets), row)))
        scores = self.model.rate(table, who)
        grades = self.cut_offs.grade(scores.probability).tolist()
        told = zip(sets, scores.probability.tolist(), scores.points.tolist(), grades, strict=True)
        return [Outcome(*one) for one in told]

    def _named(self, row: int) -> dict[str, float]:
        return dict(zip(self.model.names, self.values[row].tolist(), strict=True))


def _after(values: dict[str, float], changes: Sequence[Change]) -> dict[str, float]:
    after = dict(values)
    for change in changes:
        after |= _changed(after, change)
    return after


def _changed(values: Mapping[str, float], change: Change) -> dict[str, float]:
    """Indicators that a change moves, and where to; an unknown value (NaN) stays unknown."""
    known = {name: value for name, value in values.items() if not np.isnan(value)}
    moved = {
        name: known[name] * factor
        for name, factor in change.faded.items()
        if known.get(name, 0.0) > 0
    }
    moved |= {name: known[name] + more for name, more in change.longer.items() if name in known}
    for name, best in change.best.items():
        # Zero is the best of what should be few, and anything above it of what should be many.
        if name in known and (known[name] > best if best == 0 else known[name] < best):
            moved[name] = best
            receiver = change.moved.get(name)
            if receiver in known:
                moved[receiver] = known[receiver] + known[name]
    if moved:  # for a clean enterprise time changes nothing
        moved |= {
            name: known[name] + more for name, more in change.cleaner.items() if name in known
        }
    return moved
