"""Open a Parquet file as chunks of text, written as a person would write the values."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import SourceFileError
from features.intake.opened import CHUNK_ROWS, Chunk, OpenedFile, chunk_of, keys_of

_EXACT_BELOW = 1e15
_OFFICE_ZONE = "Asia/Shanghai"


def open_parquet(path: Path) -> OpenedFile:
    """Open `path`. The first data row has the number 2, as under a header in a table.

    Raises
    ------
    SourceFileError
        Not Parquet, or a column of lists or structures.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceFileError(
            f"“{path.name}”不是能读取的 Parquet 文件（{error}）",
            f'"{path.name}" is not a readable Parquet file ({error})',
        ) from error
    schema = file.schema_arrow
    nested = [item.name for item in schema if pa.types.is_nested(item.type)]
    if nested:
        names = "、".join(nested)
        raise SourceFileError(
            f"“{path.name}”的列 {names} 是嵌套结构，请先展开",
            f'the columns {names} of "{path.name}" are nested; flatten them first',
        )
    return OpenedFile(
        header=tuple(schema.names),
        total_rows=file.metadata.num_rows,
        chunks=_chunks(file, keys=keys_of(schema.names)),
    )


def _chunks(file: Any, *, keys: tuple[str, ...]) -> Iterator[Chunk]:
    next_row = 2
    for batch in file.iter_batches(batch_size=CHUNK_ROWS):
        columns = [_as_text(column) for column in batch.columns]
        yield chunk_of(columns, keys=keys, row_numbers=np.arange(batch.num_rows) + next_row)
        next_row += batch.num_rows


def _as_text(column: Any) -> Any:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
    elif pa.types.is_floating(kind):
        column = _number_text(column.cast(pa.float64()))
    elif pa.types.is_timestamp(kind):
        column = _instant_text(column)
    return column.cast(pa.string()).fill_null("")


def _number_text(column: Any) -> Any:
    column = pc.if_else(pc.is_finite(column), column, None)
    whole = pc.and_(
        pc.equal(column, pc.round(column)), pc.less(pc.abs(column), pa.scalar(_EXACT_BELOW))
    )
    as_integer = pc.if_else(whole, column, None).cast(pa.int64()).cast(pa.string())
    return pc.if_else(whole, as_integer, column.cast(pa.string()))


def _instant_text(column: Any) -> Any:
    if column.type.tz is not None:
        column = pc.local_timestamp(column.cast(pa.timestamp("us", _OFFICE_ZONE)))
    column = column.cast(pa.timestamp("s"), safe=False)
    days = pc.equal(column, pc.floor_temporal(column, unit="day"))
    return pc.if_else(
        days, pc.strftime(column, "%Y-%m-%d"), pc.strftime(column, "%Y-%m-%d %H:%M:%S")
    )
