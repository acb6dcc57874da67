"""Steps of the monthly job up to the archive: files in, records kept, archive brought up to date.

They need no model, whose libraries take seconds to import.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from features.archive import Archive, build_archive
from features.errors import UnknownSourceError
from features.intake import (
    ImportReport,
    Mapping,
    Preview,
    find_source,
    get_mapping,
    import_file,
    load_mappings,
    preview_file,
)
from service.clock import utc_now
from service.db.connection import Database
from service.listings.operations import refresh_listings
from service.pipeline.engines import open_engine
from service.pipeline.errors import NothingToImportError
from service.security.secrets import read_secret
from service.settings import Settings

Progress = Callable[[str, int, int], None]


def silent(step: str, done: int, of: int) -> None:
    """No progress wanted."""


@dataclass(frozen=True)
class FileToImport:
    """A department's file and the mapping that reads it."""

    path: Path
    mapping: Mapping


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The installation's database."""
    database = Database(settings.resolved_database_url, busy_seconds=settings.busy_seconds)
    try:
        yield database
    finally:
        database.close()


def files_to_import(paths: Sequence[Path], *, source: str | None = None) -> list[FileToImport]:
    """The files named, and those files of the folders named that a mapping reads.

    Raises
    ------
    features.errors.UnknownSourceError
        A file named by itself fits no mapping or several, or `source` names none.
    NothingToImportError
        A folder holds no file that any mapping reads.
    """
    mappings = load_mappings()
    named = get_mapping(source, mappings) if source is not None else None
    found: list[FileToImport] = []
    for path in paths:
        if not path.is_dir():
            found.append(FileToImport(path, named or find_source(path, mappings)))
            continue
        for inside in sorted(path.iterdir()):
            try:
                if inside.is_file():
                    found.append(FileToImport(inside, find_source(inside, mappings)))
            except UnknownSourceError:
                continue  # a folder may hold other things; a file named by itself may not
    if not found:
        raise NothingToImportError(paths)
    return found


def import_one(
    item: FileToImport, settings: Settings, *, progress: Progress = silent
) -> ImportReport:
    """Import one department's file as received now."""
    return import_file(
        item.path,
        mapping=item.mapping,
        records_dir=settings.records_dir,
        received_at=utc_now(),
        person_key=read_secret(settings.person_key_path),
        progress=lambda done, of: progress(item.path.name, done, of or 0),
    )


def preview_one(
    item: FileToImport,
    settings: Settings,
    *,
    rejects_dir: Path | None = None,
    progress: Progress = silent,
) -> Preview:
    """Judge one department's file as if it were received now; import nothing."""
    return preview_file(
        item.path,
        mapping=item.mapping,
        records_dir=settings.records_dir,
        received_at=utc_now(),
        person_key=read_secret(settings.person_key_path),
        rejects_dir=rejects_dir,
        progress=lambda done, of: progress(item.path.name, done, of or 0),
    )


def rebuild_archive(
    settings: Settings, *, afresh: bool = False, progress: Progress = silent
) -> Archive:
    """Bring the archive up to date with all records, and the credit check's lists with it.

    Only what new imports touch is written, unless everything is wanted `afresh`.
    """
    with open_engine(settings) as engine, open_database(settings) as database:
        archive = build_archive(
            engine,
            records_dir=settings.records_dir,
            archive_dir=settings.archive_dir,
            identity_dir=settings.identity_dir,
            afresh=afresh,
            progress=lambda done, of: progress("archive", done, of),
        )
        with database.writing() as session:
            refresh_listings(
                session,
                engine,
                archive,
                loaded_at=utc_now(),
                progress=lambda done, of: progress("lists", done, of),
            )
    return archive
