"""Open a source file by the form its mapping (or its name) says."""

from pathlib import Path

from features.errors import SourceFileError
from features.intake.csv_files import open_csv
from features.intake.excel_files import open_excel
from features.intake.opened import OpenedFile
from features.intake.parquet_files import open_parquet
from features.mapping_schema import Mapping

_FORM_OF_SUFFIX = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".parquet": "parquet"}


def open_source(path: Path, *, mapping: Mapping, form: str | None = None) -> OpenedFile:
    """Open `path` as `form` (by default the mapping's).

    Raises
    ------
    SourceFileError
        The file cannot be read at all.
    """
    if not path.is_file():
        raise SourceFileError(f"没有文件“{path}”", f'there is no file "{path}"')
    form = form or mapping.format
    if form == "excel":
        return open_excel(path, sheet=mapping.sheet, header_row=mapping.header_row)
    if form == "parquet":
        # What was rejected of a Parquet file went back as CSV, and comes as such again.
        if form_of(path) == "csv":
            return open_csv(path, encoding="utf-8", delimiter=",", header_row=1)
        return open_parquet(path)
    return open_csv(
        path,
        encoding=mapping.encoding,
        delimiter=mapping.delimiter,
        header_row=mapping.header_row,
    )


def form_of(path: Path) -> str:
    """The form a file's name suggests."""
    return _FORM_OF_SUFFIX.get(path.suffix.lower(), "excel")
