"""The default engine: DuckDB in this process."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from features.engine.interface import AnyEngine, Between, Only, Query, Source, chosen_rows

# Said to whoever runs a command; the copy is of few rows and wanted: see `Engine.fetch`.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")

# Beyond this many values wanted, a join is faster than a list of constants.
_MOST_CONSTANTS = 100
_SIZE = re.compile(r"\s*([0-9.]+)\s*([A-Za-z]*)\s*")


class Engine(AnyEngine):
    """DuckDB in process, under a memory limit, spilling to disk beyond it.

    Parameters
    ----------
    memory_limit
        DuckDB's own notation, for instance ``"2GB"``.
    threads
        Worker threads of the engine.
    spill_folder
        Where it spills; ``None`` keeps DuckDB's default beside the working folder.
    """

    def __init__(
        self, *, memory_limit: str = "2GB", threads: int = 2, spill_folder: Path | None = None
    ) -> None:
        super().__init__()
        self._memory_limit, self._threads = memory_limit, threads
        settings: dict[str, Any] = {"memory_limit": memory_limit, "threads": threads}
        if spill_folder is not None:
            settings["temp_directory"] = str(spill_folder)
        self._native = duckdb.connect(config=settings)
        self._native.execute("load parquet")
        # An archive's files never change, and one enterprise is looked up in many of them.
        self._native.execute("set parquet_metadata_cache = true")
        # Commands show progress of their own, and what they print may be read by a program.
        self._native.execute("set enable_progress_bar = false")
        self._ibis = ibis.duckdb.from_connection(self._native)
        self._statements: dict[str, Any] = {}
        # Names that stand for a table in memory.
        self._registered: set[str] = set()
        # Of names that stand for files: which, and what of them.
        self._views: dict[str, object] = {}
        self._for_few = False

    def close(self) -> None:
        self._native.close()

    @contextmanager
    def side_by_side(self) -> Iterator[tuple[AnyEngine, ...]]:
        if self._threads < 2:
            yield (self,)
            return
        limit, unit = _SIZE.fullmatch(self._memory_limit).groups()  # type: ignore[union-attr]
        half, every = f"{float(limit) / 2}{unit}", self._threads
        spill = Path(f"{self._setting('temp_directory')}-beside")  # files of two would mix
        with Engine(memory_limit=half, threads=every // 2, spill_folder=spill) as other:
            other._plans, other._planning = self._plans, self._planning
            self._set(memory_limit=half, threads=every // 2)
            try:
                yield (self, other)
            finally:
                self._set(memory_limit=self._memory_limit, threads=every)

    def read_parquet(self, paths: Sequence[Path]) -> Any:
        return self._ibis.read_parquet(
            [str(path) for path in paths], table_name=self._next_name("file"), union_by_name=True
        )

    def memory(self, table: pa.Table) -> Any:
        name = self._next_name("memory")
        # Registered on the connection itself: no copy, and released with the engine.
        self._native.register(name, table)
        return self._ibis.table(name)

    def write_query(self, query: Query, path: Path, *, row_group_rows: int | None = None) -> None:
        self._tune(for_few=False)
        groups = f", row_group_size {row_group_rows}" if row_group_rows is not None else ""
        target = str(path).replace("'", "''")
        self._native.execute(
            f"copy ({query.sql}) to '{target}' (format parquet, compression zstd{groups})"
        )

    def bind(
        self,
        name: str,
        source: Source,
        *,
        columns: Sequence[str],
        only: Only | None = None,
        between: Between | None = None,
        in_memory: bool = False,
        filled: pa.Schema | None = None,
    ) -> int | None:
        """As every engine does; columns of `filled` that no file has are null, of its types."""
        view = None if isinstance(source, pa.Table) else (source, tuple(columns), only, between)
        if view is not None and not in_memory and self._views.get(name) == view:
            return None  # an archive's files never change
        self._views.pop(name, None)
        if in_memory:
            table = self._read_few(source, columns, only)
            if self._is_news(name, table):
                self._register(name, table)
            return int(table.num_rows)
        self._empty.pop(name, None)
        if isinstance(source, pa.Table) and only is None and between is None:
            self._register(name, source.select(columns))
            return None
        if name in self._registered:  # a registered table would hide the view
            self._native.unregister(name)
            self._registered.discard(name)
        rows = self._select(source, columns, only, name=name, filled=filled)
        rows = _between(rows, between)
        rows.create_view(name, replace=True)
        self._views[name] = view
        return None

    def prepare(self, expression: Any) -> Query:
        table = expression.as_table()
        return Query(self._ibis.compile(table), table.schema().to_pyarrow())

    def fetch(self, query: Query, *, few: bool = False) -> pa.Table:
        # For many rows the relation spares a copy, for few the parsed statement spares the time.
        if few:
            self._tune(for_few=True)
            found = self._native.execute(self._parsed(query.sql)).to_arrow_table()
        else:
            self._tune(for_few=False)
            found = self._native.sql(query.sql).to_arrow_table()
        # DuckDB adds integers up as 128-bit numbers; the expression's own types are wanted.
        return found.cast(query.schema)

    def batches(self, query: Query, *, rows: int) -> Iterator[pa.Table]:
        """The rows of a query in the order it asks for, some at a time."""
        self._tune(for_few=False)
        for batch in self._native.sql(query.sql).to_arrow_reader(rows):
            yield pa.Table.from_batches([batch]).cast(query.schema)

    def _setting(self, name: str) -> str:
        ((value,),) = self._native.execute("select current_setting(?)", [name]).fetchall()
        return str(value)

    def _set(self, *, memory_limit: str, threads: int) -> None:
        self._native.execute(f"set memory_limit = '{memory_limit}'")
        self._threads = threads
        self._tune(for_few=False, anew=True)

    def _select(
        self,
        source: Source,
        columns: Sequence[str],
        only: Only | None,
        *,
        name: str = "rows",
        filled: pa.Schema | None = None,
    ) -> Any:
        if isinstance(source, pa.Table):
            rows = self._native.from_arrow(source)
        else:
            rows = self._native.read_parquet([str(path) for path in source], union_by_name=True)
        if only is not None and len(only[1]) > _MOST_CONSTANTS:
            rows = rows.join(self._wanted(only, name=name), f"{only[0]} = value_", how="semi")
        elif only is not None and only[1]:
            wanted = [duckdb.ConstantExpression(value) for value in only[1]]
            rows = rows.filter(duckdb.ColumnExpression(only[0]).isin(*wanted))
        elif only is not None:
            rows = rows.limit(0)
        absent = set(columns) - set(rows.columns) if filled is not None else set()
        nulls = self._nulls(filled) if absent else {}
        chosen = {column: duckdb.ColumnExpression(column) for column in columns} | {
            column: nulls[column] for column in absent
        }
        return rows.select(*chosen.values())

    def _nulls(self, schema: pa.Schema) -> dict[str, Any]:
        """A null for every column of a schema."""
        empty = self._native.from_arrow(schema.empty_table())
        return {
            name: duckdb.ConstantExpression(None).cast(kind).alias(name)
            for name, kind in zip(empty.columns, empty.types, strict=True)
        }

    def _wanted(self, only: Only, *, name: str) -> Any:
        """The values wanted for `name`, as rows that stay until it is bound again."""
        listed = f"wanted_for_{name}"
        values = pa.array(only[1], pa.string())
        self._native.register(listed, pa.table({"value_": values}))
        return self._native.view(listed)

    def _read_few(self, source: Source, columns: Sequence[str], only: Only | None) -> pa.Table:
        if isinstance(source, pa.Table):
            return chosen_rows(source, columns, only)
        if only is None or not only[1]:
            return self._select(source, columns, only).to_arrow_table()
        chosen = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" * len(only[1]))
        statement = (
            f"select {chosen} from read_parquet(?, union_by_name = true)"
            f' where "{only[0]}" in ({marks})'
        )
        self._tune(for_few=False)
        return self._native.execute(
            statement, [[str(path) for path in source], *only[1]]
        ).to_arrow_table()

    def _tune(self, *, for_few: bool, anew: bool = False) -> None:
        """For a handful of rows, a better plan or a second thread costs more than it spares."""
        if anew or for_few != self._for_few:
            self._native.execute(f"pragma {'disable' if for_few else 'enable'}_optimizer")
            self._native.execute(f"set threads = {1 if for_few else self._threads}")
            self._for_few = for_few

    def _parsed(self, sql: str) -> Any:
        if sql not in self._statements:
            (self._statements[sql],) = self._native.extract_statements(sql)
        return self._statements[sql]

    def _register(self, name: str, table: pa.Table) -> None:
        self._native.register(name, table)  # which also keeps it alive
        self._registered.add(name)


def _between(rows: Any, bounds: Between | None) -> Any:
    if bounds is None:
        return rows
    column = duckdb.ColumnExpression(bounds[0])
    if bounds[1] is not None:
        rows = rows.filter(column >= duckdb.ConstantExpression(bounds[1]))
    if bounds[2] is not None:
        rows = rows.filter(column < duckdb.ConstantExpression(bounds[2]))
    return rows
