"""A small model over real indicators, made by hand, and an archive of random records to grade."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np

from features.archive import Archive
from features.indicators import catalogue
from models.learning.calibration import Calibration
from models.learning.columns import remember
from models.learning.scorecard import Scorecard, StepFunction
from models.learning.sector import SectorModel
from models.rating.cutoffs import CutOffs
from models.rating.points import PointsScale
from models.rating.scoring_model import ScoringModel
from models.rating.sectors import Members, Sector
from tests.features.random_records import build, random_tables

AS_OF = date(2025, 6, 30)
_STEPS = {
    "penalties_24m": ([0.5, 1.5], [-0.2, 0.5, 1.1], 0.0),
    "problem_inspections_36m": ([0.5, 2.5], [-0.3, 0.4, 0.9], 0.1),
    "complaints_12m": ([0.5], [-0.1, 0.6], 0.0),
    "days_since_last_inspection": ([90.0, 400.0], [0.3, 0.0, -0.2], 0.15),
    "industry_problem_ratio_36m": ([0.2, 0.4], [-0.2, 0.1, 0.3], 0.0),
    "address_enterprises": ([], [0.0], 0.0),  # without influence
}
_FOOD = ("penalties_24m", "problem_inspections_36m", "food_inspections_36m")


def small_model() -> ScoringModel:
    """General card, food trees, and no sub-model of special equipment; always the same."""
    wanted = {*_STEPS, *_FOOD}
    indicators = remember(row for row in catalogue() if row.name in wanted)
    steps = {
        row.name: StepFunction(np.array(edges), np.array(values), missing)
        for row in indicators
        if row.name in _STEPS
        for edges, values, missing in [_STEPS[row.name]]
    }
    rng = np.random.default_rng(7)
    names = tuple(row.name for row in indicators if row.sector in (None, "food"))
    values = rng.poisson(1.0, (400, len(names))).astype(float)
    booster = lightgbm.train(
        {"objective": "binary", "num_leaves": 4, "verbose": -1, "num_threads": 1, "seed": 1},
        lightgbm.Dataset(values, label=values[:, -1] + rng.random(400) > 1.6),
        num_boost_round=5,
    )
    line = Calibration(1.0, 0.0, 100, 50)
    return ScoringModel(
        indicators=indicators,
        scorecard=Scorecard(-1.0, steps),
        sectors={"food": SectorModel(names, booster)},
        calibrations={"general": line, "food": replace(line, slope=0.9)},
        points_scale=PointsScale(),
        definitions={
            "food": Sector(zh="食品", en="food", members=Members(flags=("is_food",))),
        },
        cut_offs=CutOffs(AS_OF, 200, 0.3, 0.45, 0.6, {}, {}),
        version="0123456789abcdef",
    )


def small_archive(folder: Path) -> Archive:
    """200 SIMULATED enterprises with 4,000 records in ten ranges."""
    tables = random_tables(enterprises=200, records=4_000, seed=20250630)
    return build(folder, tables, range_size=20)
