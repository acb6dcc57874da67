"""Each step of the monthly job, with the disk, the database and the clock attached; the first ones,
which need no model, are those of :mod:`service.pipeline.filing`.

The command line, the demonstration and later the worker call these; nothing here decides anything.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from features.archive import open_archive
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
from service.grades.inputs import gather_inputs
from service.grades.operations import publish_run
from service.installation import MODEL_KEY
from service.model_registry.operations import champion as champion
from service.model_registry.operations import champion_folder as champion_folder
from service.model_registry.operations import register_trained
from service.pipeline.engines import DUCKDB, open_engine, open_named_engine
from service.pipeline.errors import FutureDayError
from service.pipeline.filing import FileToImport as FileToImport
from service.pipeline.filing import Progress as Progress
from service.pipeline.filing import files_to_import as files_to_import
from service.pipeline.filing import import_one as import_one
from service.pipeline.filing import open_database as open_database
from service.pipeline.filing import preview_one as preview_one
from service.pipeline.filing import rebuild_archive as rebuild_archive
from service.pipeline.filing import silent as silent
from service.settings import Settings
from service.statutory.store import read_statements

# Who trained a model where nobody is named: the command itself.
TRAINING = "xinheng train"


@dataclass(frozen=True)
class Training:
    """A model just trained, its signed folder, and whether it is in use or a challenger."""

    trained: TrainedModels
    folder: Path
    state: State


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
