"""Each step of the monthly job, with the disk, the database and the clock attached.

The command line, the demonstration and later the worker call these; nothing here decides anything.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from features.archive import Archive, build_archive, open_archive
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
from models.configs.training import load_config
from models.registry import artefact, signing
from models.registry.register import State
from models.train import train
from models.trained import TrainedModels
from scoring.batch import grade_population
from scoring.grader import EXPLAINED
from scoring.outputs import ExcelChoice
from scoring.run_folder import Run
from service.clock import office_day, utc_now
from service.db.connection import Database
from service.grades.inputs import gather_inputs
from service.grades.operations import publish_run
from service.installation import MODEL_KEY
from service.listings.operations import refresh_listings
from service.model_registry.operations import champion as champion
from service.model_registry.operations import champion_folder as champion_folder
from service.model_registry.operations import register_trained
from service.pipeline.engines import DUCKDB, open_engine, open_named_engine
from service.pipeline.errors import FutureDayError, NothingToImportError
from service.security.secrets import read_secret
from service.settings import Settings
from service.statutory.store import read_statements

Progress = Callable[[str, int, int], None]
# Who trained a model where nobody is named: the command itself.
TRAINING = "xinheng train"


def silent(step: str, done: int, of: int) -> None:
    """No progress wanted."""


@dataclass(frozen=True)
class FileToImport:
    """A department's file and the mapping that reads it."""

    path: Path
    mapping: Mapping


@dataclass(frozen=True)
class Training:
    """A model just trained, its signed folder, and whether it is in use or a challenger."""

    trained: TrainedModels
    folder: Path
    state: State


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


def train_models(
    settings: Settings,
    *,
    last_known: date,
    config: str = "default",
    law_on: date | None = None,
    by: str = TRAINING,
    reason: str = "",
    full_card: bool = False,
    progress: Progress = silent,
) -> Training:
    """Train on what was known by `last_known`, sign the artefact and enter it into the register.

    The first model is in use at once; a later one is a challenger until somebody promotes it.
    `full_card`: see :func:`models.train.train`.
    """
    archive = open_archive(settings.archive_dir)
    with open_engine(settings) as engine:
        trained = train(
            engine,
            archive,
            last_known=last_known,
            config=load_config(config),
            region=settings.region,
            law_on=law_on,
            progress=progress,
            full_card=full_card,
        )
    created_at = utc_now()
    name = f"{last_known.isoformat()}-{created_at:%Y%m%dT%H%M%S}"
    folder = settings.models_dir / name
    artefact.save(
        trained,
        folder,
        key=signing.load_private(settings.keys_dir / MODEL_KEY),
        created_at=created_at,
    )
    state = register_trained(settings, folder, by=by, reason=reason, now=created_at)
    return Training(trained, folder, state)


@dataclass(frozen=True)
class ScoreOptions:
    """How a batch is run; see :func:`scoring.batch.grade_population`.

    `publish` makes the run the one that the console and the API read.
    """

    explained: frozenset[str] = EXPLAINED
    excel: ExcelChoice = field(default_factory=ExcelChoice)
    engine: str = DUCKDB
    afresh: bool = False
    publish: bool = True


def score(
    settings: Settings,
    *,
    as_of: date,
    law_on: date | None = None,
    options: ScoreOptions | None = None,
    progress: Progress = silent,
) -> Run:
    """Grade every enterprise as of a day and publish the run to the console and the API.

    Raises
    ------
    FutureDayError
        The day is still to come.
    """
    options, now = options or ScoreOptions(), utc_now()
    if as_of > office_day(now):
        raise FutureDayError(as_of, today=office_day(now))
    archive, model = open_archive(settings.archive_dir), champion(settings)
    statements = read_statements(settings.statutory_dir)
    with open_database(settings) as database:
        inputs = gather_inputs(settings, database, statements=statements, as_of=as_of, at=now)
    with open_named_engine(settings, options.engine) as engine:
        run = grade_population(
            engine,
            archive,
            model,
            as_of=as_of,
            region=settings.region,
            runs_dir=settings.runs_dir,
            created_at=now,
            law_on=law_on,
            inputs=inputs,
            statements=statements,
            explained=options.explained,
            excel=options.excel,
            afresh=options.afresh,
            progress=progress,
        )
    if options.publish:
        progress("publish", 0, 1)
        with open_database(settings) as database, database.writing() as session:
            publish_run(
                session, run.folder, published_at=utc_now(), law_overlay=settings.law_overlay
            )
        progress("publish", 1, 1)
    return run
