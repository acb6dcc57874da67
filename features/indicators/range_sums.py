"""The sums that each range looks up, found once for all ranges.

A key with many values has a piece of sums a range, and a value may stand in any of them: a range
that looked its values up in all pieces would read as much as there are enterprises, and a batch as
much as their square.
"""

from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.indicators.context import Context

# Fewer pieces than this are read as fast as one.
_MANY = 8
_ROWS_AT_ONCE, _KEYS_AT_ONCE = 2_000_000, 2
_SAMPLED = 1_000


def with_range_sums(context: Context, folder: Path) -> Context:
    """The same context, with the sums of every range's own values in `folder`.

    As it is where its pieces are few or in memory.
    """
    many = {
        name: [piece for piece in pieces if isinstance(piece, Path)]
        for name, pieces in context.sums.items()
        if len(pieces) >= _MANY
    }
    with ThreadPoolExecutor(_KEYS_AT_ONCE) as threads:
        by_range = {
            name: threads.submit(_sums_by_piece, pieces, folder, key=name)
            for name, pieces in many.items()
            if pieces
        }
    found = {name: future.result() for name, future in by_range.items()}
    return replace(context, by_range=found)


def _sums_by_piece(pieces: Sequence[Path], folder: Path, *, key: str) -> tuple[Path, ...]:
    """For each piece a file of its values with their sums over all pieces.

    Some of the values at a time, so that memory does not grow with the archive.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / piece.name for piece in pieces)
    with ExitStack() as stack:
        files = [stack.enter_context(pq.ParquetFile(piece)) for piece in pieces]
        schema = files[0].schema_arrow
        writers = [stack.enter_context(pq.ParquetWriter(path, schema)) for path in paths]
        for low, high in pairwise([None, *_cuts(files, key=key), None]):
            parts = [_between(file, low, high, key=key) for file in files]
            found, written = _added_up(pa.concat_tables(parts), key=key), 0
            for writer, part in zip(writers, parts, strict=True):
                writer.write_table(found.slice(written, part.num_rows))
                written += part.num_rows
    return paths


def _added_up(table: pa.Table, *, key: str) -> pa.Table:
    """The same rows, with the sums of all rows of their value."""
    place = table[key].combine_chunks().dictionary_encode().indices.to_numpy()

    def added(name: str) -> pa.Array:
        # numpy adds weights as float64, which is exact for any count of records.
        sums = np.bincount(place, weights=table[name].to_numpy()).astype(np.int64)
        return pa.array(sums[place])

    columns = {name: added(name) for name in table.column_names if name != key}
    return pa.table({key: table[key], **columns}, schema=table.schema)


def _cuts(files: Sequence[pq.ParquetFile], *, key: str) -> list[str]:
    """Values that cut all values into parts of about `_ROWS_AT_ONCE` rows."""
    sampled = [file.read(columns=[key])[key][::_SAMPLED].to_pylist() for file in files]
    ordered = sorted({value for of_file in sampled for value in of_file})
    rows = sum(file.metadata.num_rows for file in files)
    parts = min(-(-rows // _ROWS_AT_ONCE), len(ordered))
    return [ordered[part * len(ordered) // parts] for part in range(1, parts)]


def _between(file: pq.ParquetFile, low: str | None, high: str | None, *, key: str) -> pa.Table:
    """The rows of a piece, which is sorted, from a first value up to, and without, the next."""
    groups = _groups_between(file, low, high, key=key)
    table = file.read_row_groups(groups) if groups else file.schema_arrow.empty_table()
    values = table[key].combine_chunks()
    begin, end = (
        edge
        if value is None
        else bisect_left(range(len(values)), value, key=lambda place: values[place].as_py())
        for value, edge in ((low, 0), (high, len(values)))
    )
    # A slice would keep all that was read in memory.
    return table.take(pa.array(np.arange(begin, end)))


def _groups_between(
    file: pq.ParquetFile, low: str | None, high: str | None, *, key: str
) -> list[int]:
    """The row groups that may hold any of these values."""
    column = file.schema_arrow.names.index(key)
    found = []
    for number in range(file.num_row_groups):
        known = file.metadata.row_group(number).column(column).statistics
        if known is not None and known.has_min_max:
            is_below = low is not None and known.max < low
            is_above = high is not None and known.min >= high
            if is_below or is_above:
                continue
        found.append(number)
    return found
