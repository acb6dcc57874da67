"""Folders of files as archives, made by the same mappings and intake as an office's files."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from features.archive import Archive, build_archive
from features.engine import Engine
from features.errors import UnknownSourceError
from features.intake import find_source, import_file, load_mappings

# Public registers hold no persons and the city's are simulated, so this key guards nobody.
_PERSON_KEY = bytes(range(32))
_RECEIVED_AT = datetime(2020, 1, 1)


def public_data() -> Path:
    """The folder named by XINHENG_PUBLIC_DATA, or a clear end."""
    named = os.environ.get("XINHENG_PUBLIC_DATA")
    if not named:
        raise SystemExit("set XINHENG_PUBLIC_DATA to the folder of the public records")
    return Path(named)


def archive_from(folder: Path, work: Path, *, engine: Engine, received_at: datetime) -> Archive:
    """Import every file of `folder` that a mapping reads, and build the archive under `work`."""
    mappings = load_mappings()
    for path in sorted(folder.iterdir()):
        try:
            mapping = find_source(path, mappings)
        except UnknownSourceError:
            continue  # what no indicator needs, such as published labels
        import_file(
            path,
            mapping=mapping,
            records_dir=work / "records",
            received_at=received_at,
            person_key=_PERSON_KEY,
        )
    return build_archive(engine, records_dir=work / "records", archive_dir=work / "archive")


@contextmanager
def archive_of(register: str) -> Iterator[tuple[Engine, Archive]]:
    """Import one register into a folder that goes when the block ends."""
    folder = public_data() / register
    with tempfile.TemporaryDirectory() as work, Engine(threads=2) as engine:
        yield engine, archive_from(folder, Path(work), engine=engine, received_at=_RECEIVED_AT)
