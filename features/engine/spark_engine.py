"""The engine for more than one machine: Spark. Needs the extra `spark` and Java 17."""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from features.engine.interface import AnyEngine, Between, Only, Query, Source, chosen_rows
from features.engine.spark_sql import spark_sql
from features.errors import EngineMissingError

# Without these the same expression would give other values: instants are naive UTC, and what
# overflows or cannot be read is an error, as it is for DuckDB.
_MEANING = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
_LOCAL = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
}
_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


class SparkEngine(AnyEngine):
    """Spark, in this process's own session or in one that a cluster's tools made.

    The same expressions give the same values as on :class:`features.engine.Engine`; numbers that
    are not whole may differ in their last digits.

    Parameters
    ----------
    master
        Where a session of its own runs, in Spark's notation.
    memory
        Of the driver of a session of its own, in Java's notation.
    spill_folder
        Where a session of its own spills; ``None`` takes the system's temporary folder.
    settings
        More of Spark's settings for a session of its own.
    session
        A ``SparkSession`` that a cluster's tools made. A new session is opened in its application,
        which :meth:`close` leaves running.

    Raises
    ------
    EngineMissingError
        pyspark is not installed, or no Java that it can use is found.
    """

    is_distributed = True

    def __init__(
        self,
        *,
        master: str = "local[2]",
        memory: str = "1g",
        spill_folder: Path | None = None,
        settings: Mapping[str, str] | None = None,
        session: Any | None = None,
    ) -> None:
        super().__init__()
        self._folder = TemporaryDirectory(prefix="xinheng-spark-", dir=spill_folder)
        self._is_own = session is None
        if session is not None:
            session = session.newSession()
        else:
            session, self._is_own = _open_session(
                master, Path(self._folder.name), memory=memory, settings=settings or {}
            )
        for name, value in _MEANING.items():
            session.conf.set(name, value)
        self._session = session

    def close(self) -> None:
        if self._is_own:
            self._session.stop()
        self._folder.cleanup()

    def read_parquet(self, paths: Sequence[Path]) -> Any:
        return self._named(self._next_name("file"), self._files(paths), _schema_of(paths))

    def memory(self, table: pa.Table) -> Any:
        return self._named(self._next_name("memory"), self._rows(table), table.schema)

    def write_query(self, query: Query, path: Path, *, row_group_rows: int | None = None) -> None:
        rows = self._session.sql(query.sql).coalesce(1)
        writer = rows.write.option("compression", "zstd")
        if row_group_rows is not None:
            writer = writer.option("parquet.block.row.count.limit", row_group_rows)
        # Spark writes a folder with one file in it.
        folder = path.with_name(f".{path.name}.parts")
        try:
            writer.parquet(str(folder), mode="overwrite")
            (part,) = folder.glob("part-*.parquet")
            part.replace(path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def bind(
        self,
        name: str,
        source: Source,
        *,
        columns: Sequence[str],
        only: Only | None = None,
        between: Between | None = None,
        in_memory: bool = False,
    ) -> int | None:
        if between is not None and isinstance(source, pa.Table):
            raise TypeError("between is for files")
        if not in_memory and not isinstance(source, pa.Table):
            rows = self._files(source)
            if only is not None:
                wanted = self._rows(pa.table({only[0]: pa.array(only[1], pa.string())}))
                rows = rows.join(wanted.distinct(), on=only[0], how="left_semi")
            if between is not None:
                column, first, next_first = between
                rows = rows if first is None else rows.filter(rows[column] >= first)
                rows = rows if next_first is None else rows.filter(rows[column] < next_first)
            rows.select(*columns).createOrReplaceTempView(name)
            self._empty.pop(name, None)
            return None
        found = _read_few(source, columns, only)
        if self._is_news(name, found):
            self._rows(found).createOrReplaceTempView(name)
        return int(found.num_rows) if in_memory else None

    def prepare(self, expression: Any) -> Query:
        table = expression.as_table()
        return Query(spark_sql(table), table.schema().to_pyarrow())

    def fetch(self, query: Query, *, few: bool = False) -> pa.Table:
        return self._session.sql(query.sql).toArrow().cast(query.schema)

    def map_batches(
        self, table: pa.Table, function: Callable[[Iterator[Any]], Iterator[Any]], schema: pa.Schema
    ) -> pa.Table:
        rows = self._rows(table).mapInArrow(function, _spark_schema(schema))
        return rows.toArrow().cast(schema)

    def _files(self, paths: Sequence[Path]) -> Any:
        # The files' own schema is handed over, or Spark would start a job to look for it.
        schema = _spark_schema(_schema_of(paths))
        return self._session.read.schema(schema).parquet(*[str(path) for path in paths])

    def _rows(self, table: pa.Table) -> Any:
        return self._session.createDataFrame(table, schema=_spark_schema(table.schema))

    def _named(self, name: str, rows: Any, schema: pa.Schema) -> Any:
        rows.createOrReplaceTempView(name)
        return ibis.table(ibis.Schema.from_pyarrow(schema), name=name)


def _open_session(
    master: str, folder: Path, *, memory: str, settings: Mapping[str, str]
) -> tuple[Any, bool]:
    """A session, and whether Spark was started for it: it runs once in a process."""
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise _missing("pyspark") from error
    running = SparkSession.getActiveSession()
    if running is not None:
        return running.newSession(), False
    chosen = {
        **_QUIET,
        **_MEANING,
        **(_LOCAL if master.startswith("local") else {}),
        "spark.driver.memory": memory,
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        **settings,
    }
    try:
        builder = SparkSession.builder.master(master).appName("xinheng")
        session = builder.config(map=chosen).getOrCreate()
        if master.startswith("local"):  # functions in Python find what is installed here
            session.sparkContext.pythonExec = sys.executable
        return session, True
    except PySparkRuntimeError as error:
        if "JAVA_GATEWAY" not in str(error):
            raise
        raise _missing("Java 17") from error


def _missing(what: str) -> EngineMissingError:
    return EngineMissingError(
        f'Spark 引擎无法启动：没有可用的 {what}。请运行 pip install "xinheng[spark]" 并安装'
        " Java 17 或更高版本（java 须在 PATH 中，或由 JAVA_HOME 指明）；不用 Spark 时，默认引擎"
        "不需要它们",
        f"the Spark engine cannot start: no usable {what} was found. Run pip install"
        ' "xinheng[spark]" and install Java 17 or later (java on the PATH, or named by JAVA_HOME);'
        " the default engine needs neither",
    )


def _read_few(source: Source, columns: Sequence[str], only: Only | None) -> pa.Table:
    if isinstance(source, pa.Table):
        return chosen_rows(source, columns, only)
    files = ds.dataset([str(path) for path in source], schema=_schema_of(source))
    wanted = None if only is None else ds.field(only[0]).isin(pa.array(only[1], pa.string()))
    return files.to_table(columns=list(columns), filter=wanted)


def _schema_of(paths: Sequence[Path]) -> pa.Schema:
    """The columns of the files together; a file without one of them has nulls there."""
    return pa.unify_schemas([pq.read_schema(path) for path in paths])


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema, prefer_timestamp_ntz=True)
