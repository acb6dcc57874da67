"""Simulated enterprises, seeded: indicators with a known log-odds behind their labels."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.configs.training import TrainingConfig, load_config
from models.labels.splits import Cohort
from models.labels.windows import Window, add_months
from models.learning.columns import ModelIndicator

INDICATORS = (
    ModelIndicator("penalties_24m", "近24个月处罚次数", "penalties", None, "count", 1),
    ModelIndicator("months_since_problem", "距上次问题月数", "months since", None, "months", -1),
    ModelIndicator("months_since_established", "成立月数", "age", None, "months", 0),
    ModelIndicator("complaints_12m", "近12个月投诉", "complaints", None, "count", 1),
    ModelIndicator("capital_log", "注册资本对数", "capital", None, "log_cny", 0),
    ModelIndicator("never_known", "从未归集", "never collected", None, "count", 1),
    ModelIndicator("always_one", "恒为一", "constant", None, "flag", 1),
    ModelIndicator("food_failed_tests", "食品抽检不合格", "failed tests", "food", "count", 1),
    ModelIndicator("units_overdue", "超期设备", "overdue units", "special_equipment", "count", 1),
)
NAMES = tuple(row.name for row in INDICATORS)
GENERAL_NAMES = tuple(row.name for row in INDICATORS if row.sector is None)
SIGNS = {row.name: row.sign for row in INDICATORS if row.sector is None and row.sign}


def values_of(rows: int, *, seed: int) -> NDArray[np.float64]:
    """Indicators of simulated enterprises, shape (rows, NAMES)."""
    rng = np.random.default_rng(seed)
    months_since = np.where(rng.random(rows) < 0.6, np.nan, rng.integers(0, 60, rows))
    age = rng.integers(0, 300, rows).astype(float)
    capital = rng.normal(13, 2, rows)
    capital[rng.random(rows) < 0.1] = np.nan
    return np.column_stack(
        [
            rng.poisson(0.4, rows),
            months_since,
            age,
            rng.poisson(0.8, rows),
            capital,
            np.full(rows, np.nan),
            np.ones(rows),
            rng.poisson(0.5, rows),
            rng.poisson(0.5, rows),
        ]
    )


def true_log_odds(values: NDArray[np.float64], *, sector: str | None = None) -> NDArray[np.float64]:
    """What the labels are drawn from."""
    penalties, since, age, complaints, capital, _, _, tests, units = values.T
    general = (
        -2.2
        + 0.8 * np.minimum(penalties, 3)
        + np.where(np.isnan(since), -0.3, 1.0 - since / 30)
        + 0.4 * np.minimum(complaints, 3)
        + 0.6 * (np.abs(age - 150) > 100)
        + 0.1 * (np.nan_to_num(capital, nan=13) - 13)
    )
    if sector == "food":
        return general + 1.2 * np.minimum(tests, 2) - 0.5
    if sector == "special_equipment":
        return general + 1.2 * np.minimum(units, 2) - 0.5
    return general


def labels_of(log_odds: NDArray[np.float64], *, seed: int) -> NDArray[np.bool_]:
    """Labels drawn from log-odds."""
    drawn = np.random.default_rng(seed).random(len(log_odds))
    return np.asarray(drawn < 1 / (1 + np.exp(-log_odds)))


def cohort_of(as_of: date, *, rows: int, seed: int, sector: str | None = None) -> Cohort:
    """Enterprises inspected in the year after a day."""
    window = Window(as_of, add_months(as_of, 12), add_months(as_of, 12))
    values = values_of(rows, seed=seed)
    rng = np.random.default_rng(seed + 1)
    days = np.datetime64(as_of) + rng.integers(1, 360, rows)
    kinds = np.where(rng.random(rows) < 0.5, "double_random", "routine").astype(object)
    return Cohort(
        window=window,
        names=NAMES,
        values=values,
        enterprise_id=np.array([f"E{seed:03d}{i:06d}" for i in range(rows)], dtype=object),
        is_bad=labels_of(true_log_odds(values, sector=sector), seed=seed + 2),
        inspected_on=days.astype("datetime64[D]"),
        inspection_kind=kinds,
    )


def cohorts_of(
    days: Sequence[date], *, rows: int, seed: int, sector_rows: int = 0
) -> dict[str, list[Cohort]]:
    """Cohorts of every model, by model; sectors only where rows are asked for."""
    general = [cohort_of(day, rows=rows, seed=seed + 10 * i) for i, day in enumerate(days)]
    cohorts = {"general": general}
    if sector_rows:
        for offset, sector in ((100, "food"), (200, "special_equipment")):
            cohorts[sector] = [
                cohort_of(day, rows=sector_rows, seed=seed + offset + 10 * i, sector=sector)
                for i, day in enumerate(days)
            ]
    return cohorts


def small_config(**changes: object) -> TrainingConfig:
    """The default configuration, made quick; `changes` replace top-level values."""
    content = load_config("default").model_dump()
    content["general"] |= {"n_estimators": 200, "early_stopping_rounds": 20, "learning_rate": 0.2}
    content["sector"] |= {"n_estimators": 40, "learning_rate": 0.2}
    content["challenger"] |= {"n_estimators": 60, "early_stopping_rounds": 10}
    content |= {"folds": 3, "bootstrap_replicates": 20}
    return TrainingConfig.model_validate(content | changes)


def matrix_of(values: NDArray[np.float64]) -> pa.Table:
    """The values as an indicator matrix: NaN becomes null."""
    columns = {name: pa.array(values[:, i], from_pandas=True) for i, name in enumerate(NAMES)}
    ids = pa.array([f"E{i:06d}" for i in range(len(values))])
    return pa.table({"enterprise_id": ids, **columns})


def profile_of(rows: int, *, seed: int) -> pa.Table:
    """Sector flags: a third food, a third special equipment, some both, some null."""
    rng = np.random.default_rng(seed)
    food = [None if draw > 0.95 else bool(draw < 0.35) for draw in rng.random(rows)]
    equipment = (rng.random(rows) < 0.35).tolist()
    ids = [f"E{i:06d}" for i in range(rows)]
    return pa.table({"enterprise_id": ids, "is_food": food, "is_special_equipment": equipment})
