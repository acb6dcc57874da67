"""Drawn inspections count with the inverse of the probability that they were drawn with."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models.labels.inclusion import DRAWS, design_weights, inclusion_of
from models.learning.calibration import calibrate
from tests.models.simulated import labels_of


def visits(*rows: tuple[str, date, str]) -> pa.Table:
    ids, days, kinds = zip(*rows, strict=True)
    return pa.table({"enterprise_id": ids, "event_on": days, "inspection_kind": kinds})


def test_the_newest_draw_within_a_year_led_to_the_visit() -> None:
    draws = pa.Table.from_pylist(
        [
            {"enterprise_id": "A", "drawn_on": date(2025, 3, 1), "inclusion": 0.10},
            {"enterprise_id": "A", "drawn_on": date(2025, 9, 1), "inclusion": 0.05},
            {"enterprise_id": "B", "drawn_on": date(2024, 1, 1), "inclusion": 0.20},
            {"enterprise_id": "C", "drawn_on": date(2025, 12, 1), "inclusion": 0.30},
        ],
        schema=DRAWS,
    )
    told = inclusion_of(
        visits(
            ("A", date(2025, 10, 1), "double_random"),
            ("B", date(2025, 10, 1), "double_random"),  # drawn more than a year before
            ("C", date(2025, 10, 1), "double_random"),  # drawn later
            ("D", date(2025, 10, 1), "double_random"),  # never drawn
            ("A", date(2025, 10, 1), "routine"),  # not what the draw led to
        ),
        draws,
    )
    np.testing.assert_array_equal(told, [0.05, np.nan, np.nan, np.nan, np.nan])
    assert np.isnan(inclusion_of(visits(("A", date(2025, 10, 1), "double_random")), None)).all()


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
