"""From log-odds to probabilities that mean what they say.

A calibration is fitted on log-odds of enterprises that the model behind them has not seen
(`models/fitting` cross-fits by enterprise). With few positives it is a Platt line in log-odds;
with many, an isotonic curve. An isotonic curve is flat in places, and on a flat stretch two
enterprises of different risk would tie; so the curve is blended with a small share of the Platt
line, which rises everywhere. Order is kept strictly, and the blend moves no probability by more
than that share of the distance between the two curves.

Where drawn inspections are known, they say how high the risk is, but all inspections say how fast
it rises with the score: the Platt line gets its slope from both and its level from the drawn ones.

The level of a city moves from quarter to quarter while the order of its enterprises hardly does. A
calibration can therefore be moved, its shape kept, to the rate that the newest checks found.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from models.errors import SingleClassError
from models.learning.scorecard import sigmoid

# Share of the Platt line in an isotonic curve: small beside the error of either curve.
BLEND = 0.02
# A line that does not rise would turn the order round; labels that unrelated to the score leave
# next to nothing of it instead.
_LEAST_SLOPE = 0.01
# A curve is moved by at most so much in log-odds.
_FARTHEST = 4.0


def _none() -> NDArray[np.float64]:
    return np.empty(0)


@dataclass(frozen=True)
class Calibration:
    """A strictly rising map from log-odds to probability.

    Attributes
    ----------
    slope, intercept
        Platt: ``sigmoid(slope * log_odds + intercept)``.
    knots, heights
        Isotonic: log-odds and probabilities, joined by straight lines, level outside; empty for
        Platt alone.
    rows, positives
        What its level was fitted on.
    basis
        ``drawn`` if those were drawn inspections alone, else ``all``.
    """

    slope: float
    intercept: float
    rows: int
    positives: int
    basis: str = "all"
    knots: NDArray[np.float64] = field(default_factory=_none)
    heights: NDArray[np.float64] = field(default_factory=_none)

    @property
    def method(self) -> str:
        """``platt`` or ``isotonic``."""
        return "isotonic" if len(self.knots) else "platt"

    def __call__(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities, same shape."""
        line = sigmoid(self.slope * log_odds + self.intercept)
        if not len(self.knots):
            return line
        curve = np.interp(log_odds, self.knots, self.heights)
        return (1 - BLEND) * curve + BLEND * line

    def moved(self, by: float) -> Self:
        """The same curve for log-odds that are `by` higher than they are."""
        return replace(self, intercept=self.intercept + self.slope * by, knots=self.knots - by)

    def at_level_of(
        self,
        log_odds: NDArray[np.float64],
        is_bad: NDArray[np.bool_],
        *,
        weight: NDArray[np.float64],
    ) -> Self:
        """The same curve, moved until it states the weighted rate of these rows on average.

        Where their labels are all equal they tell no level, and it stays.
        """
        rate = float(np.average(is_bad, weights=weight)) if weight.sum() > 0 else 0.0
        if rate in (0.0, 1.0):
            return self

        def too_high(by: float) -> float:
            return float(np.average(self.moved(by)(log_odds), weights=weight)) - rate

        if too_high(-_FARTHEST) > 0:
            return self.moved(-_FARTHEST)
        if too_high(_FARTHEST) < 0:
            return self.moved(_FARTHEST)
        return self.moved(brentq(too_high, -_FARTHEST, _FARTHEST))

    def to_dict(self) -> dict[str, Any]:
        """For calibration.json."""
        return {
            "method": self.method,
            "slope": self.slope,
            "intercept": self.intercept,
            "rows": self.rows,
            "positives": self.positives,
            "basis": self.basis,
            "knots": self.knots.tolist(),
            "heights": self.heights.tolist(),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            float(content["slope"]),
            float(content["intercept"]),
            int(content["rows"]),
            int(content["positives"]),
            str(content["basis"]),
            np.asarray(content["knots"], dtype=np.float64),
            np.asarray(content["heights"], dtype=np.float64),
        )


def calibrate(
    log_odds: NDArray[np.float64],
    is_bad: NDArray[np.bool_],
    *,
    isotonic_from: int,
    weight: NDArray[np.float64] | None = None,
    drawn: NDArray[np.bool_] | None = None,
) -> Calibration:
    """Fit a calibration on log-odds of rows that the model has not seen.

    Parameters
    ----------
    isotonic_from
        Positives from which the isotonic curve is trusted.
    weight
        For drawn inspections: the inverse of their probability of inclusion.
    drawn
        Which rows are drawn inspections. Where given, the calibration speaks for those; the others
        lend their slope to the Platt line, and have no part in an isotonic curve.

    Raises
    ------
    SingleClassError
        All labels of the rows that it speaks for are equal.
    """
    level = np.ones(len(is_bad), dtype=bool) if drawn is None else drawn
    basis = "all" if drawn is None else "drawn"
    rows, positives = int(level.sum()), int(is_bad[level].sum())
    if positives in (0, rows):
        raise SingleClassError(
            f"校准样本 {rows} 条只有一个类别（不良 {positives} 条），无法校准",
            f"{rows} rows to calibrate on hold one class ({positives} bad)",
        )
    slope, intercept = _platt(log_odds, is_bad, weight=weight, level=level)
    if positives < isotonic_from:
        return Calibration(slope, intercept, rows, positives, basis)
    isotonic = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    isotonic.fit(
        log_odds[level],
        is_bad[level].astype(float),
        sample_weight=None if weight is None else weight[level],
    )
    return Calibration(
        slope,
        intercept,
        rows,
        positives,
        basis,
        np.asarray(isotonic.X_thresholds_, dtype=np.float64),
        np.asarray(isotonic.y_thresholds_, dtype=np.float64),
    )


def _platt(
    log_odds: NDArray[np.float64],
    is_bad: NDArray[np.bool_],
    *,
    weight: NDArray[np.float64] | None,
    level: NDArray[np.bool_],
) -> tuple[float, float]:
    """Slope of all rows and intercept of those that give the level."""
    # Centred and scaled, so that the solver's tolerance means the same for every model.
    centre, spread = float(log_odds.mean()), float(log_odds.std())
    scale = spread if spread > 1e-9 else 1.0
    columns = ((log_odds - centre) / scale)[:, None]
    if not level.all():
        columns = np.column_stack([columns, ~level])
    line = LogisticRegression(C=1e6, tol=1e-10, max_iter=1000)
    line.fit(columns, is_bad, sample_weight=weight)
    slope = float(line.coef_[0, 0]) / scale
    intercept = float(line.intercept_[0]) - slope * centre
    if slope >= _LEAST_SLOPE:
        return slope, intercept
    rate = float(np.average(is_bad[level], weights=None if weight is None else weight[level]))
    return _LEAST_SLOPE, float(np.log(rate / (1 - rate))) - _LEAST_SLOPE * centre
