"""Open one sheet of a workbook as chunks of text."""

from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from features.errors import SourceFileError
from features.intake.opened import CHUNK_ROWS, Chunk, OpenedFile, chunk_of, keys_of

# A spreadsheet keeps 15 significant digits; a longer number has lost its last ones.
_EXACT_BELOW = 10**15


def open_excel(path: Path, *, sheet: str | None, header_row: int) -> OpenedFile:
    """Open `sheet` (or the first one) of `path`.

    Raises
    ------
    SourceFileError
        Not a workbook, no such sheet, too few rows, or cells merged over several rows.
    """
    source = _sheet(path, name=sheet)
    if source.end is None:
        raise SourceFileError(
            f"“{path.name}”的工作表“{source.name}”是空的",
            f'the sheet "{source.name}" of "{path.name}" is empty',
        )
    _refuse_merged(source, path=path, header_row=header_row)
    # Empty rows and columns before the first filled cell count, or row numbers would be wrong.
    rows = iter(source.to_python(skip_empty_area=False))
    top = [tuple(_cell_text(cell) for cell in row) for row in islice(rows, header_row)]
    if len(top) < header_row:
        raise SourceFileError(
            f"“{path.name}”的工作表“{source.name}”不足 {header_row} 行，没有表头",
            f'the sheet "{source.name}" of "{path.name}" has fewer than {header_row} rows',
        )
    return OpenedFile(
        header=top[-1],
        preamble=tuple(top[:-1]),
        sheet=source.name,
        total_rows=source.end[0] + 1 - header_row,
        chunks=_chunks(rows, keys=keys_of(top[-1]), header_row=header_row),
    )


def _sheet(path: Path, *, name: str | None) -> Any:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise SourceFileError(
            f"“{path.name}”不是能读取的 Excel 文件（{error}）；如有密码请先取消，或重新另存",
            f'"{path.name}" is not a readable workbook ({error}); remove a password, or save again',
        ) from error
    if name is not None and name not in workbook.sheet_names:
        names = "、".join(workbook.sheet_names)
        raise SourceFileError(
            f"“{path.name}”没有工作表“{name}”；现有：{names}。请改表名或映射的 sheet",
            f'"{path.name}" has no sheet "{name}"; it has: {names}. Rename it or edit the mapping',
        )
    return workbook.get_sheet_by_name(name) if name else workbook.get_sheet_by_index(0)


def _refuse_merged(sheet: Any, *, path: Path, header_row: int) -> None:
    """Cells merged downwards hold their value once: the rows below would be read as empty."""
    ranges = sheet.merged_cell_ranges or []
    tall = [(a, b) for a, b in ranges if b[0] > a[0] and b[0] >= header_row - 1]
    if tall:
        names = "、".join(f"{_cell_name(a)}:{_cell_name(b)}" for a, b in tall[:5])
        raise SourceFileError(
            f"“{path.name}”的工作表“{sheet.name}”有跨行合并的单元格（{names}）；"
            "请取消合并并在每行填写内容",
            f'the sheet "{sheet.name}" of "{path.name}" has cells merged over several rows '
            f"({names}); unmerge them and fill in every row",
        )


def _cell_name(place: tuple[int, int]) -> str:
    row, column = place
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def _chunks(
    rows: Iterator[list[Any]], *, keys: tuple[str, ...], header_row: int
) -> Iterator[Chunk]:
    next_row = header_row + 1
    while block := list(islice(rows, CHUNK_ROWS)):
        frame = pd.DataFrame(block, columns=list(keys), dtype=object)
        columns = [
            pa.array(frame.iloc[:, i].map(_cell_text), pa.string()) for i in range(len(keys))
        ]
        yield chunk_of(columns, keys=keys, row_numbers=np.arange(len(block)) + next_row)
        next_row += len(block)


def _cell_text(value: object) -> str:
    """A cell as text: days as ISO, whole numbers without a point, long ones visibly damaged."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if abs(value) >= _EXACT_BELOW:
            return f"{float(value):.14E}"
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        pattern = "%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S"
        return value.strftime(pattern)
    return value.isoformat() if isinstance(value, date | time) else str(value)
