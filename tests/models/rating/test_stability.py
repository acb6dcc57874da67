"""How much a population moved."""

import numpy as np
import pytest

from models.errors import CohortError
from models.rating.stability import migration_matrix, population_stability_index


def test_index_is_nothing_without_change_of_shares() -> None:
    assert population_stability_index([10, 20, 70], [100, 200, 700]) == pytest.approx(0)


def test_index_of_a_case_reckoned_by_hand() -> None:
    # shares .5/.5 then .75/.25: .25*ln(1.5) + (-.25)*ln(.5)
    expected = 0.25 * np.log(1.5) - 0.25 * np.log(0.5)
    assert population_stability_index([50, 50], [75, 25]) == pytest.approx(expected)


def test_an_empty_bin_leaves_the_index_finite() -> None:
    assert 0 < population_stability_index([100, 0], [90, 10]) < 1


@pytest.mark.parametrize(("a", "b"), [([1, 2], [1, 2, 3]), ([0, 0], [1, 2]), ([1, 2], [0, 0])])
def test_other_bins_or_nobody_is_refused(a: list[int], b: list[int]) -> None:
    with pytest.raises(CohortError, match="PSI"):
        population_stability_index(a, b)


def test_matrix_counts_rows_before_and_columns_after() -> None:
    before, after = np.array(list("AABDC")), np.array(list("ABAAC"))
    assert migration_matrix(before, after).tolist() == [
        [1, 1, 0, 0],
        [1, 0, 0, 0],
        [0, 0, 1, 0],
        [1, 0, 0, 0],
    ]


def test_nobody_makes_an_empty_matrix() -> None:
    assert migration_matrix(np.empty(0, "<U1"), np.empty(0, "<U1")).sum() == 0


@pytest.mark.parametrize(("before", "after"), [("AB", "A"), ("AE", "AA")])
def test_matrix_refuses_what_it_cannot_count(before: str, after: str) -> None:
    with pytest.raises(CohortError):
        migration_matrix(np.array(list(before)), np.array(list(after)))
