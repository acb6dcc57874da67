"""Small versions of what benchmarks/double_random.py measures over many rounds."""

import numpy as np

from benchmarks.draw_worlds import (
    coordination,
    inclusion,
    inclusion_statistics,
    industry_turns_bad,
    plan_of,
)
from scoring.double_random.frame import build_frame


def test_an_industry_that_turns_bad_is_found_though_it_was_all_of_grade_a() -> None:
    quarters = industry_turns_bad(enterprises=3000, worlds=6)
    assert (quarters <= 5).all()
    assert (quarters > 1).any()  # or the industry got its share before anybody knew


def test_a_shared_round_spares_visits_and_foretells_nothing() -> None:
    found = coordination(enterprises=2000, departments=8, months=12)
    assert found.visit_share <= 0.30
    assert found.hit_twice <= 0.025
    assert found.foresight <= 0.58  # the full size keeps .55


def test_inclusion_is_even_and_pairs_are_too() -> None:
    frame = build_frame([f"91{number:04d}" for number in range(100)], ["A.due"] * 100)
    hits = inclusion(frame, plan_of({"A.due": 100}, {"A": 200}), draws=1200)
    ratio, pairs = inclusion_statistics(hits, blocks=12)
    assert abs(ratio - 1) < 0.12
    assert abs(pairs - 1) < 0.02
    assert np.unique(hits.sum(axis=1)).tolist() == [20]
