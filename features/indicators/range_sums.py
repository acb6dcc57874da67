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
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.indicators.context import Context, added_up

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
    schema = pq.read_schema(pieces[0])
    with ExitStack() as stack:
        writers = [stack.enter_context(pq.ParquetWriter(path, schema)) for path in paths]
        for low, high in pairwise([None, *_cuts(pieces, key=key), None]):
            parts = [_between(piece, low, high, key=key) for piece in pieces]
            together = pa.concat_tables(parts)
            whole = added_up(together, by=[key])
            place = pc.index_in(together[key], value_set=whole[key].combine_chunks())
            found, written = whole.take(place.combine_chunks()).cast(schema), 0
            for writer, part in zip(writers, parts, strict=True):
                writer.write_table(found.slice(written, part.num_rows))
                written += part.num_rows
    return paths


def _cuts(pieces: Sequence[Path], *, key: str) -> list[str]:
    """Values that cut all values into parts of about `_ROWS_AT_ONCE` rows."""
    sampled = [pq.read_table(piece, columns=[key])[key][::_SAMPLED] for piece in pieces]
    values = pc.unique(pa.concat_tables([pa.table([one], names=[key]) for one in sampled])[key])
    rows = sum(pq.read_metadata(piece).num_rows for piece in pieces)
    parts = min(-(-rows // _ROWS_AT_ONCE), len(values))
    ordered = values.take(pc.sort_indices(values)).to_pylist()
    return [ordered[part * len(ordered) // parts] for part in range(1, parts)]


def _between(piece: Path, low: str | None, high: str | None, *, key: str) -> pa.Table:
    """The rows of a piece, which is sorted, from a first value up to, and without, the next."""
    table = pq.read_table(piece)
    values = table[key].combine_chunks()
    begin, end = (
        edge
        if value is None
        else bisect_left(range(len(values)), value, key=lambda place: values[place].as_py())
        for value, edge in ((low, 0), (high, len(values)))
    )
    # A slice would keep the whole of every piece in memory.
    return table.take(pa.array(np.arange(begin, end)))
