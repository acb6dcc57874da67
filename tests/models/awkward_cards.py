"""Scorecards with awkward edges, and rows that sit on them."""

import numpy as np
from numpy.typing import NDArray

from models.learning.calibration import Calibration
from models.learning.columns import ModelIndicator
from models.learning.scorecard import Scorecard, StepFunction
from models.rating.points import PointsScale
from models.rating.scoring_model import ScoringModel

# Edges as LightGBM writes them: zero as 1e-35, a half and the next number, seventeen digits.
EDGES = (
    [1e-35],
    [0.5, 1.5000000000000002, 2.5000000000000004],
    [-3.25, 0.12345678901234566, 1 / 3, 1e12],
    [],
    list(np.arange(40) / 7),
)
NAMES = tuple(f"x{at}" for at in range(len(EDGES)))
PLATT = Calibration(0.9, -0.2, 100, 10)
ISOTONIC = Calibration(
    0.9, -0.2, 100, 10, "all", np.array([-2.0, -0.7, 0.1, 1.9]), np.array([0.01, 0.02, 0.3, 0.8])
)


def awkward_model(calibration: Calibration = PLATT) -> ScoringModel:
    """A general card over EDGES with pseudo-random steps."""
    rng = np.random.default_rng(5)
    steps = {
        name: StepFunction(
            np.array(edges, dtype=np.float64), rng.normal(size=len(edges) + 1), float(rng.normal())
        )
        for name, edges in zip(NAMES, EDGES, strict=True)
    }
    return ScoringModel(
        indicators=tuple(ModelIndicator(name, name, name, None, "count", 0) for name in NAMES),
        scorecard=Scorecard(-1.7320508075688772, steps),
        sectors={},
        calibrations={"general": calibration},
        points_scale=PointsScale(),
        definitions={},
    )


def edge_rows() -> NDArray[np.float64]:
    """Every edge, a hair beside it, zeros, the largest numbers and missing, in every column."""
    edges = np.concatenate([np.asarray(one, dtype=np.float64) for one in EDGES])
    largest = np.finfo(np.float64).max
    points = np.concatenate(
        [
            edges,
            np.nextafter(edges, np.inf),
            np.nextafter(edges, -np.inf),
            [0.0, -0.0, np.nan, largest, -largest, 5e-324],
        ]
    )
    # Neighbouring columns see the points in another order, so that kinds of rows mix.
    return np.column_stack([np.roll(points, 7 * at) for at in range(len(EDGES))])
