"""Open a delimited text file as a stream of chunks."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from features.errors import SourceFileError
from features.intake.encodings import check_encoding
from features.intake.opened import CHUNK_ROWS, BrokenRow, Chunk, OpenedFile, chunk_of, keys_of

_BLOCK_BYTES = 1 << 23


def open_csv(path: Path, *, encoding: str, delimiter: str, header_row: int) -> OpenedFile:
    """Open `path`; rows with too few or too many cells come as broken rows.

    Raises
    ------
    SourceFileError
        Wrong encoding, empty, or quotes that never close.
    """
    actual = check_encoding(path, declared=encoding)
    lines, consumed = _first_lines(path, encoding=actual, delimiter=delimiter, count=header_row)
    if len(lines) < header_row:
        raise SourceFileError(
            f"文件“{path.name}”不足 {header_row} 行，没有表头",
            f'the file "{path.name}" has fewer than {header_row} rows and so no header',
        )
    header = tuple(lines[-1])
    reader = _Reader(
        path, encoding=actual, delimiter=delimiter, skip=consumed, header_row=header_row
    )
    return OpenedFile(
        header=header,
        preamble=tuple(tuple(line) for line in lines[:-1]),
        delimiter=delimiter,
        encoding=actual,
        chunks=reader.chunks(header),
    )


def _first_lines(
    path: Path, *, encoding: str, delimiter: str, count: int
) -> tuple[list[list[str]], int]:
    """The first rows, and how many physical lines they take (a header cell may hold a break)."""
    with path.open(encoding=_with_mark(encoding), newline="") as stream:
        rows = csv.reader(stream, delimiter=delimiter)
        try:
            lines = list(islice(rows, count))
        except csv.Error as error:
            raise _unreadable(path, str(error)) from error
        return lines, rows.line_num


class _Reader:
    """Reads block by block; knows which rows were set aside, to number the others rightly."""

    def __init__(
        self, path: Path, *, encoding: str, delimiter: str, skip: int, header_row: int
    ) -> None:
        self._path = path
        self._encoding = encoding
        self._delimiter = delimiter
        self._skip = skip
        self._header_row = header_row
        self._untold: list[tuple[int, str]] = []  # place among the data rows from 0, text
        self._places: list[int] = []  # of broken rows that intact rows still have to be counted by
        self._passed = 0  # broken rows before every row still to come

    def chunks(self, header: tuple[str, ...]) -> Iterator[Chunk]:
        keys = keys_of(header)
        done = 0
        try:
            for batch in self._batches([str(place) for place in range(len(header))]):
                for table in _pieces(batch):
                    numbers = self._number(np.arange(done, done + table.num_rows))
                    broken, done = self._tell(), done + table.num_rows
                    yield chunk_of(table.columns, keys=keys, row_numbers=numbers, broken=broken)
        except pa.ArrowInvalid as error:
            raise _unreadable(self._path, str(error)) from error
        if broken := self._tell():
            nothing = [pa.array([], pa.string())] * len(keys)
            yield chunk_of(nothing, keys=keys, row_numbers=[], broken=broken)

    def _batches(self, names: list[str]) -> Iterator[Any]:
        try:
            yield from pa_csv.open_csv(
                self._path,
                read_options=pa_csv.ReadOptions(
                    encoding=self._encoding,
                    column_names=names,
                    skip_rows=self._skip,
                    use_threads=False,  # with threads the numbers of broken rows are lost
                    block_size=_BLOCK_BYTES,
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=self._delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=self._set_aside,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV file" not in str(error):
                raise

    def _set_aside(self, row: Any) -> str:
        place = row.number - self._skip - 1
        self._untold.append((place, row.text))
        self._places.append(place)
        return "skip"

    def _tell(self) -> tuple[BrokenRow, ...]:
        """The broken rows met since the last time; their texts are not kept."""
        broken, self._untold = self._untold, []
        return tuple(
            BrokenRow(
                row_no=place + self._header_row + 1,
                cells=_split(text, delimiter=self._delimiter),
                text=text,
            )
            for place, text in broken
        )

    def _number(self, ordinals: Any) -> Any:
        """Row numbers of intact rows, given which place each has among the intact ones."""
        places = np.array(self._places, dtype=np.int64)
        intact_before = places - np.arange(len(places)) - self._passed
        skipped = self._passed + np.searchsorted(intact_before, ordinals, side="right")
        passed = int(np.searchsorted(intact_before, ordinals[0], side="right"))
        del self._places[:passed]
        self._passed += passed
        return ordinals + skipped + self._header_row + 1


def _split(text: str, *, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader([text], delimiter=delimiter), ()))
    except csv.Error:
        return (text,)


def _pieces(batch: Any) -> Iterator[Any]:
    table = pa.Table.from_batches([batch])
    for start in range(0, table.num_rows, CHUNK_ROWS):
        yield table.slice(start, CHUNK_ROWS).combine_chunks()


def _with_mark(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _unreadable(path: Path, reason: str) -> SourceFileError:
    return SourceFileError(
        f"文件“{path.name}”无法按分隔文本读取（{reason}）；请检查分隔符和未闭合的引号",
        f'the file "{path.name}" cannot be read as delimited text ({reason}); '
        "look for a wrong delimiter or a quote that never closes",
    )
