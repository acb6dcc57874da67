"""Excel files that officials open: texts stay text, days stay readable, nothing is a formula."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

# Excel's own limit, less the header row.
MAXIMUM_ROWS = 1_048_575
# A fixed creation day makes the same table give the same bytes.
_CREATED = datetime(2020, 1, 1)  # noqa: DTZ001 (Excel knows no time zones)
_TEXTS_STAY_TEXTS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_HEADING = {"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True, "valign": "top"}


@dataclass(frozen=True)
class Sheet:
    """One sheet: a header row, then rows; `widths` per header in characters."""

    name: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Any]]
    widths: Mapping[str, int] = field(default_factory=dict)


def workbook_bytes(sheets: Sequence[Sheet]) -> bytes:
    """An xlsx file with these sheets, frozen and filtered below the header.

    Strings are written as strings (an enterprise named ``=1+1`` is no formula, a code with leading
    zeros keeps them), days as ISO text, empty values as blanks. Rows beyond Excel's limit go to
    further sheets of the same name with a number.
    """
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream,
        {"in_memory": True, **_TEXTS_STAY_TEXTS},
    )
    book.set_properties({"created": _CREATED})
    heading = book.add_format(_HEADING)
    for sheet in sheets:
        _write_sheet(book, sheet, heading)
    book.close()
    return stream.getvalue()


class WorkbookFile:
    """An xlsx file that grows row by row on disk; memory holds one row.

    The first sheets are written at once; the last one grows, and goes on in further sheets of the
    same name where Excel's limit is reached.
    """

    def __init__(self, path: Path, *, before: Sequence[Sheet] = (), growing: Sheet) -> None:
        # Rows wait beside the file, where they are found again if the process is killed.
        options = {"constant_memory": True, "tmpdir": str(path.parent), **_TEXTS_STAY_TEXTS}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"created": _CREATED})
        self._heading = self._book.add_format(_HEADING)
        for sheet in before:
            _write_sheet(self._book, sheet, self._heading)
        self._sheet, self._part, self._at = growing, 1, 0
        self._page = _open_page(self._book, growing, self._heading, part=1)

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows."""
        for row in rows:
            if self._at == MAXIMUM_ROWS:
                self._filter()
                self._part, self._at = self._part + 1, 0
                self._page = _open_page(self._book, self._sheet, self._heading, part=self._part)
            self._at += 1
            for column, value in enumerate(row):
                _write_cell(self._page, self._at, column, value)

    def close(self) -> None:
        """Finish the file."""
        self._filter()
        self._book.close()

    def _filter(self) -> None:
        self._page.autofilter(0, 0, max(self._at, 1), max(len(self._sheet.headers) - 1, 0))


def _write_sheet(book: Any, sheet: Sheet, heading: Any) -> None:
    page, at, part = _open_page(book, sheet, heading, part=1), 0, 1
    for row in sheet.rows:
        if at == MAXIMUM_ROWS:
            part += 1
            page, at = _open_page(book, sheet, heading, part=part), 0
        at += 1
        for column, value in enumerate(row):
            _write_cell(page, at, column, value)
    page.autofilter(0, 0, max(at, 1), max(len(sheet.headers) - 1, 0))


def _open_page(book: Any, sheet: Sheet, heading: Any, *, part: int) -> Any:
    page = book.add_worksheet(sheet.name if part == 1 else f"{sheet.name[:26]}-{part}")
    page.write_row(0, 0, sheet.headers, heading)
    page.freeze_panes(1, 0)
    for column, header in enumerate(sheet.headers):
        page.set_column(column, column, sheet.widths.get(header, max(10, 2 * len(header) + 2)))
    return page


def _write_cell(page: Any, row: int, column: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_string(row, column, "是" if value else "否")
    elif isinstance(value, int | float | Decimal):
        page.write_number(row, column, float(value))
    elif isinstance(value, date):
        page.write_string(row, column, value.isoformat())
    else:
        page.write_string(row, column, str(value))
