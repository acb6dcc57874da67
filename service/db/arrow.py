"""Rows of the database as Arrow tables and back."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import Boolean, Date, DateTime, Float, Integer, String, Table, Text

_CHUNK_ROWS = 20_000
_ARROW_TYPES: tuple[tuple[type, Any], ...] = (
    (Boolean, pa.bool_()),
    (Integer, pa.int64()),
    (Float, pa.float64()),
    (DateTime, pa.timestamp("us")),
    (Date, pa.date32()),
    (Text, pa.string()),
    (String, pa.string()),
)


def arrow_schema_of(table: Table) -> Any:
    """The Arrow schema that fits a database table."""
    return pa.schema(
        [
            (
                column.name,
                next(arrow for kind, arrow in _ARROW_TYPES if isinstance(column.type, kind)),
            )
            for column in table.columns
        ]
    )


def to_arrow(rows: Sequence[Any], table: Table) -> pa.Table:
    """Rows that hold every column of `table`, in its order."""
    schema = arrow_schema_of(table)
    if not rows:
        return schema.empty_table()
    columns = zip(*rows, strict=True)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def row_chunks(table: pa.Table) -> Iterator[list[dict[str, Any]]]:
    """The rows as dicts of plain values, in chunks that one statement takes."""
    for batch in table.to_batches(max_chunksize=_CHUNK_ROWS):
        yield batch.to_pylist()
