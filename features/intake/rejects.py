"""The reject file: the user's own columns, with what is wrong and the row it came from.

It has the layout of the file it came from (lines above the header, header, order of columns,
sheet, encoding), so it can be corrected and imported as it is. Nothing in it runs when a
spreadsheet opens it: in CSV a value that would be a formula gets an apostrophe before it (and
loses it when the file comes back); in a workbook every cell is text.
"""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from features.intake.headers import ERROR_HEADER, ROW_HEADER
from features.intake.opened import BrokenRow, Chunk, OpenedFile
from features.intake.problems import RowFaults
from features.intake.text import header_key, needs_guard
from features.messages import Message

_MARK = ".rejected"
_CELL_LIMIT = 32_767  # characters a workbook's cell can hold
_FAULTY_COLOUR = "#FFC7CE"
_WIDTH, _ERROR_WIDTH = 18, 60  # characters
# Beyond this a spreadsheet opens a sheet only slowly; colour and error column go on.
_MOST_COMMENTS = 20_000
_NO_MARKS: dict[int, str] = {}
BROKEN_ROW = Message("单元格个数与表头不符", "the row does not have as many cells as the header")


class RejectWriter:
    """Writes rejected rows as they come; makes no file when there are none."""

    def __init__(self, opened: OpenedFile, *, folder: Path, stem: str, as_excel: bool) -> None:
        suffix = "xlsx" if as_excel else "csv"
        self.path = folder / f"{stem.removesuffix(_MARK)}{_MARK}.{suffix}"
        self.rows = 0
        self._opened = opened
        own = {header_key(ERROR_HEADER), header_key(ROW_HEADER)}
        # A reject file that came back loses its old explanations and gets the new ones.
        self._kept = [place for place, key in enumerate(opened.keys) if key not in own]
        self._places = {opened.keys[kept]: place for place, kept in enumerate(self._kept)}
        self._as_excel = as_excel
        self._sink: _CsvSink | _ExcelSink | None = None

    def write(self, chunk: Chunk, faults: RowFaults) -> None:
        """Write the rows of `chunk` that have `faults`, and its broken rows."""
        rejected = {row.row_no: (self._broken_row(row), _NO_MARKS) for row in chunk.broken}
        texts = faults.texts()
        if texts:
            marks = faults.cells() if self._as_excel else {}
            table = chunk.table.take(list(texts)).select(self._kept)
            numbers = chunk.row_numbers[list(texts)].tolist()
            cells = zip(*(column.to_pylist() for column in table.columns), strict=True)
            for row, (place, text), number in zip(cells, texts.items(), numbers, strict=True):
                marked = self._find_cells(marks.get(place, {}))
                rejected[number] = [*row, text, str(number)], marked
        for _, (line, marked) in sorted(rejected.items()):
            self._send(line, marked)
        self.rows += len(rejected)

    def close(self) -> Path | None:
        """Finish the file; its path, or ``None`` when nothing was rejected."""
        if self._sink is None:
            return None
        self._sink.close()
        return self.path

    def _find_cells(self, told: Mapping[str, str]) -> dict[int, str]:
        """By place among the written columns: what is wrong there. A label may join columns."""
        found: dict[int, str] = {}
        for label, text in told.items():
            names = [label] if header_key(label) in self._places else label.split("、")
            for key in map(header_key, names):
                if key in self._places:
                    found[self._places[key]] = text
        return found

    def _broken_row(self, row: BrokenRow) -> list[str]:
        width, cells = len(self._opened.header), row.cells
        padded = [*cells[:width], *[""] * (width - len(cells))]
        told = _explain_broken(row, width=width)
        return [*(padded[place] for place in self._kept), told, str(row.row_no)]

    def _send(self, line: Sequence[str], marks: Mapping[int, str]) -> None:
        if self._sink is None:
            self._sink = self._begin()
        self._sink.write(line, marks)

    def _begin(self) -> "_CsvSink | _ExcelSink":
        header = [*(self._opened.header[place] for place in self._kept), ERROR_HEADER, ROW_HEADER]
        if self._as_excel:
            return _ExcelSink(
                self.path,
                sheet=self._opened.sheet,
                preamble=self._opened.preamble,
                header=header,
            )
        sink = _CsvSink(self.path, delimiter=self._opened.delimiter, encoding=self._opened.encoding)
        for line in (*self._opened.preamble, header):
            sink.write(line, _NO_MARKS)
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
    def __init__(self, path: Path, *, delimiter: str, encoding: str) -> None:
        # With its mark, a spreadsheet knows UTF-8; every mapping reads it.
        actual = "utf-8-sig" if encoding == "utf-8" else encoding
        self._stream: io.TextIOWrapper = path.open("w", encoding=actual, newline="")
        self._writer = csv.writer(self._stream, delimiter=delimiter)

    def write(self, row: Sequence[str], marks: Mapping[int, str]) -> None:
        """Write a row; text alone cannot carry `marks`, which stand in the last columns."""
        self._writer.writerow(["'" + cell if needs_guard(cell) else cell for cell in row])

    def close(self) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()


class _ExcelSink:
    """Row by row, so memory stays flat but for the comments, which therefore have a limit."""

    def __init__(
        self,
        path: Path,
        *,
        sheet: str | None,
        preamble: Sequence[Sequence[str]],
        header: Sequence[str],
    ) -> None:
        self._book: Any = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._sheet: Any = self._book.add_worksheet(sheet)
        self._faulty: Any = self._book.add_format({"bg_color": _FAULTY_COLOUR})
        told: Any = self._book.add_format({"text_wrap": True, "valign": "top"})
        heading: Any = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._next = self._comments = 0
        self._sheet.set_column(0, max(len(header) - 3, 0), _WIDTH)
        self._sheet.set_column(len(header) - 2, len(header) - 2, _ERROR_WIDTH, told)
        for line in preamble:
            self.write(line, _NO_MARKS)
        self.write(header, _NO_MARKS, style=heading)
        self._sheet.freeze_panes(self._next, 0)

    def write(self, row: Sequence[str], marks: Mapping[int, str], *, style: Any = None) -> None:
        """Write a row as text; cells in `marks` are coloured and say what is wrong."""
        for place, cell in enumerate(row):
            text = cell[:_CELL_LIMIT]
            if place not in marks:
                self._sheet.write_string(self._next, place, text, style)
                continue
            self._sheet.write_string(self._next, place, text, self._faulty)
            if self._comments < _MOST_COMMENTS:
                size = {"x_scale": 2, "y_scale": 1.5}
                self._sheet.write_comment(self._next, place, marks[place][:_CELL_LIMIT], size)
                self._comments += 1
        self._next += 1

    def close(self) -> None:
        self._book.close()
