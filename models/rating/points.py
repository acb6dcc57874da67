"""Points: the score as a clerk adds it up. Like a credit score, more points are safer.

``points = base_points + PDO / ln 2 * (log odds of no problem - ln base_odds)``: at odds of
`base_odds` to 1 against a problem an enterprise has `base_points`, and every
`points_to_double_odds` (PDO) more doubles the odds. Bins are rounded to tenths of a point, and the
total is the sum of those tenths, rounded: whoever adds the printed table gets the printed score.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from models.learning.scorecard import Scorecard, StepFunction


class PointsScale(BaseModel):
    """Where the scale lies and how wide a point is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_points: float = 600.0
    base_odds: float = Field(default=20.0, gt=0, description="odds of no problem at base_points")
    points_to_double_odds: float = Field(default=20.0, gt=0)

    @property
    def per_log_odds(self) -> float:
        """Points per unit of log-odds."""
        return self.points_to_double_odds / float(np.log(2))

    def tenths(self, contribution: NDArray[np.float64]) -> NDArray[np.int64]:
        """Tenths of points for added log-odds of a problem: more risk, fewer points."""
        rounded: NDArray[np.int64] = np.rint(-10 * self.per_log_odds * contribution).astype(
            np.int64
        )
        return rounded

    def points(self, contribution: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points with one decimal for added log-odds, as the points table prints them."""
        rounded: NDArray[np.float64] = self.tenths(contribution) / 10
        return rounded

    def base_tenths(self, intercept: float) -> int:
        """Tenths of points before any indicator speaks."""
        offset = self.base_points - self.per_log_odds * float(np.log(self.base_odds))
        return round(10 * (offset - self.per_log_odds * intercept))

    def in_tenths(self, card: Scorecard) -> Scorecard:
        """The card with tenths of points for log-odds: whole numbers, so their sum is exact."""
        steps = {
            name: StepFunction(
                step.edges,
                self.tenths(step.values).astype(np.float64),
                float(self.tenths(np.array([step.missing]))[0]),
            )
            for name, step in card.steps.items()
        }
        return Scorecard(self.base_tenths(card.intercept), steps)


def whole_points(tenths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tenths to whole points, halves upward, in integers so that no platform differs."""
    return (tenths + 5) // 10


def points_table(scorecard: Scorecard, scale: PointsScale) -> dict[str, Any]:
    """The table to print: base points, and per indicator with influence its bins.

    Returns
    -------
    dict
        ``base`` and ``indicators``: name to ``edges`` (upper bounds of all bins but the last),
        ``points`` per bin and ``missing``, in points with one decimal.
    """
    rows: Mapping[str, Any] = {
        name: {
            "edges": step.edges.tolist(),
            "points": scale.points(step.values).tolist(),
            "missing": float(scale.points(np.array([step.missing]))[0]),
        }
        for name, step in scorecard.steps.items()
        if not step.is_flat
    }
    return {"base": scale.base_tenths(scorecard.intercept) / 10, "indicators": rows}
