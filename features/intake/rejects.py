"""The reject file: the user's own columns, with what is wrong and the row it came from.

Nothing in it runs when a spreadsheet opens it: in CSV a value that would be a formula gets an
apostrophe before it (and loses it when the file comes back); in a workbook every cell is text.
"""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from features.intake.headers import ERROR_HEADER, ROW_HEADER
from features.intake.opened import BrokenRow, Chunk, OpenedFile
from features.intake.text import header_key, needs_guard

_CELL_LIMIT = 32_767  # characters a workbook's cell can hold


class RejectWriter:
    """Writes rejected rows as they come; makes no file when there are none."""

    def __init__(self, opened: OpenedFile, *, folder: Path, stem: str, as_excel: bool) -> None:
        suffix = "xlsx" if as_excel else "csv"
        self.path = folder / f"{stem}.rejected.{suffix}"
        self.rows = 0
        self._opened = opened
        own = {header_key(ERROR_HEADER), header_key(ROW_HEADER)}
        # A reject file that came back loses its old explanations and gets the new ones.
        self._kept = [place for place, key in enumerate(opened.keys) if key not in own]
        self._as_excel = as_excel
        self._sink: _CsvSink | _ExcelSink | None = None

    def write(self, chunk: Chunk, texts: dict[int, str]) -> None:
        """Write the rows of `chunk` named in `texts` (place: explanation) and its broken rows."""
        rejected = {row.row_no: self._broken_row(row) for row in chunk.broken}
        if texts:
            table = chunk.table.take(list(texts)).select(self._kept)
            numbers = chunk.row_numbers[list(texts)].tolist()
            cells = zip(*(column.to_pylist() for column in table.columns), strict=True)
            for row, text, number in zip(cells, texts.values(), numbers, strict=True):
                rejected[number] = [*row, text, str(number)]
        for _, line in sorted(rejected.items()):
            self._send(line)
        self.rows += len(rejected)

    def close(self) -> Path | None:
        """Finish the file; its path, or ``None`` when nothing was rejected."""
        if self._sink is None:
            return None
        self._sink.close()
        return self.path

    def _broken_row(self, row: BrokenRow) -> list[str]:
        width, cells = len(self._opened.header), row.cells
        padded = [*cells[:width], *[""] * (width - len(cells))]
        told = _explain_broken(row, width=width)
        return [*(padded[place] for place in self._kept), told, str(row.row_no)]

    def _send(self, line: Sequence[str]) -> None:
        if self._sink is None:
            self._sink = self._begin()
        self._sink.write(line)

    def _begin(self) -> "_CsvSink | _ExcelSink":
        sink: _CsvSink | _ExcelSink = (
            _ExcelSink(self.path, sheet=self._opened.sheet)
            if self._as_excel
            else _CsvSink(self.path, delimiter=self._opened.delimiter)
        )
        for line in self._opened.preamble:
            sink.write(line)
        header = [self._opened.header[place] for place in self._kept]
        sink.write([*header, ERROR_HEADER, ROW_HEADER])
        return sink


def _explain_broken(row: BrokenRow, *, width: int) -> str:
    zh = f"本行有 {len(row.cells)} 个单元格，表头有 {width} 个；请检查多余或缺少的分隔符、引号"
    en = (
        f"this row has {len(row.cells)} cells, the header {width}; look for a delimiter or quote "
        "too many or too few"
    )
    if lines := row.text.count("\n"):
        zh += f"（本行跨 {lines + 1} 行，引号可能没有闭合）"
        en += f" (it runs over {lines + 1} lines: a quote may never close)"
    if len(row.cells) > width:  # the surplus has no column to stand in
        zh += f"。原文：{row.text}"
    return f"{zh}\n{en}"


class _CsvSink:
    def __init__(self, path: Path, *, delimiter: str) -> None:
        self._stream: io.TextIOWrapper = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._stream, delimiter=delimiter)

    def write(self, row: Sequence[str]) -> None:
        self._writer.writerow(["'" + cell if needs_guard(cell) else cell for cell in row])

    def close(self) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()


class _ExcelSink:
    def __init__(self, path: Path, *, sheet: str | None) -> None:
        self._book: Any = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._sheet: Any = self._book.add_worksheet(sheet)
        self._next = 0

    def write(self, row: Sequence[str]) -> None:
        for place, cell in enumerate(row):
            self._sheet.write_string(self._next, place, cell[:_CELL_LIMIT])
        self._next += 1

    def close(self) -> None:
        self._book.close()
