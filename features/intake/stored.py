"""The records of all imports as they lie on disk, before the archive orders them into versions."""

from pathlib import Path
from typing import Any

from features.archive.files import Archive
from features.catalogue import record_kinds, record_schema
from features.engine import Engine
from features.intake.report import list_imports


def files_of(records_dir: Path, kind: str) -> list[Path]:
    """The files of records of `kind`, one an import that has any."""
    return files_by_kind(records_dir).get(kind, [])


def files_by_kind(records_dir: Path) -> dict[str, list[Path]]:
    """The files of records of all imports, by kind in the order of the catalogue."""
    reports = list_imports(records_dir)
    found = {
        kind: [
            records_dir / one.import_id / f"{kind}.parquet"
            for one in reports
            if f"{kind}.parquet" in one.files
        ]
        for kind in record_kinds()
    }
    return {kind: paths for kind, paths in found.items() if paths}


def stored_tables(engine: Engine, origin: Path | Archive) -> dict[str, Any]:
    """Every row (Ibis) in a folder of imports or in an archive, all versions, by kind.

    Columns are those of :func:`features.catalogue.record_schema`; kinds without rows are left out.
    """
    if isinstance(origin, Archive):
        tables = {kind: origin.table(engine, kind) for kind, rows in origin.rows.items() if rows}
    else:
        tables = {kind: engine.read_parquet(paths) for kind, paths in files_by_kind(origin).items()}
    return {kind: table.select(record_schema(kind).names) for kind, table in tables.items()}
