"""The records of all imports as they lie on disk, before the archive orders them into versions."""

from pathlib import Path
from typing import Any

from features.archive_files import Archive
from features.catalogue import record_schema
from features.engine import Engine
from features.intake.report import list_imports


def files_of(records_dir: Path, kind: str) -> list[Path]:
    """The files of records of `kind`, one an import that has any."""
    name = f"{kind}.parquet"
    reports = list_imports(records_dir)
    return [records_dir / one.import_id / name for one in reports if name in one.files]


def stored_records(engine: Engine, origin: Path | Archive, kind: str) -> Any:
    """Every row of `kind` (Ibis) in a folder of imports or in an archive, all versions.

    Columns are those of :func:`features.catalogue.record_schema`; no rows where there are none.
    """
    schema = record_schema(kind)
    if isinstance(origin, Archive):
        return origin.table(engine, kind).select(schema.names)
    paths = files_of(origin, kind)
    if not paths:
        return engine.memory(schema.empty_table())
    return engine.read_parquet(paths).select(schema.names)
