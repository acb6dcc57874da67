"""The same expressions give the same values on DuckDB and on Spark."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.parity import AS_OF, compare, same_sums, table_lines
from features.archive import Archive
from features.build import build_matrix
from features.engine import AnyEngine, Engine, SparkEngine
from features.evidence import lookup
from features.indicators import catalogue
from features.outcomes import Label, inspection_outcomes
from features.profile import build_profile
from tests.parity.conftest import Built

pytestmark = pytest.mark.spark

# The natural logarithm is the one function whose last digit differs.
TOLERANCE = 1e-9
LABEL = Label(
    name="problem",
    zh="发现问题",
    en="problem found",
    inspection_kinds=("double_random", "routine", "complaint", "follow_up"),
    bad_result_codes=("3", "E"),
    bad_severities=("critical",),
    matters=None,
    followup_days=60,
)


def test_every_indicator_is_the_same(by_duckdb: Built, by_spark: Built) -> None:
    ours, theirs = by_duckdb.matrix, by_spark.matrix
    assert theirs.schema == ours.schema
    assert theirs["enterprise_id"].equals(ours["enterprise_id"])
    found = compare(ours, theirs)
    print("\n".join(table_lines(found)))
    assert len(found) == len(catalogue())
    assert sum(part.whole for part in found.values()) > len(found) // 2
    for name, part in found.items():
        assert part.unequal_whole == 0, name
        assert part.largest_difference <= TOLERANCE, name
        assert part.null_differences == 0, name
        assert part.evidence_differences == 0, name


def test_sums_over_the_archive_are_the_same(by_duckdb: Built, by_spark: Built) -> None:
    assert same_sums(by_duckdb.context, by_spark.context)


def test_ranges_together_are_the_whole(
    spark: SparkEngine, archive: Archive, by_spark: Built
) -> None:
    assert archive.range_count == 2
    ranges = [
        build_matrix(
            spark,
            archive,
            as_of=AS_OF,
            range_no=number,
            with_evidence=True,
            context=by_spark.context,
        )
        for number in range(archive.range_count)
    ]
    assert all(part.num_rows > 0 for part in ranges)
    assert pa.concat_tables(ranges).equals(by_spark.matrix)


def test_one_enterprise_alone_is_its_row_in_the_batch(
    spark: SparkEngine, archive: Archive, by_spark: Built
) -> None:
    place = 60
    enterprise = by_spark.matrix["enterprise_id"][place].as_py()
    alone = build_matrix(
        spark,
        archive,
        as_of=AS_OF,
        enterprise_ids=[enterprise],
        with_evidence=True,
        context=by_spark.context,
    )
    assert alone.equals(by_spark.matrix.slice(place, 1))


def test_profiles_are_the_same(spark: SparkEngine, archive: Archive) -> None:
    ours, theirs = _both(spark, lambda engine: build_profile(engine, archive, as_of=AS_OF))
    assert ours.num_rows > 0
    assert theirs.equals(ours)


def test_outcomes_are_the_same(spark: SparkEngine, archive: Archive) -> None:
    ours, theirs = _both(
        spark,
        lambda engine: inspection_outcomes(
            engine,
            archive,
            after=date(2022, 1, 1),
            until=date(2025, 1, 1),
            known_by=AS_OF,
            label=LABEL,
        ),
    )
    assert 0 < sum(ours["is_bad"].to_pylist()) < ours.num_rows
    assert theirs.equals(ours)


def test_evidence_is_the_same(spark: SparkEngine, archive: Archive, by_duckdb: Built) -> None:
    names = [name for name in by_duckdb.matrix.column_names if name.endswith("__record")]
    ids = {value for name in names for value in by_duckdb.matrix[name].to_pylist()[:10]} - {None}
    ours, theirs = _both(spark, lambda engine: lookup(engine, archive, sorted(ids)))
    assert ours.num_rows == len(ids)
    assert theirs.equals(ours)


def _both(spark: SparkEngine, make: Callable[[AnyEngine], pa.Table]) -> tuple[pa.Table, pa.Table]:
    with Engine() as engine:
        return make(engine), make(spark)


def test_numbers_nulls_and_instants_mean_the_same(spark: SparkEngine) -> None:
    table = pa.table(
        {
            "number": pa.array([1, 2, None], pa.int64()),
            "ratio": pa.array([float("nan"), 0.1, None]),
            "known_at": pa.array([datetime(2025, 1, 31, 16, 30)] * 3, pa.timestamp("us")),
            "day": pa.array([date(2024, 2, 29), date(2024, 1, 31), None]),
        }
    )

    def made(engine: AnyEngine) -> pa.Table:
        rows = engine.memory(table)
        return engine.to_arrow(
            rows.select(
                third=rows.number / (3 * 0.7),
                ratio_is_unknown=rows.ratio.isnull(),
                is_one_unknown=rows.number.isin([1]).isnull(),
                is_late=rows.known_at >= datetime(2025, 1, 31, 16),
                later=(rows.day + ibis.interval(months=1)).cast("date"),
                days=ibis.literal(date(2025, 1, 1)).delta(rows.day, unit="day"),
                many=rows.count(where=rows.ratio < rows.number).over(),
            ).order_by("third")
        )

    ours, theirs = _both(spark, made)
    assert str(theirs.to_pylist()) == str(ours.to_pylist())  # NaN is not equal to itself
    nothing = table.filter(pa.array([False] * 3)).append_column("k", pa.nulls(0, pa.string()))
    counted = spark.memory(nothing)
    assert spark.to_arrow(counted.aggregate(n=counted.count(where=counted.number > 1)))[
        "n"
    ].to_pylist() == [0]


def test_parquet_is_read_bound_and_written(spark: SparkEngine, tmp_path: Path) -> None:
    for number in range(2):
        rows = {"key": [f"k{number}{n}" for n in range(50)], "n": list(range(50))}
        pq.write_table(pa.table(rows), tmp_path / f"{number}.parquet")
    paths = tuple(sorted(tmp_path.glob("?.parquet")))
    table = spark.read_parquet(paths)
    ordered = spark.prepare(table.order_by("key"))
    spark.write_query(ordered, tmp_path / "all.parquet", row_group_rows=20)
    written = pq.ParquetFile(tmp_path / "all.parquet")
    assert written.read()["key"].to_pylist() == sorted(f"k{m}{n}" for m in "01" for n in range(50))
    assert written.metadata.row_group(0).num_rows == 20
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "0.parquet",
        "1.parquet",
        "all.parquet",
    ]

    bound = ibis.table({"key": "string", "n": "int64"}, name="bound")
    query = spark.prepare(bound.order_by("key"))
    only: Any = ("key", ["k07", "k17", "nobody"])
    for in_memory, told in ((False, None), (True, 2)):
        assert (
            spark.bind("bound", paths, columns=["key", "n"], only=only, in_memory=in_memory) == told
        )
        assert spark.fetch(query)["key"].to_pylist() == ["k07", "k17"]
    for in_memory, told in ((False, None), (True, 0)):
        nobody = spark.bind(
            "bound", paths, columns=["key", "n"], only=("key", []), in_memory=in_memory
        )
        assert nobody == told
        assert spark.fetch(query).num_rows == 0
    spark.bind("bound", paths, columns=["key", "n"])
    assert spark.fetch(query).num_rows == 100
    nothing = pa.table({"key": pa.array([], pa.string())})
    spark.bind("bound", nothing, columns=["key"])
    wider = nothing.append_column("n", pa.array([], pa.int64()))
    spark.bind("bound", wider, columns=["key", "n"])
    assert spark.fetch(query).num_rows == 0


def test_a_second_engine_leaves_the_first_its_session(spark: SparkEngine) -> None:
    first = spark.memory(pa.table({"n": [1]}))
    with SparkEngine() as second:
        assert second.to_arrow(second.memory(pa.table({"n": [2]})))["n"].to_pylist() == [2]
    assert spark.to_arrow(first)["n"].to_pylist() == [1]


def test_missing_java_is_told_in_both_languages(spark: SparkEngine) -> None:
    done = _in_python(
        "from features.engine import SparkEngine; SparkEngine()", JAVA_HOME="/nowhere"
    )
    assert "EngineMissingError" in done
    assert "Java 17" in done
    assert 'pip install "xinheng[spark]"' in done


def _in_python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "/usr/bin:/bin", **environment},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stderr
