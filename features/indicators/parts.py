"""What one source says of each enterprise: one query, or its records counted run by run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.operations import Field
from numpy.typing import NDArray

from features.catalogue import ENTERPRISE_NO
from features.engine import AnyEngine, Query
from features.indicators.formulas import Formula, Leaf
from features.indicators.measures import Aggregate, latest
from features.indicators.moment import Moment
from features.indicators.records import Records
from features.indicators.runs import Runs
from features.indicators.sources import PREPARATIONS
from features.indicators.spans import Spans

STATUS = latest("registration", "status")
# Enterprises that left the district's register are no longer graded or drawn.
GONE = ("deregistered", "moved_out")
IDENTITY = "enterprise_id"
# The source that says which enterprises there are.
OWN = "registration"
_AGGREGATED = "aggregated"
# A table of numbers may be this many times as long as there are numbers.
_CLOSE = 16


@dataclass(frozen=True)
class Output:
    """A column: formulas, and what is made of their Ibis values."""

    formulas: tuple[Formula, ...]
    combine: Callable[[Sequence[Any]], Any]

    def value(self, columns: "Columns") -> Any:
        """Its Ibis expression."""
        return self.combine([formula.value(columns) for formula in self.formulas])

    def leaves(self) -> Iterator[Leaf]:
        """What must be computed before it."""
        for formula in self.formulas:
            yield from formula.leaves()

    @property
    def source(self) -> str | None:
        """The one source that decides it; None where several do, or other enterprises."""
        sources = {leaf.source if isinstance(leaf, Aggregate) else None for leaf in self.leaves()}
        return sources.pop() if len(sources) == 1 else None


@dataclass(frozen=True)
class Columns:
    """An Ibis table and in which of its columns each leaf is."""

    table: Any
    names: Mapping[Leaf, str]
    moment: Moment

    def of(self, leaf: Leaf) -> Any:
        """The column of a leaf."""
        return self.table[self.names[leaf]]


@dataclass
class Part:
    """What one source says of an enterprise, and what is said of one without its records.

    `by_run` gives the same as `expression`, faster for many enterprises; None where it cannot.
    """

    expression: Any
    kinds: frozenset[str]
    columns: tuple[str, ...]
    absent: pa.Table
    by_run: "ByRun | None" = None
    _key: object = field(default_factory=object)

    def rows(self, engine: AnyEngine, *, few: bool) -> pa.Table:
        """One row per enterprise with records of the source."""
        if self.by_run is not None and not few:
            return self.by_run.rows(engine)
        # The longest to write of all, and not everybody needs it.
        query = engine.once(("part", self._key), lambda: engine.prepare(self.expression))
        return engine.fetch(query, few=few)

    @property
    def types(self) -> dict[str, pa.DataType]:
        """Of its columns."""
        schema = self.expression.schema().to_pyarrow()
        return {name: schema.field(name).type for name in self.columns}

    def beside(self, numbers: Any, rows: pa.Table) -> dict[str, Any]:
        """The columns of `rows` for the enterprises with these numbers."""
        places = places_of(numbers.to_numpy(), rows[ENTERPRISE_NO].to_numpy())
        return {
            name: _looked_up(rows[name].combine_chunks(), places, self.absent[name][0])
            for name in self.columns
        }


@dataclass(frozen=True, eq=False)
class ByRun:
    """What one source says in two queries: first rows, `together`, and what is made of those.

    `kept` are the columns that are aggregates as they are, by the names of those: they need not
    pass through the engine.
    """

    first: Any
    together: Callable[[pa.Table], pa.Table]
    chosen: Any
    kept: Mapping[str, str]

    @classmethod
    def of(cls, first: Any, together: Callable[[pa.Table], pa.Table], chosen: Any) -> "ByRun":
        """`chosen` selects from the aggregates (Ibis)."""
        kept = {
            name: value.name
            for name, value in chosen.op().values.items()
            if isinstance(value, Field) and name != ENTERPRISE_NO
        }
        return cls(first, together, chosen.drop(*kept), kept)

    def rows(self, engine: AnyEngine) -> pa.Table:
        """One row per enterprise with records of the source."""
        first, chosen = engine.once(("by run", self), lambda: self._written_out(engine))
        aggregated = self.together(engine.fetch(first))
        engine.bind(_AGGREGATED, aggregated, columns=aggregated.column_names, in_memory=True)
        found, numbers = engine.fetch(chosen), aggregated[ENTERPRISE_NO]
        if not found[ENTERPRISE_NO].equals(numbers):
            aggregated = aggregated.take(pc.index_in(found[ENTERPRISE_NO], numbers))
        for name, aggregate in self.kept.items():
            found = found.append_column(name, aggregated[aggregate])
        return found

    def _written_out(self, engine: AnyEngine) -> tuple[Query, Query]:
        return engine.prepare(self.first), engine.prepare(self.chosen)


def _looked_up(column: pa.Array, places: NDArray[np.int64], nothing: pa.Scalar) -> pa.Array:
    """The value at each place, `nothing` at -1."""
    missing = places < 0
    if not (pa.types.is_float64(column.type) or pa.types.is_int64(column.type)):
        taken = column.take(pa.array(places, mask=missing))
        return pc.if_else(missing, nothing, taken) if nothing.is_valid else taken
    # Numbers are looked up several times faster without their marks of what is null.
    values = np.append(column.fill_null(0).to_numpy(), nothing.as_py() or 0)[places]
    if column.null_count == 0 and nothing.is_valid:
        return pa.array(values)
    known = column.is_valid().to_numpy(zero_copy_only=False)
    return pa.array(values, mask=~np.append(known, nothing.is_valid)[places])


def places_of(numbers: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each number stands in `among`; -1 where it does not.

    Numbers of a range follow one another closely: a table of them is looked up faster than a hash.
    """
    if not len(among):
        return np.full(len(numbers), -1)
    first, last = among.min(), among.max()
    if last - first > _CLOSE * len(among):
        found: NDArray[np.int64] = (
            pc.index_in(pa.array(numbers), pa.array(among))
            .fill_null(-1)
            .to_numpy()
            .astype(np.int64)
        )
        return found
    place_of = np.full(last - first + 1, -1)
    place_of[among - first] = np.arange(len(among))
    inside = (numbers >= first) & (numbers <= last)
    return np.where(inside, place_of[np.where(inside, numbers - first, 0)], -1)


