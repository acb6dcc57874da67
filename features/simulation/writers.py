"""Write the files: the same arguments give the same bytes."""

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import xlsxwriter

from features.simulation.arrays import Array, Columns
from features.simulation.source_file import SourceFile
from law.files import write_atomically

_CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # a fixed day keeps bytes equal
_MARK = b"\xef\xbb\xbf"


def write_source(file: SourceFile, folder: Path) -> None:
    """One department's file in its own format and encoding."""
    if file.layout == "csv":
        content = csv_bytes(file.columns).decode("utf-8").encode(file.encoding)
    elif file.layout == "excel":
        content = _workbook(file)
    else:
        content = parquet_bytes(_typed(file.columns))
    write_atomically(folder / file.name, content)


def write_bytes(path: Path, content: bytes) -> None:
    """A file that is whole or not there."""
    write_atomically(path, content)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Readable JSON in UTF-8."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    write_atomically(path, text.encode() + b"\n")


def csv_bytes(columns: Columns, *, mark: bool = False) -> bytes:
    """Comma separated text in UTF-8; a value with a comma, quote or line break is refused."""
    table = pa.table({name: pa.array(_as_text(values)) for name, values in columns.items()})
    sink = io.BytesIO()
    header = ",".join(columns) + "\n"
    options = pa_csv.WriteOptions(include_header=False, quoting_style="none")
    pa_csv.write_csv(table, sink, options)
    return (_MARK if mark else b"") + header.encode() + sink.getvalue()


def parquet_bytes(table: pa.Table) -> bytes:
    """A Parquet file as bytes."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _as_text(values: Array) -> Any:
    """Text of a column; days as 2026-10-31, missing as empty."""
    if values.dtype.kind == "M":
        text = np.datetime_as_string(values, unit="D")
        return np.where(np.isnat(values), "", text)
    if values.dtype.kind == "f":
        return pa.array(values).cast(pa.string())
    if values.dtype.kind != "O":
        return values.astype(np.str_)
    return pa.array(values).cast(pa.string()).fill_null("")


def _typed(columns: Columns) -> pa.Table:
    """A typed table: text, whole numbers, numbers, days."""
    return pa.table({name: pa.array(_plain(values)) for name, values in columns.items()})


def _plain(values: Array) -> Any:
    return values.astype(object) if values.dtype.kind == "M" else values


def _workbook(file: SourceFile) -> bytes:
    """A workbook with a sheet that explains it, and the sheet of data."""
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    book.set_properties({"created": _CREATED, "comments": "模拟数据 SIMULATED"})
    sheet = book.add_worksheet(file.sheet)
    for row, line in enumerate(file.preamble):
        sheet.write_string(row, 0, line)
    top = len(file.preamble)
    sheet.write_row(top, 0, list(file.columns))
    for place, values in enumerate(file.columns.values()):
        sheet.write_column(top + 1, place, _cells(values))
    sheet.freeze_panes(top + 1, 1)
    sheet.set_column(0, len(file.columns) - 1, 20)
    note = book.add_worksheet("说明")
    note.write_column(0, 0, ["本工作簿为模拟数据，不涉及任何真实企业或个人。", "SIMULATED data."])
    book.close()
    return sink.getvalue()


def _cells(values: Array) -> list[str | float | date | None]:
    """Values as a workbook stores them; a missing day is an empty cell."""
    cells: list[str | float | date | None] = values.astype(object).tolist()
    return cells
