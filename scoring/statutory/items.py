"""The items of a statutory score: which row of which table, how many points, from which record."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.reasons import WORD

# What an item says. `part`: the parameter it stands in (``food.dynamic_items`` and so on).
# `state`: counted; provisional (a value that stands in); not_assessed (its input is missing).
# `result`: what follows where it is not points: "+1" grade, a class, a grade.
ITEM = pa.struct(
    [
        ("part", WORD),
        ("key", WORD),
        ("zh", WORD),
        ("en", WORD),
        ("state", WORD),
        ("value", pa.float64()),
        ("points", pa.float64()),
        ("most", pa.float64()),
        ("result", WORD),
        ("basis", WORD),
        ("confirmed", pa.bool_()),
        ("reference", pa.string()),
        ("event_on", pa.date32()),
        ("source", WORD),
    ]
)
COUNTED, PROVISIONAL, NOT_ASSESSED = "counted", "provisional", "not_assessed"
ROW = "row"
_SCHEMA = pa.schema([(ROW, pa.int64()), *ITEM])

Rows = npt.NDArray[np.int64]


class Definition(Protocol):
    """What an item says whatever the enterprise."""

    @property
    def part(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def confirmed(self) -> bool: ...


def make_items(
    definitions: Sequence[Definition], which: Rows, *, row: Rows, **columns: Any
) -> pa.Table:
    """Items of enterprises.

    Parameters
    ----------
    definitions, which
        Item i is of ``definitions[which[i]]``.
    row
        The enterprise of each item, as a position in the table that is scored.
    columns
        Further fields of `ITEM`: an array of the same length, or one value for all; those absent
        are null.
    """
    texts = ("part", "key", "zh", "en", "basis", "confirmed")
    pick = pa.array(which, pa.int64())
    table: dict[str, Any] = {ROW: pa.array(row, pa.int64())}
    for name in texts:
        said = pa.array([getattr(one, name) for one in definitions])
        table[name] = said.cast(_SCHEMA.field(name).type).take(pick)
    for name, value in columns.items():
        table[name] = _column(value, len(which), _SCHEMA.field(name).type)
    for name in _SCHEMA.names:
        table.setdefault(name, pa.nulls(len(which), _SCHEMA.field(name).type))
    return pa.table({name: table[name] for name in _SCHEMA.names}, schema=_SCHEMA)


def no_items() -> pa.Table:
    """A table of items without rows."""
    return _SCHEMA.empty_table()


def as_lists(parts: Sequence[pa.Table], *, rows: int) -> pa.Array:
    """One list of items per enterprise, in the order of `parts`; empty where there is none."""
    joined = pa.concat_tables([no_items(), *parts])
    order = np.argsort(joined[ROW].to_numpy(), kind="stable")
    sorted_ = joined.take(pa.array(order))
    ends = np.searchsorted(sorted_[ROW].to_numpy(), np.arange(rows + 1))
    columns = [sorted_[field.name].combine_chunks() for field in ITEM]
    items = pa.StructArray.from_arrays(columns, fields=list(ITEM))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), items)


def _column(value: Any, length: int, kind: pa.DataType) -> Any:
    if isinstance(value, pa.ChunkedArray):
        return value.combine_chunks().cast(kind)
    if isinstance(value, pa.Array):
        return value.cast(kind)
    if isinstance(value, np.ndarray):
        return pa.array(value, kind, from_pandas=True)
    return pa.repeat(pa.scalar(value, kind), length)
