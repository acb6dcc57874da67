"""A cohort holds the first inspection of each enterprise."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models.errors import CohortError
from models.labels.splits import Cohort, enterprise_folds, join_cohorts, make_cohort
from models.labels.windows import Window

WINDOW = Window(date(2023, 12, 31), date(2024, 12, 31), date(2024, 12, 31))


def outcomes(*rows: tuple[str, date, str, bool]) -> pa.Table:
    names = ["enterprise_id", "event_on", "inspection_kind", "is_bad"]
    kinds = [pa.string(), pa.date32(), pa.string(), pa.bool_()]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 4
    named = {n: pa.array(list(c), k) for n, c, k in zip(names, columns, kinds, strict=True)}
    return pa.table({**named, "inclusion": pa.nulls(len(rows), pa.float64())})


MATRIX = pa.table({"enterprise_id": ["A", "B", "C"], "x": [1.0, None, 3.0]})


def test_the_first_inspection_labels_and_the_worst_of_its_day_counts() -> None:
    found = outcomes(
        ("C", date(2024, 9, 1), "routine", True),
        ("C", date(2024, 2, 1), "double_random", False),
        ("A", date(2024, 5, 5), "routine", False),
        ("A", date(2024, 5, 5), "special", True),
        ("Z", date(2024, 5, 5), "special", True),
    )
    cohort = make_cohort(MATRIX, found, window=WINDOW, names=["x"])
    assert cohort.enterprise_id.tolist() == ["A", "C"]
    assert cohort.is_bad.tolist() == [True, False]
    assert cohort.inspection_kind.tolist() == ["special", "double_random"]
    assert cohort.inspected_on.tolist() == [date(2024, 5, 5), date(2024, 2, 1)]
    assert cohort.values[:, 0].tolist() == [1.0, 3.0]
    assert cohort.positives == 1


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2025, 1, 1)])
def test_an_inspection_outside_the_window_is_refused(day: date) -> None:
    with pytest.raises(CohortError, match=str(day)):
        make_cohort(MATRIX, outcomes(("A", day, "routine", True)), window=WINDOW, names=["x"])


def test_nobody_inspected_gives_an_empty_cohort() -> None:
    cohort = make_cohort(MATRIX, outcomes(), window=WINDOW, names=["x"])
    assert len(cohort) == 0
    assert cohort.values.shape == (0, 1)


def test_an_enterprise_twice_in_the_matrix_is_refused_by_name() -> None:
    twice = pa.concat_tables([MATRIX, MATRIX.slice(1, 1)])
    with pytest.raises(CohortError, match="B"):
        make_cohort(
            twice, outcomes(("A", date(2024, 2, 1), "routine", True)), window=WINDOW, names=["x"]
        )


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(CohortError):
        Cohort(
            WINDOW,
            ("x",),
            np.zeros((2, 1)),
            np.array(["A", "B"], dtype=object),
            np.array([True]),
            np.array(["2024-01-01"] * 2, dtype="datetime64[D]"),
            np.array(["routine"] * 2, dtype=object),
        )


def test_folds_follow_the_enterprise_not_its_row() -> None:
    ids = np.array([f"E{i:05d}" for i in range(3000)], dtype=object)
    folds = enterprise_folds(ids, 4)
    shuffled = np.random.default_rng(0).permutation(3000)
    assert (enterprise_folds(ids[shuffled], 4) == folds[shuffled]).all()
    assert np.bincount(folds, minlength=4).min() > 600


def test_joined_cohorts_keep_their_rows_in_order() -> None:
    one = make_cohort(
        MATRIX, outcomes(("A", date(2024, 2, 1), "routine", True)), window=WINDOW, names=["x"]
    )
    two = make_cohort(
        MATRIX, outcomes(("C", date(2024, 3, 1), "routine", False)), window=WINDOW, names=["x"]
    )
    joined = join_cohorts([one, two])
    assert joined.enterprise_id.tolist() == ["A", "C"]
    assert joined.is_bad.tolist() == [True, False]
    assert joined.take(joined.is_bad).enterprise_id.tolist() == ["A"]
