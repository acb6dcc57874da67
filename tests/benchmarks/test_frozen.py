"""How public registers are judged, and the notebook that tells of one."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from benchmarks.frozen import (
    Judged,
    calibration_line,
    card,
    full_boosting,
    logistic_on_bins,
    mean_table,
    window_table,
    within,
)
from models.errors import CohortError
from models.labels.splits import Cohort
from models.labels.windows import Window

ROOT = Path(__file__).parents[2]
NAMES = ("last_critical_findings", "days_since_last_inspection")


def cohort(rows: int, *, seed: int) -> Cohort:
    """Visits of 2024 whose first indicator tells the risk; SIMULATED."""
    rng = np.random.default_rng(seed)
    found = rng.integers(0, 4, rows).astype(float)
    since = np.where(rng.random(rows) < 0.3, np.nan, rng.integers(60, 900, rows))
    bad = rng.random(rows) < 0.05 + 0.15 * found
    day = np.datetime64("2024-01-01") + rng.integers(0, 60, rows).astype("timedelta64[D]")
    return Cohort(
        Window(date(2023, 12, 31), date(2024, 3, 1), date(2024, 3, 1)),
        NAMES,
        np.column_stack([found, since]),
        np.array([f"E{number}" for number in range(rows)], dtype=object),
        bad,
        day,
        np.full(rows, "routine", dtype=object),
    )


def judged(test: Cohort, training: list[Cohort]) -> Judged:
    log_odds, probability = card(training, test)
    scores = {
        "card": log_odds,
        "boosting": full_boosting(training, test),
        "bins": logistic_on_bins(training, test),
        "none": np.zeros(len(test)),
    }
    who = np.where(np.arange(len(test)) % 2 == 0, "a", "b").astype(object)
    return Judged(date(2024, 1, 1), test.is_bad, test.inspected_on, scores, probability, who)


def test_every_model_finds_what_is_there_and_a_constant_nothing() -> None:
    training = [cohort(1500, seed=1), cohort(1500, seed=2)]
    one = judged(cohort(1200, seed=3), training)
    for name in ("card", "boosting", "bins"):
        assert one.figures(name)["AUC"] > 0.68
        assert one.figures(name)["days earlier"] > 5
    assert one.figures("none")["AUC"] == 0.5
    assert abs(one.probability.mean() - one.is_bad.mean()) < 0.05
    table = mean_table([one, one], ours="card", peer="none")
    assert "| card less none |" in table
    assert window_table([one], shown=["card"]).count("\n") == 2
    assert "over 1200 visits" in calibration_line([one])


def test_a_training_without_rows_is_refused() -> None:
    with pytest.raises(CohortError):
        card([], cohort(10, seed=1))


def test_within_an_inspector_nothing_is_gained_by_knowing_him() -> None:
    days = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    who = np.array(["strict", "mild", "strict", "mild"], dtype=object)
    bad = np.array([False, False, True, False])
    by_person = np.array([1.0, 0.0, 1.0, 0.0])
    by_risk = np.array([0.0, 0.0, 1.0, 0.0])
    assert within(who, bad, by_person, days) == 1.0  # a tie of the two days, two apart
    assert within(who, bad, by_risk, days) == 2.0
    assert np.isnan(within(who, np.zeros(4, dtype=bool), by_risk, days))


@pytest.mark.slow
@pytest.mark.public_data
def test_the_notebook_of_chicago_runs() -> None:
    if not os.environ.get("XINHENG_PUBLIC_DATA"):
        pytest.skip("XINHENG_PUBLIC_DATA names no folder with the public registers")
    done = subprocess.run(
        [sys.executable, str(ROOT / "notebooks" / "chicago_revisited.py")],
        env={**os.environ, "PYTHONPATH": "."},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "inspector alone" in done.stdout
