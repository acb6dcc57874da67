"""One Spark session, and a simulated archive of two ranges, for all tests of this folder."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pytest

from benchmarks.parity import AS_OF
from features.archive import Archive
from features.build import build_context, build_matrix
from features.engine import AnyEngine, Engine, SparkEngine
from features.errors import EngineMissingError
from features.indicators.context import Context
from tests.features.random_records import build, random_tables

# For a few hundred rows, writing Java code for a query takes longer than any way to run it.
SMALL = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
}


@dataclass(frozen=True)
class Built:
    """What one engine makes of the archive."""

    context: Context
    matrix: pa.Table


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkEngine]:
    """Spark on this machine; without it the test is skipped and says why."""
    try:
        opened = SparkEngine(settings=SMALL)
    except EngineMissingError as error:
        pytest.skip(str(error))
    with opened:
        yield opened


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """200 enterprises with 6,000 records of all kinds, in two ranges."""
    tables = random_tables(enterprises=200, records=6_000, seed=20250630)
    return build(tmp_path_factory.mktemp("parity"), tables, range_size=100)


@pytest.fixture(scope="session")
def by_duckdb(archive: Archive) -> Built:
    with Engine() as engine:
        return _built(engine, archive)


@pytest.fixture(scope="session")
def by_spark(spark: SparkEngine, archive: Archive) -> Built:
    return _built(spark, archive)


def _built(engine: AnyEngine, archive: Archive) -> Built:
    context = build_context(engine, archive, as_of=AS_OF)
    matrix = build_matrix(engine, archive, as_of=AS_OF, with_evidence=True, context=context)
    return Built(context, matrix)
