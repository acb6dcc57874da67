"""Matrices become numbers, or an error that lists every fault."""

import numpy as np
import pyarrow as pa
import pytest

from models.errors import ColumnError
from models.learning.columns import (
    column_values,
    matrix_values,
    sector_columns,
    with_numbers,
)
from models.rating.sectors import IndicatorChoice
from tests.models.simulated import INDICATORS


def test_nulls_integers_and_booleans_become_floats() -> None:
    matrix = pa.table(
        {"flag": [True, None, False], "count": [1, None, 3], "void": pa.nulls(3), "x": [0.5, 1, 2]}
    )
    values = matrix_values(matrix, ["x", "flag", "count", "void"])
    nan = np.nan
    expected = [[0.5, 1, 1, nan], [1, nan, nan, nan], [2, 0, 3, nan]]
    np.testing.assert_array_equal(values, expected)
    assert values.dtype == np.float64


def test_nulls_made_numbers_once_are_the_same_values_and_not_copied_again() -> None:
    matrix = pa.table({"id": ["a", "b"], "x": [0.5, None], "kept": [None, 1]})
    numbers = with_numbers(matrix, ["x"])
    np.testing.assert_array_equal(column_values(numbers, "x"), column_values(matrix, "x"))
    assert np.shares_memory(column_values(numbers, "x"), column_values(numbers, "x"))
    assert numbers.select(["id", "kept"]).equals(matrix.select(["id", "kept"]))
    assert numbers.column_names == matrix.column_names


def test_text_is_refused_even_where_it_says_true() -> None:
    matrix = pa.table({"flag": ["True", "False"], "x": [1.0, 2.0], "number": ["1", "2"]})
    with pytest.raises(ColumnError) as refused:
        matrix_values(matrix, ["flag", "x", "number"])
    assert "flag" in refused.value.zh
    assert "number" in refused.value.zh
    assert "x (" not in refused.value.en


def test_every_absent_column_is_named() -> None:
    with pytest.raises(ColumnError, match="one, three"):
        matrix_values(pa.table({"two": [1.0]}), ["one", "two", "three"])


def test_a_sector_sees_the_general_indicators_and_its_own() -> None:
    names = [row.name for row in sector_columns(INDICATORS, IndicatorChoice(sectors=("food",)))]
    assert "food_failed_tests" in names
    assert "units_overdue" not in names
    assert "penalties_24m" in names
    assert len(sector_columns(INDICATORS, None)) == 7
