"""The simulated city: our AUC beside that of the true risk: `python -m benchmarks.simulated_city`.

The true risk of every enterprise is known here and nowhere else; no pipeline reads it. The models
that are judged were fitted to windows that ended a year before the last day.
"""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.registers import archive_from
from features.engine import Engine
from features.indicators import catalogue
from features.simulation import simulate
from models.cohorts import keep_usable, open_reader
from models.config import load_config
from models.evaluate import auc, calibration_error
from models.scoring_model import GENERAL, ScoringModel
from models.splits import Cohort, plan_windows
from models.train import train_on

LAST_DAY = date(2026, 10, 31)
RECEIVED_AT = datetime(2026, 11, 1)


def figures(
    scoring: ScoringModel, test: dict[str, Cohort], truth: pd.Series
) -> Iterator[dict[str, object]]:
    """One row per model: AUC of ours and of the true risk on the same enterprises."""
    for model, cohort in test.items():
        known = np.isin(cohort.enterprise_id, truth.index)
        rows = cohort.take(known)
        true_risk = truth.loc[rows.enterprise_id].to_numpy(float)
        log_odds = _log_odds(scoring, rows, model)
        ours, best = auc(rows.is_bad, log_odds), auc(rows.is_bad, true_risk)
        yield {
            "model": model,
            "rows": len(rows),
            "positives": rows.positives,
            "auc": ours,
            "auc_true_risk": best,
            "ratio": ours / best,
            "calibration_error_pp": calibration_error(
                rows.is_bad, scoring.calibrations[model](log_odds)
            ),
        }


def _log_odds(scoring: ScoringModel, rows: Cohort, model: str) -> npt.NDArray[np.float64]:
    if model == GENERAL:
        return scoring.scorecard.log_odds(rows.columns(scoring.scorecard.names))
    return scoring.sector_log_odds(rows.columns(scoring.names), model)


def judge(enterprises: int, seed: int) -> pd.DataFrame:
    """Simulate, import, train on earlier windows, compare on the last year."""
    with tempfile.TemporaryDirectory() as name, Engine(threads=2) as engine:
        city, work = Path(name) / "city", Path(name) / "work"
        simulate(city, enterprises=enterprises, seed=seed, last_day=LAST_DAY)
        archive = archive_from(city, work, engine=engine, received_at=RECEIVED_AT)
        config = load_config("default")
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
        training = keep_usable([reader.read(window) for window in plan.training], config=config)
        held = reader.read(plan.test)
        scoring = train_on(training, indicators=catalogue(), config=config).scoring
        truth = pd.read_parquet(city / "truth" / "true_risk.parquet")
        at_start = truth[truth["as_of"] == plan.test.as_of].set_index("enterprise_id")
        test = {name: one for name, one in held.items() if name in scoring.calibrations}
        return pd.DataFrame(figures(scoring, test, at_start["true_probability"]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enterprises", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20261031)
    asked = parser.parse_args()
    print(f"SIMULATED city of {asked.enterprises} enterprises, seed {asked.seed}")
    print(judge(asked.enterprises, asked.seed).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
