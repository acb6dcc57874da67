"""From prepared records to one row per enterprise: a single group-by a source, then aligned.

The sources are aggregated by the engine one after another and put side by side here. Joined in one
query they would need a plan of half a megabyte of SQL, which takes longer to write than to run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from features.engine import Engine
from features.indicators.formulas import KEYS, Formula, Leaf, Overall, Shared
from features.indicators.measures import Aggregate, latest
from features.indicators.moment import Moment
from features.indicators.records import Records
from features.indicators.sources import PREPARATIONS

STATUS = latest("registration", "status")
# Enterprises that left the district's register are no longer graded or drawn.
GONE = ("deregistered", "moved_out")


@dataclass(frozen=True)
class Context:
    """What the whole archive says: sums over all enterprises, and sums per key.

    Attributes
    ----------
    overall
        A number for each part that some formula wants of everybody.
    shared
        Per key of ``KEYS`` a table: the key, and one column a part.
    columns
        Which column of those tables a part is.
    rates
        Ratios of licence categories and maintenance firms (Ibis), by their key.
    """

    overall: Mapping[Formula, int] = field(default_factory=dict)
    shared: Mapping[str, pa.Table] = field(default_factory=dict)
    columns: Mapping[Formula, str] = field(default_factory=dict)
    rates: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Columns:
    """The assembled rows as an Ibis table, and where the value of each leaf is."""

    table: Any
    names: Mapping[Leaf, str]
    moment: Moment
    overall: Mapping[Formula, int]

    def of(self, leaf: Leaf) -> Any:
        """The column of a leaf, or the constant it is."""
        if isinstance(leaf, Overall):
            return ibis.literal(self.overall[leaf.part], "int64")
        return self.table[self.names[leaf]]

    def value(self, formula: Formula) -> Any:
        """The Ibis expression of a formula over the table."""
        return formula.value(self)


@dataclass(frozen=True)
class Assembled:
    """One row per enterprise, sorted by ``enterprise_id``, with a column per aggregate and sum."""

    rows: pa.Table
    names: Mapping[Leaf, str]
    moment: Moment
    overall: Mapping[Formula, int]

    def evaluate(self, select: Callable[[Columns], Mapping[str, Any]]) -> pa.Table:
        """``enterprise_id`` and the columns that `select` makes, sorted by ``enterprise_id``."""
        # An engine of its own: what is registered with an engine stays until it is closed, and the
        # rows of one range must not be held while the next ones are computed.
        with Engine() as scratch:
            columns = Columns(scratch.memory(self.rows), self.names, self.moment, self.overall)
            selected = columns.table.select("enterprise_id", **select(columns))
            return scratch.to_arrow(selected.order_by("enterprise_id"))


def assemble(
    records: Records,
    formulas: Iterable[Formula],
    *,
    context: Context | None = None,
    gone: bool = False,
) -> Assembled:
    """Compute everything `formulas` need, for every enterprise with a visible registration.

    Parameters
    ----------
    context
        Needed where a formula looks at other enterprises.
    gone
        Keep enterprises whose newest status says they left (`GONE`).
    """
    leaves = list(dict.fromkeys(leaf for item in [*formulas, STATUS] for leaf in item.leaves()))
    aggregates = [leaf for leaf in leaves if isinstance(leaf, Aggregate)]
    names: dict[Leaf, str] = {leaf: f"m{number}" for number, leaf in enumerate(aggregates)}
    rows = _aggregated(records, "registration", aggregates, names).sort_by("enterprise_id")
    if not gone:
        left = pc.is_in(rows[names[STATUS]], value_set=pa.array(GONE))
        rows = rows.filter(pc.invert(left))
    for source in dict.fromkeys(item.source for item in aggregates):
        if source != "registration":
            rows = _beside(rows, _aggregated(records, source, aggregates, names), "enterprise_id")
    rows = _with_zeros(rows, [names[item] for item in aggregates if item.is_count])
    overall = context.overall if context is not None else {}
    assembled = Assembled(rows, names, records.moment, overall)
    shared = [leaf for leaf in leaves if isinstance(leaf, Shared)]
    if context is None or not shared:
        return assembled
    return _with_shared(assembled, shared, context)


def _aggregated(
    records: Records, source: str, aggregates: Sequence[Aggregate], names: Mapping[Leaf, str]
) -> pa.Table:
    """One row per enterprise that has records of the source: all its aggregates in one group-by."""
    rows = PREPARATIONS[source](records)
    wanted = [item for item in aggregates if item.source == source]
    counted = rows.group_by("enterprise_id").agg(
        **{names[item]: item.expression(rows, records.moment) for item in wanted}
    )
    return records.engine.to_arrow(counted)


def _beside(rows: pa.Table, other: pa.Table, key: str) -> pa.Table:
    """Put the columns of `other` (one row per key) beside `rows`; null where a key is missing."""
    # Only the keys in question: a table of the whole archive is not hashed for one enterprise.
    found = other.filter(pc.is_in(other[key], value_set=rows[key]))
    place = pc.index_in(rows[key], value_set=found[key])
    for name in other.column_names:
        if name != key:
            rows = rows.append_column(name, found[name].take(place))
    return rows


def _with_zeros(rows: pa.Table, names: Iterable[str]) -> pa.Table:
    for name in names:
        filled = pc.fill_null(rows[name], pa.scalar(0, rows[name].type))
        rows = rows.set_column(rows.column_names.index(name), name, filled)
    return rows


def _with_shared(assembled: Assembled, shared: Sequence[Shared], context: Context) -> Assembled:
    """Put the sums of each key that `shared` asks for beside the rows."""
    names, keys = dict(assembled.names), dict.fromkeys(leaf.key for leaf in shared)
    texts = assembled.evaluate(
        lambda columns: {f"key_{key}": columns.value(KEYS[key]) for key in keys}
    )
    rows = _beside(assembled.rows, texts, "enterprise_id")
    for key in keys:
        parts = dict.fromkeys(leaf.part for leaf in shared if leaf.key == key)
        wanted = {f"{key}_{context.columns[part]}": context.columns[part] for part in parts}
        of_key = context.shared[key].select([f"key_{key}", *wanted.values()])
        rows = _beside(rows, of_key.rename_columns([f"key_{key}", *wanted]), f"key_{key}")
        names.update({Shared(key, part): f"{key}_{context.columns[part]}" for part in parts})
    return Assembled(rows, names, assembled.moment, assembled.overall)
