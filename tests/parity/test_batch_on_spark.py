"""The same batch on DuckDB and on Spark: identical grades."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.parity import AS_OF
from features.archive import Archive
from features.build import build_matrix
from features.engine import AnyEngine, Engine, SparkEngine
from features.profile import build_profile
from models.rating.engine_rating import rate_on
from scoring.batch import grade_population
from scoring.run_folder import Run
from tests.scoring.small_model import small_model

pytestmark = pytest.mark.spark


def graded(engine: AnyEngine, archive: Archive, runs_dir: Path) -> Run:
    return grade_population(
        engine,
        archive,
        small_model(),
        as_of=AS_OF,
        region="440500",
        runs_dir=runs_dir,
        created_at=datetime(2025, 7, 1),
    )


def test_grades_are_identical(spark: SparkEngine, archive: Archive, tmp_path: Path) -> None:
    with Engine() as engine:
        ours = graded(engine, archive, tmp_path / "duckdb")
    theirs = graded(spark, archive, tmp_path / "spark")
    rows = pq.read_table(ours.grades_file)
    assert set(rows["sector_model"].to_pylist()) == {"general", "food"}
    assert pq.read_table(theirs.grades_file).equals(rows)
    assert theirs.manifest["grades"] == ours.manifest["grades"]


def test_the_card_inside_spark_gives_the_same_bits(spark: SparkEngine, archive: Archive) -> None:
    model = small_model()
    with Engine() as engine:
        matrix = build_matrix(engine, archive, as_of=AS_OF, names=model.names)
        profile = build_profile(engine, archive, as_of=AS_OF)
    ours, theirs = model.rate(matrix, profile), rate_on(spark, model, matrix, profile)
    for name in ("general_log_odds", "log_odds", "probability", "points"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
