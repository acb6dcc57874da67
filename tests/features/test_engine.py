"""What names are bound to; what Spark is asked, and what is said where it is missing."""

import sys
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.engine import Engine, SparkEngine
from features.engine.spark_sql import spark_sql
from features.errors import EngineMissingError

ROWS = ibis.table({"n": "int64", "ratio": "float64", "code": "string"}, name="rows")


def test_a_fraction_is_no_decimal() -> None:
    assert "CAST('365.2425' AS DOUBLE)" in spark_sql(ROWS.select(x=ROWS.n / 365.2425))


def test_a_null_test_of_a_list_is_in_parentheses() -> None:
    sql = spark_sql(ROWS.select(x=ROWS.code.isin(["a", "b"]).isnull()))
    assert "(`t0`.`code` IN ('a', 'b')) IS NULL" in sql


def test_not_a_number_is_no_null() -> None:
    sql = spark_sql(ROWS.select(x=ROWS.ratio.isnull(), y=ROWS.ratio.notnull()))
    assert "NAN" not in sql.upper()


def test_a_count_of_nothing_known_is_zero() -> None:
    assert "COUNT_IF" in spark_sql(ROWS.aggregate(x=ROWS.count(where=ROWS.n > 1)))


def test_missing_pyspark_is_told_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(EngineMissingError) as raised:
        SparkEngine()
    for text in (raised.value.zh, raised.value.en):
        assert 'pip install "xinheng[spark]"' in text
        assert "Java 17" in text


def test_a_name_stands_for_what_it_was_bound_to_last(engine: Engine, tmp_path: Path) -> None:
    rows = pa.table({"n": [1, 2], "m": [3, 4]})
    path = tmp_path / "rows.parquet"
    pq.write_table(rows, path)
    bound = ibis.table({"n": "int64"}, name="bound")
    query = engine.prepare(bound)
    wider = engine.prepare(ibis.table({"n": "int64", "m": "int64"}, name="bound"))
    nothing = rows.slice(0, 0)
    for _ in range(2):
        engine.bind("bound", nothing, columns=["n"], in_memory=True)
        assert engine.fetch(query).num_rows == 0
        engine.bind("bound", (path,), columns=["n"])
        assert engine.fetch(query).num_rows == 2
    engine.bind("bound", nothing, columns=["n"], in_memory=True)
    engine.bind("bound", nothing, columns=["n", "m"], in_memory=True)
    assert engine.fetch(wider).num_rows == 0