def make_part(
    engine: AnyEngine, records: Records, source: str, values: Mapping[str, Output], *, gone: bool
) -> Part:
    """One row per enterprise that has records of the source: all its values in one group-by."""
    read = Records(records.moment, records.rates)
    rows = PREPARATIONS[source](read)
    leaves = dict.fromkeys(leaf for output in values.values() for leaf in output.leaves())
    if source == OWN:
        leaves[STATUS] = None
    names: dict[Leaf, str] = {leaf: f"a{number}" for number, leaf in enumerate(leaves)}
    measures = {name: leaf.expression(rows, records.moment) for leaf, name in names.items()}  # type: ignore[union-attr]
    own = (IDENTITY,) if source == OWN else ()
    measures |= {name: rows[name].max() for name in own}
    counted = rows.group_by(ENTERPRISE_NO).agg(**measures)

    def chosen(table: Any) -> Any:
        columns = Columns(table, names, records.moment)
        return table.select(
            ENTERPRISE_NO, *own, **{name: output.value(columns) for name, output in values.items()}
        )

    def chosen_of_those_here(table: Any) -> Any:
        if source != OWN or gone:
            return chosen(table)
        status = table[names[STATUS]]
        return chosen(table.filter(status.isnull() | status.notin(GONE)))

    schema = counted.schema().to_pyarrow()
    after = chosen_of_those_here(ibis.table(counted.schema(), name=_AGGREGATED))
    spans = None if own else Spans.of(list(names), rows)  # type: ignore[arg-type]
    runs = None if engine.is_distributed else Runs.of(list(names), rows, records.moment)  # type: ignore[arg-type]
    by_run = None
    if spans is not None:
        windowed = partial(spans.windowed, names=tuple(names.values()))
        by_run = ByRun.of(spans.counted(rows, records.moment), windowed, after)
    elif runs is not None:
        aggregate = partial(runs.aggregate, schema=schema, identities=own)
        by_run = ByRun.of(runs.records(rows, own), aggregate, after)
    return Part(
        chosen_of_those_here(counted),
        frozenset(read.kinds),
        tuple(values),
        engine.to_arrow(chosen(engine.memory(_nothing(schema, names)))),
        by_run,
    )


def _nothing(schema: pa.Schema, names: Mapping[Leaf, str]) -> pa.Table:
    """One row, as of an enterprise without records: counts are zero, all else is unknown."""
    zeros = {name for leaf, name in names.items() if isinstance(leaf, Aggregate) and leaf.is_count}
    return pa.table(
        {
            item.name: pa.array([0 if item.name in zeros else None]).cast(item.type)
            for item in schema
        }
    )
