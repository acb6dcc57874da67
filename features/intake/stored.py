"""The records of all imports as they lie on disk, before the archive orders them into versions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis

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


def read_imported(engine: Engine, paths: Sequence[Path], *, kind: str) -> Any:
    """Records of `kind` in files of imports (Ibis), with every column that the kind has now.

    Files of imports made before the kind got a column have null there.
    """
    rows, schema = engine.read_parquet(paths), record_schema(kind)
    types = ibis.Schema.from_pyarrow(schema)
    absent = {name: ibis.null(types[name]) for name in schema.names if name not in rows.columns}
    return rows.mutate(**absent).select(schema.names)


def stored_tables(engine: Engine, origin: Path | Archive) -> dict[str, Any]:
    """Every row (Ibis) in a folder of imports or in an archive, all versions, by kind.

    Columns are those of :func:`features.catalogue.record_schema`; kinds without rows are left out.
    """
    if isinstance(origin, Archive):
        kinds = [kind for kind, rows in origin.rows.items() if rows]
        tables = {kind: origin.table(engine, kind) for kind in kinds}
        return {kind: rows.select(record_schema(kind).names) for kind, rows in tables.items()}
    return {
        kind: read_imported(engine, paths, kind=kind)
        for kind, paths in files_by_kind(origin).items()
    }
