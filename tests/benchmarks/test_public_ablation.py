"""An ablation leaves out what it says, and its windows are apart in time."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.public_ablation import ABLATIONS, Ablation, without
from features.indicators import catalogue
from tests.models.simulated import cohort_of


def test_only_the_named_indicators_are_left_out() -> None:
    cohort = cohort_of(date(2024, 1, 1), rows=50, seed=1)
    first, *rest = cohort.names
    less = without(cohort, frozenset({first, "no such name"}))
    assert less.names == tuple(rest)
    np.testing.assert_array_equal(less.columns(rest), cohort.columns(rest))
    assert (less.is_bad == cohort.is_bad).all()


@pytest.mark.parametrize("ablation", ABLATIONS, ids=lambda one: one.register.folder)
def test_windows_follow_one_another_and_steps_name_indicators(ablation: Ablation) -> None:
    windows = list(ablation.windows().items())
    for (_, until), (start, _) in pairwise(windows):
        assert until < start
    known = {row.name for row in catalogue()}
    assert all(names <= known for names in ablation.steps.values())
    assert any(not names for names in ablation.steps.values())
