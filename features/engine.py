"""The data engine. The only file that names one; everything else writes Ibis expressions."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import ibis
import pyarrow as pa


class Engine:
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
        settings: dict[str, Any] = {"memory_limit": memory_limit, "threads": threads}
        if spill_folder is not None:
            settings["temp_directory"] = str(spill_folder)
        self._native = duckdb.connect(config=settings)
        self._ibis = ibis.duckdb.from_connection(self._native)
        self._views = 0

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
        return self._ibis.to_pyarrow(expression)

    def write_parquet(self, expression: Any, path: Path) -> None:
        """Run an Ibis expression into one Parquet file, streaming."""
        self._ibis.to_parquet(expression, str(path), compression="zstd")

    def _next_name(self, stem: str) -> str:
        self._views += 1
        return f"xinheng_{stem}_{self._views}"
