"""Reports made of tables: one description; a page, an Excel file and the terminal render it."""

from collections.abc import Sequence
from dataclasses import dataclass

from features.workbook import Sheet, workbook_bytes
from models.cards.blocks import Grid, Section
from models.cards.model_card import page_html

Cell = str | int | float | None


@dataclass(frozen=True)
class ReportPart:
    """A table under a heading, with what a reader must know; without headers, the notes alone.

    Attributes
    ----------
    sheet
        Name of its sheet in Excel, at most 31 characters.
    """

    sheet: str
    title: str
    notes: Sequence[str] = ()
    headers: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()


def report_page(title: str, parts: Sequence[ReportPart]) -> str:
    """The report as one page that needs nothing beside it."""
    return page_html(title, [_section(part) for part in parts])


def report_workbook(parts: Sequence[ReportPart]) -> bytes:
    """The report as Excel: a sheet for each table, and one with all notes."""
    notes = [(part.title, note) for part in parts for note in part.notes]
    tables = [
        Sheet(part.sheet, part.headers, part.rows, _widths(part)) for part in parts if part.headers
    ]
    said = Sheet("说明", ["部分 part", "说明 note"], notes, {"部分 part": 40, "说明 note": 100})
    return workbook_bytes([*tables, said])


def cell_text(cell: Cell) -> str:
    """A cell as it is read."""
    if cell is None:
        return "-"
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _section(part: ReportPart) -> Section:
    rows = [[cell_text(cell) for cell in row] for row in part.rows]
    table = [Grid(part.headers, rows)] if part.headers and rows else []
    empty = ["（无 none）"] if part.headers and not rows else []
    return Section(part.title, [*part.notes, *table, *empty])


def _widths(part: ReportPart) -> dict[str, int]:
    """As wide as the longest text of a column, within reason; Chinese takes two columns."""
    longest = {
        header: max([len(header), *(len(cell_text(row[at])) for row in part.rows)])
        for at, header in enumerate(part.headers)
    }
    return {header: min(90, 2 * length + 2) for header, length in longest.items()}
