"""Numbers read by the column say the same as numbers read one by one."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.intake.columns import TextColumn
from features.intake.numbers import WrongCellError, _integer, _money, parse_exact
from features.intake.text import plain

MONEY = pa.decimal128(18, 2)
WRITTEN = st.one_of(
    st.from_regex(r"[0-9]{1,14}(\.[0-9]{1,8})?", fullmatch=True),
    st.from_regex(r"[-+]?[0-9]{1,3}(,[0-9]{3}){0,3}(\.[0-9]{0,3})?", fullmatch=True),
    st.sampled_from(
        ["", "五万", "１２．５", "1 000", "1.2E+17", ".5", "5.", "0.005", "9999999999999999"]
    ),
)


def column_of(*texts: str) -> TextColumn:
    return TextColumn("罚款", pa.array(texts, pa.string()), np.arange(len(texts)))


@given(st.lists(WRITTEN, unique=True, min_size=1), st.sampled_from(["1", "10000", "0.01", "3"]))
def test_money_by_the_column_is_money_one_by_one(texts: list[str], scale: str) -> None:
    parsed = parse_exact(column_of(*texts), scale=Decimal(scale), arrow_type=MONEY)
    for place, text in enumerate(texts):
        try:
            expected = _money(plain(text), scale=Decimal(scale)) if text else None
        except WrongCellError:
            assert place in parsed.faults
            expected = None
        else:
            assert place not in parsed.faults
        assert parsed.values[place].as_py() == expected


@given(st.lists(WRITTEN, unique=True, min_size=1), st.sampled_from(["1", "1000", "0.5"]))
def test_counts_by_the_column_are_counts_one_by_one(texts: list[str], scale: str) -> None:
    parsed = parse_exact(column_of(*texts), scale=Decimal(scale), arrow_type=pa.int64())
    for place, text in enumerate(texts):
        try:
            expected = _integer(plain(text), scale=Decimal(scale)) if text else None
        except WrongCellError:
            assert place in parsed.faults
            expected = None
        assert parsed.values[place].as_py() == expected


@pytest.mark.parametrize("text", ["1.005", "0.001", "12.3456"])
def test_what_is_finer_than_a_cent_is_refused_and_not_rounded(text: str) -> None:
    parsed = parse_exact(column_of(text), scale=Decimal(1), arrow_type=MONEY)
    assert parsed.values[0].as_py() is None
    assert "精确到分以下" in parsed.faults[0].zh
