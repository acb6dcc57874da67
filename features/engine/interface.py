"""What every data engine can do: the main flows run on any of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

# What rows come from: Parquet files of one schema, or a table in memory (pa.Table).
Source: TypeAlias = tuple[Path, ...] | Any
# A text column, and the values of it that are wanted.
Only: TypeAlias = tuple[str, Sequence[str]]
# A text column, the first value wanted and the first one not wanted any more; None at an end.
Between: TypeAlias = tuple[str, str | None, str | None]
T = TypeVar("T")


@dataclass(frozen=True)
class Query:
    """An expression written out for one engine, to be run as often as its inputs are bound."""

    sql: str
    schema: pa.Schema


class AnyEngine(ABC):
    """Runs Ibis expressions.

    Two ways to use one. *Read and run*: :meth:`read_parquet`, :meth:`memory`, :meth:`to_arrow`,
    for a question asked once. *Bind and prepare*: expressions over named inputs are written out
    once (:meth:`prepare`, kept by :meth:`once`) and run over whatever the names are bound to, so
    that a thousand enterprises asked for one by one, or a thousand ranges, pay for the writing
    once. One thread at a time.
    """

    # Whether rows are better computed where the engine runs than here.
    is_distributed = False

    def __init__(self) -> None:
        self._plans: dict[Hashable, Any] = {}
        self._planning = RLock()
        self._names = 0
        # Under each key: what was bound last, and what binding it gave.
        self._held: dict[str, tuple[object, Any]] = {}
        # The records that were read into memory last (features.indicators.records): whoever binds
        # others says so here.
        self.in_hand: object = None
        # Of each name that stands for no rows: the columns it has.
        self._empty: dict[str, list[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of memory and spill files."""

    @abstractmethod
    def read_parquet(self, paths: Sequence[Path]) -> Any:
        """One table over all `paths` (Ibis, lazy); columns are matched by name."""

    @abstractmethod
    def memory(self, table: pa.Table) -> Any:
        """A table held in memory (Ibis)."""

    @abstractmethod
    def write_query(self, query: Query, path: Path, *, row_group_rows: int | None = None) -> None:
        """Run a query into one Parquet file, streaming.

        Small row groups let one enterprise be found without reading much more.
        """

    def write_parquet(self, expression: Any, path: Path) -> None:
        """Run an Ibis expression into one Parquet file, streaming."""
        self.write_query(self.prepare(expression), path)

    @abstractmethod
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
        """Let `name` stand for the rows of `source` until it is bound again.

        `only` keeps the rows whose text column holds one of some values, `between` those from a
        first value up to, and without, the next one; `in_memory` reads the wanted rows once and
        tells how many there are.
        """

    @abstractmethod
    def prepare(self, expression: Any) -> Query:
        """Write an expression over bound or read tables out for this engine."""

    @abstractmethod
    def fetch(self, query: Query, *, few: bool = False) -> pa.Table:
        """Run a query and return its rows; `few` where there cannot be many.

        Rows come in the order that the expression asks for, else in any.
        """

    def to_arrow(self, expression: Any) -> pa.Table:
        """Run an Ibis expression and return its rows."""
        return self.fetch(self.prepare(expression))

    def map_batches(
        self, table: pa.Table, function: Callable[[Iterator[Any]], Iterator[Any]], schema: pa.Schema
    ) -> pa.Table:
        """Run a function of record batches over a table, where the engine computes.

        The function must carry what it needs with it. Rows come in any order.
        """
        return pa.Table.from_batches(function(iter(table.to_batches())), schema=schema)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave the first time for `key`: a plan of prepared queries."""
        with self._planning:  # an engine beside this one may want the same plan
            if key not in self._plans:
                self._plans[key] = make()
            plan: T = self._plans[key]
        return plan

    @contextmanager
    def side_by_side(self) -> Iterator[tuple["AnyEngine", ...]]:
        """Engines for threads that work at the same time, this one among them.

        Together they use the memory and the threads that this one has, and they share its plans.
        One alone where there is nothing to share, or where it spreads the work itself.
        """
        yield (self,)

    def holding(self, key: str, owner: object, make: Callable[[], T]) -> T:
        """What `make` gave for `owner`, which nobody else has asked for under `key` since then.

        Binding the same sums again for each of many enterprises takes time.
        """
        held = self._held.get(key)
        if held is None or held[0] is not owner:
            self._held[key] = held = (owner, make())
        made: T = held[1]
        return made

    def _is_news(self, name: str, rows: pa.Table) -> bool:
        """Note that `name` will stand for `rows`; whether that changes anything.

        One enterprise has no records of most kinds; binding nothing anew to each takes time.
        """
        before = self._empty.pop(name, None)
        if not rows.num_rows:
            self._empty[name] = list(rows.column_names)
        return bool(rows.num_rows) or before != rows.column_names

    def _next_name(self, stem: str) -> str:
        self._names += 1
        return f"xinheng_{stem}_{self._names}"


def chosen_rows(table: pa.Table, columns: Sequence[str], only: Only | None) -> pa.Table:
    """The wanted columns and rows of a table in memory."""
    rows = table.select(columns)
    if only is None:
        return rows
    return rows.filter(pc.is_in(table[only[0]], pa.array(only[1], pa.string())))
