"""The data engine. The only file that names one; everything else writes Ibis expressions."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

import duckdb
import ibis
import pyarrow as pa
import pyarrow.compute as pc

# What rows come from: Parquet files of one schema, or a table in memory (pa.Table).
Source: TypeAlias = tuple[Path, ...] | Any
T = TypeVar("T")


@dataclass(frozen=True)
class Query:
    """An expression written out for one engine, to be run as often as its inputs are bound."""

    sql: str
    schema: pa.Schema


class Engine:
    """DuckDB in process, under a memory limit, spilling to disk beyond it.

    Two ways to use it. *Read and run*: :meth:`read_parquet`, :meth:`memory`, :meth:`to_arrow`,
    for a question asked once. *Bind and prepare*: expressions over named inputs are written out
    once (:meth:`prepare`, kept by :meth:`once`) and run over whatever the names are bound to, so
    that a thousand enterprises asked for one by one, or a thousand ranges, pay for the writing
    once. One thread at a time.

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
        settings: dict[str, Any] = {"memory_limit": memory_limit, "threads": threads}
        if spill_folder is not None:
            settings["temp_directory"] = str(spill_folder)
        self._native = duckdb.connect(config=settings)
        self._native.execute("load parquet")
        # An archive's files never change, and one enterprise is looked up in many of them.
        self._native.execute("set parquet_metadata_cache = true")
        self._ibis = ibis.duckdb.from_connection(self._native)
        self._views = 0
        self._plans: dict[Hashable, Any] = {}
        self._statements: dict[str, Any] = {}
        # Names that stand for a table in memory, and those of them that stand for no rows.
        self._registered: set[str] = set()
        self._empty: set[str] = set()
        self._optimising = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of memory and spill files."""
        self._native.close()

    def read_parquet(self, paths: Sequence[Path]) -> Any:
        """One table over all `paths` (Ibis, lazy); columns are matched by name."""
        return self._ibis.read_parquet(
            [str(path) for path in paths], table_name=self._next_name("file"), union_by_name=True
        )

    def memory(self, table: pa.Table) -> Any:
        """A table held in memory (Ibis)."""
        name = self._next_name("memory")
        # Registered on the connection itself: no copy, and released with the engine.
        self._native.register(name, table)
        return self._ibis.table(name)

    def to_arrow(self, expression: Any) -> pa.Table:
        """Run an Ibis expression and return its rows."""
        return self.fetch(self.prepare(expression))

    def write_parquet(self, expression: Any, path: Path) -> None:
        """Run an Ibis expression into one Parquet file, streaming."""
        self.write_query(self.prepare(expression), path)

    def write_query(self, query: Query, path: Path, *, row_group_rows: int | None = None) -> None:
        """Run a query into one Parquet file, streaming."""
        self._optimise(on=True)
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
        only: tuple[str, Sequence[str]] | None = None,
        between: tuple[str, str | None, str | None] | None = None,
        in_memory: bool = False,
    ) -> int | None:
        """Let `name` stand for the rows of `source` until it is bound again.

        `only` keeps the rows whose text column holds one of some values; `between` those from a
        first value up to, and without, the next one; `in_memory` reads them once and tells how
        many there are.
        """
        if in_memory:
            table = self._read_few(source, columns, only)
            if table.num_rows or name not in self._empty:
                self._native.register(name, table)
                self._registered.add(name)
            (self._empty.discard if table.num_rows else self._empty.add)(name)
            return int(table.num_rows)
        self._empty.discard(name)
        if isinstance(source, pa.Table) and only is None and between is None:
            self._native.register(name, source.select(columns))  # which also keeps it alive
            self._registered.add(name)
            return None
        if name in self._registered:  # a registered table would hide the view
            self._native.unregister(name)
            self._registered.discard(name)
        rows = _between(self._select(source, columns, only), between)
        rows.create_view(name, replace=True)
        return None

    def prepare(self, expression: Any) -> Query:
        """Write an expression over bound or read tables out for this engine."""
        table = expression.as_table()
        return Query(self._ibis.compile(table), table.schema().to_pyarrow())

    def fetch(self, query: Query, *, few: bool = False) -> pa.Table:
        """Run a query and return its rows; `few` where there cannot be many."""
        # For many rows the relation spares a copy, for few the parsed statement spares the time.
        if few:
            self._optimise(on=False)
            found = self._native.execute(self._parsed(query.sql)).to_arrow_table()
        else:
            self._optimise(on=True)
            found = self._native.sql(query.sql).to_arrow_table()
        # DuckDB adds integers up as 128-bit numbers; the expression's own types are wanted.
        return found.cast(query.schema)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave the first time for `key`: a plan of prepared queries."""
        if key not in self._plans:
            self._plans[key] = make()
        plan: T = self._plans[key]
        return plan

    def _select(
        self, source: Source, columns: Sequence[str], only: tuple[str, Sequence[str]] | None
    ) -> Any:
        if isinstance(source, pa.Table):
            rows = self._native.from_arrow(source)
        else:
            rows = self._native.read_parquet([str(path) for path in source], union_by_name=True)
        if only is not None and only[1]:
            wanted = [duckdb.ConstantExpression(value) for value in only[1]]
            rows = rows.filter(duckdb.ColumnExpression(only[0]).isin(*wanted))
        elif only is not None:
            rows = rows.limit(0)
        return rows.select(*[duckdb.ColumnExpression(column) for column in columns])

    def _read_few(
        self, source: Source, columns: Sequence[str], only: tuple[str, Sequence[str]] | None
    ) -> pa.Table:
        if isinstance(source, pa.Table):
            rows = source.select(columns)
            if only is None:
                return rows
            return rows.filter(pc.is_in(source[only[0]], pa.array(only[1], pa.string())))
        if only is None or not only[1]:
            return self._select(source, columns, only).to_arrow_table()
        chosen = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" * len(only[1]))
        statement = (
            f"select {chosen} from read_parquet(?, union_by_name = true)"
            f' where "{only[0]}" in ({marks})'
        )
        self._optimise(on=True)
        return self._native.execute(
            statement, [[str(path) for path in source], *only[1]]
        ).to_arrow_table()

    def _optimise(self, *, on: bool) -> None:
        """For a handful of rows, looking for a better plan takes longer than any plan."""
        if on != self._optimising:
            self._native.execute(f"pragma {'enable' if on else 'disable'}_optimizer")
            self._optimising = on

    def _parsed(self, sql: str) -> Any:
        if sql not in self._statements:
            (self._statements[sql],) = self._native.extract_statements(sql)
        return self._statements[sql]

    def _next_name(self, stem: str) -> str:
        self._views += 1
        return f"xinheng_{stem}_{self._views}"


def _between(rows: Any, bounds: tuple[str, str | None, str | None] | None) -> Any:
    if bounds is None:
        return rows
    column = duckdb.ColumnExpression(bounds[0])
    if bounds[1] is not None:
        rows = rows.filter(column >= duckdb.ConstantExpression(bounds[1]))
    if bounds[2] is not None:
        rows = rows.filter(column < duckdb.ConstantExpression(bounds[2]))
    return rows
