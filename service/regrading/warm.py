"""A grader kept warm: it follows the archive, so that one enterprise takes less than a second."""

import shutil
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self, TypeGuard

from features.archive import Archive, open_archive
from features.archive.files import read_build
from features.engine import Engine
from features.errors import ArchiveDamagedError
from features.folders import hold
from models.rating.scoring_model import ScoringModel
from scoring.grader import Grader
from scoring.grading import GradeInputs
from scoring.run_folder import CONTEXT, read_run
from scoring.statutory import Statements
from service.settings import Settings


class WarmGrader:
    """Keeps one engine and one grader; one thread at a time.

    Parameters
    ----------
    model
        The model in use; another one needs another warm grader.
    """

    def __init__(self, settings: Settings, model: ScoringModel) -> None:
        self._settings, self._model = settings, model
        self._engine = Engine(memory_limit=settings.memory_limit, threads=settings.threads)
        self._grader: Grader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def model_version(self) -> str:
        """The version of its model."""
        return self._model.version

    def close(self) -> None:
        """Let go of the engine's memory."""
        self._engine.close()

    def at(
        self,
        as_of: date,
        *,
        inputs: GradeInputs | None = None,
        statements: Statements | None = None,
        law_on: date | None = None,
        run_folder: Path | None = None,
    ) -> Grader:
        """The grader of the archive in use on a day: kept, followed, read back, or made anew.

        Parameters
        ----------
        inputs, statements, law_on
            As they are now; see :meth:`Grader.prepare`.
        run_folder
            Of a run of the same model; where it is of this day and archive, what it kept of the
            whole archive is used.
        """
        return self._following(as_of, run_folder).judging(
            region=self._settings.region,
            inputs=inputs or GradeInputs(),
            statements=statements or Statements.none(),
            law_on=law_on,
        )

    def _following(self, as_of: date, run_folder: Path | None) -> Grader:
        archive = open_archive(self._settings.archive_dir)
        kept = self._grader
        if _is_of(kept, as_of, archive.build_id):
            return kept
        with hold(self._settings.contexts_dir):  # every process of the installation writes there
            self._grader = self._settled(archive, as_of, run_folder)
        return self._grader

    def _settled(self, archive: Archive, as_of: date, run_folder: Path | None) -> Grader:
        """The grader of an archive on a day; what no such grader needs is taken away."""
        folder = self._folder(archive, as_of)
        own = self._context_of(run_folder, archive, as_of) or folder
        before = self._before(archive, as_of, run_folder)
        if before is not None and not own.is_dir():
            grader = before.follow(archive, folder=folder)
        else:
            grader = self._prepare(archive, as_of, own)
        for path in self._settings.contexts_dir.glob("[!.]*"):
            if path != folder:  # of other days, and of builds that the archive went on from
                shutil.rmtree(path, ignore_errors=True)
        return grader

    def _before(self, archive: Archive, as_of: date, run_folder: Path | None) -> Grader | None:
        """The grader of the build that the archive went on from, where that costs little."""
        kept = self._grader
        if _is_of(kept, as_of, archive.based_on):
            return kept
        earlier = _predecessor(self._settings, archive)
        if earlier is None:
            return None
        folder = self._context_of(run_folder, earlier, as_of) or self._folder(earlier, as_of)
        return self._prepare(earlier, as_of, folder) if folder.is_dir() else None

    def _prepare(self, archive: Archive, as_of: date, folder: Path) -> Grader:
        return Grader.prepare(
            self._engine,
            archive,
            self._model,
            as_of=as_of,
            region=self._settings.region,
            folder=folder,
        )

    def _folder(self, archive: Archive, as_of: date) -> Path:
        name = f"{as_of.isoformat()}-{self._model.version[:8]}-{archive.build_id}"
        return self._settings.contexts_dir / name

    def _context_of(self, run_folder: Path | None, archive: Archive, as_of: date) -> Path | None:
        """What a run kept of the whole archive, if it is of this archive, day and model."""
        run = read_run(run_folder) if run_folder is not None else None
        if run is None or not (run.folder / CONTEXT).is_dir():
            return None
        told = [run.manifest[name] for name in ("archive_build", "as_of", "model_version")]
        wanted = [archive.build_id, as_of.isoformat(), self._model.version]
        return run.folder / CONTEXT if told == wanted else None


def _is_of(kept: Grader | None, as_of: date, build_id: str | None) -> TypeGuard[Grader]:
    """Whether a kept grader is of a day and a build; another process may have taken its files."""
    return (
        kept is not None
        and (kept.as_of, kept.archive.build_id) == (as_of, build_id)
        and kept.context.is_there()
    )


def _predecessor(settings: Settings, archive: Archive) -> Archive | None:
    """The build that the archive went on from, if it is still there."""
    if archive.based_on is None:
        return None
    try:
        return read_build(settings.archive_dir / archive.based_on)
    except ArchiveDamagedError:
        return None
