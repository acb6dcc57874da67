"""The simulated city: our AUC beside that of the true risk: `python -m benchmarks.simulated_city`.

The true risk of every enterprise is known here and nowhere else; no pipeline reads it. The models
that are judged were fitted to windows that ended a year before the last day.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.registers import archive_from
from features.engine import Engine
from features.indicators import catalogue
from features.simulation import simulate
from models.configs.training import TrainingConfig, load_config
from models.fitting.calibrations import drawn_rows
from models.labels.cohorts import keep_usable, open_reader
from models.labels.splits import Cohort
from models.labels.windows import plan_windows
from models.rating.scoring_model import GENERAL, ScoringModel
from models.study.evaluate import (
    auc,
    calibration_bins,
    calibration_error,
    calibration_error_corrected,
    calibration_noise,
)
from models.train import train_on

LAST_DAY = date(2026, 10, 31)
RECEIVED_AT = datetime(2026, 11, 1)


def figures(
    scoring: ScoringModel, test: dict[str, Cohort], truth: pd.Series, *, config: TrainingConfig
) -> Iterator[dict[str, object]]:
    """One row per model: AUC of ours and of the true risk on the same enterprises."""
    for model, cohort in test.items():
        known = np.isin(cohort.enterprise_id, truth.index)
        rows = cohort.take(known)
        true_risk = truth.loc[rows.enterprise_id].to_numpy(float)
        log_odds = log_odds_of(scoring, rows, model)
        stated = scoring.calibrations[model](log_odds)
        ours, best = auc(rows.is_bad, log_odds), auc(rows.is_bad, true_risk)
        yield {
            "model": model,
            "rows": len(rows),
            "positives": rows.positives,
            "auc": ours,
            "auc_true_risk": best,
            "ratio": ours / best,
            **_calibration(rows, stated, true_risk, config=config),
        }


def _calibration(
    rows: Cohort,
    stated: npt.NDArray[np.float64],
    true_risk: npt.NDArray[np.float64],
    *,
    config: TrainingConfig,
) -> dict[str, float]:
    """Calibration errors in percentage points.

    Of all inspections, of the drawn ones with what chance alone would show and what is left without
    it, and of the stated probabilities against the true risk, where there is no chance at all.
    """
    drawn = drawn_rows(rows, config=config)
    bad, told = rows.is_bad[drawn], stated[drawn]
    order = np.argsort(stated)
    cuts = [part.mean() for part in np.array_split(true_risk[order], 10)]
    means, _, _ = calibration_bins(rows.is_bad, stated)
    return {
        "all_pp": calibration_error(rows.is_bad, stated),
        "drawn": int(drawn.sum()),
        "drawn_pp": calibration_error(bad, told),
        "chance_pp": calibration_noise(told, rng=np.random.default_rng(0)),
        "beyond_chance_pp": calibration_error_corrected(bad, told),
        "against_truth_pp": 100 * float(np.abs(means - cuts).mean()),
    }


def log_odds_of(scoring: ScoringModel, rows: Cohort, model: str) -> npt.NDArray[np.float64]:
    if model == GENERAL:
        return scoring.scorecard.log_odds(rows.columns(scoring.scorecard.names))
    return scoring.sector_log_odds(rows.columns(scoring.names), model)


@dataclass(frozen=True)
class City:
    """A simulated city's cohorts, and its true risk as of the test window's first day."""

    training: dict[str, list[Cohort]]
    test: dict[str, Cohort]
    truth: pd.Series


@contextmanager
def city_of(enterprises: int, seed: int, *, config: TrainingConfig) -> Iterator[City]:
    """Simulate, import, and read the cohorts of a training whose test window ends on LAST_DAY."""
    with tempfile.TemporaryDirectory() as name, Engine(threads=2) as engine:
        city, work = Path(name) / "city", Path(name) / "work"
        simulate(city, enterprises=enterprises, seed=seed, last_day=LAST_DAY)
        archive = archive_from(city, work, engine=engine, received_at=RECEIVED_AT)
        plan = plan_windows(
            LAST_DAY,
            horizon_months=config.horizon_months,
            spacing_months=config.as_of_spacing_months,
            training_windows=config.training_windows,
        )
        reader = open_reader(
            engine,
            archive,
            config=config,
            latest_known=LAST_DAY,
            tell=lambda step: print(f"  {step}"),
        )
        truth = pd.read_parquet(city / "truth" / "true_risk.parquet")
        at_start = truth[truth["as_of"] == plan.test.as_of].set_index("enterprise_id")
        training = keep_usable([reader.read(window) for window in plan.training], config=config)
        yield City(training, reader.read(plan.test), at_start["true_probability"])


def judge(enterprises: int, seed: int, *, config: TrainingConfig) -> pd.DataFrame:
    """Train on earlier windows, compare on the last year."""
    with city_of(enterprises, seed, config=config) as city:
        scoring = train_on(city.training, indicators=catalogue(), config=config).scoring
        test = {name: one for name, one in city.test.items() if name in scoring.calibrations}
        return pd.DataFrame(figures(scoring, test, city.truth, config=config))


def markdown(table: pd.DataFrame) -> str:
    """A table in Markdown."""
    lines = [table.columns, ["---"] * len(table.columns), *table.to_numpy(dtype=object)]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enterprises", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20261031)
    parser.add_argument("--config", default="default", help="of models/configs, or a file")
    asked = parser.parse_args()
    print(f"SIMULATED city of {asked.enterprises} enterprises, seed {asked.seed}")
    table = judge(asked.enterprises, asked.seed, config=load_config(asked.config))
    print(markdown(table.round(3)))


if __name__ == "__main__":
    main()
