"""A department's file, opened: its header, and its rows as chunks of text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from features.intake.text import header_key

CHUNK_ROWS = 50_000
_NO_HEADER = "无标题列"

# Rows done, and rows in total where that is known beforehand.
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class BrokenRow:
    """A line that does not have as many cells as the header."""

    row_no: int
    cells: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Chunk:
    """Some rows: every column text without nulls, named by its header key.

    `row_numbers` are those a person sees in the file, the first row being 1.
    """

    table: Any
    row_numbers: Any
    broken: tuple[BrokenRow, ...] = ()


@dataclass(frozen=True)
class OpenedFile:
    """Header as written, lines above it, and an iterator over the rows."""

    header: tuple[str, ...]
    chunks: Iterator[Chunk]
    preamble: tuple[tuple[str, ...], ...] = ()
    sheet: str | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    total_rows: int | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the columns in every chunk."""
        return keys_of(self.header)


def keys_of(header: Sequence[str]) -> tuple[str, ...]:
    """Header keys; a column without a header is named by its place."""
    return tuple(
        header_key(name) or f"{_NO_HEADER}{place}" for place, name in enumerate(header, start=1)
    )


def is_unnamed(key: str) -> bool:
    """Whether a key stands for a column without a header."""
    return key.startswith(_NO_HEADER)


def chunk_of(
    columns: Sequence[Any], *, keys: Sequence[str], row_numbers: Any, broken: tuple[Any, ...] = ()
) -> Chunk:
    """A chunk from arrays of text."""
    table = pa.Table.from_arrays(list(columns), names=list(keys))
    return Chunk(table=table, row_numbers=np.asarray(row_numbers, dtype=np.int64), broken=broken)
