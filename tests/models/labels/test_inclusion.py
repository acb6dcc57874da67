"""Drawn inspections count with the inverse of the probability that they were drawn with."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models.labels.inclusion import design_weights, inclusion_of
from models.learning.calibration import calibrate
from tests.models.simulated import labels_of


def outcomes(*rows: tuple[str, date, str, float | None]) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table(
        dict(
            zip(("enterprise_id", "event_on", "inspection_kind", "inclusion"), columns, strict=True)
        )
    )


def test_a_visit_has_the_probability_of_the_draw_that_led_to_it() -> None:
    day, later = date(2025, 10, 1), date(2025, 11, 1)
    every = outcomes(
        ("A", day, "double_random", None),  # the same visit as another department's file has it
        ("A", day, "double_random", 0.05),
        ("A", later, "double_random", 0.10),
        ("B", day, "double_random", None),
        ("C", day, "routine", None),
        ("C", day, "double_random", 0.30),
    )
    told = inclusion_of(every.take([0, 3, 4]).drop_columns("inclusion"), every)
    np.testing.assert_array_equal(told, [0.05, np.nan, np.nan])


def test_weights_have_mean_one_and_nobody_outweighs_ten() -> None:
    inclusion = np.array([0.5] * 999 + [0.0001, np.nan])
    weight = design_weights(inclusion)
    assert weight[-1] == 1
    assert weight[-2] == 10
    assert design_weights(np.array([0.1, 0.2, 0.4])).mean() == pytest.approx(1)


def test_weights_mend_the_rate_of_a_draw_that_favoured_the_bad() -> None:
    """Half of the lax are drawn and one in twenty of the others, by a fact the score lacks."""
    rng = np.random.default_rng(5)
    score = rng.normal(-2, 1, 60_000)
    lax = rng.random(len(score)) < 0.3
    bad = labels_of(score + 1.5 * lax, seed=6)
    inclusion = np.where(lax, 0.5, 0.05)
    drawn = rng.random(len(score)) < inclusion
    weight = design_weights(inclusion[drawn])
    mended = calibrate(score[drawn], bad[drawn], isotonic_from=10**9, weight=weight)
    naive = calibrate(score[drawn], bad[drawn], isotonic_from=10**9)
    assert mended(score).mean() == pytest.approx(bad.mean(), abs=0.01)
    assert naive(score).mean() > bad.mean() + 0.05
