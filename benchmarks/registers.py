"""The public registers as archives, made by the same mappings and intake as an office's files."""

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

# Opaque registers hold no persons; a key is needed all the same, and never leaves this process.
_NO_PERSONS = bytes(32)
_RECEIVED_AT = datetime(2020, 1, 1)


def public_data() -> Path:
    """The folder named by XINHENG_PUBLIC_DATA, or a clear end."""
    named = os.environ.get("XINHENG_PUBLIC_DATA")
    if not named:
        raise SystemExit("set XINHENG_PUBLIC_DATA to the folder of the public records")
    return Path(named)


@contextmanager
def archive_of(register: str) -> Iterator[tuple[Engine, Archive]]:
    """Import one register into a folder that goes when the block ends."""
    with tempfile.TemporaryDirectory() as name, Engine(threads=2) as engine:
        folder, mappings = Path(name), load_mappings()
        for path in sorted((public_data() / register).iterdir()):
            try:
                mapping = find_source(path, mappings)
            except UnknownSourceError:
                continue  # a file that no indicator needs, such as published labels
            import_file(
                path,
                mapping=mapping,
                records_dir=folder / "records",
                received_at=_RECEIVED_AT,
                person_key=_NO_PERSONS,
            )
        yield (
            engine,
            build_archive(engine, records_dir=folder / "records", archive_dir=folder / "archive"),
        )
