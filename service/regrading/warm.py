"""A grader kept warm: it follows the archive, so that one enterprise takes less than a second."""

import shutil
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from features.archive import Archive, open_archive
from features.archive.files import read_build
from features.engine import Engine
from features.errors import ArchiveDamagedError
from models.scoring_model import ScoringModel
from scoring.grader import Grader
from scoring.run_folder import CONTEXT, read_run
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

    def close(self) -> None:
        """Let go of the engine's memory."""
        self._engine.close()

    def at(self, as_of: date, *, run_folder: Path | None = None) -> Grader:
        """The grader of the archive in use on a day: kept, followed, read back, or made anew.

        `run_folder` is that of a run of the same model; where it is of this day and archive, what
        it kept of the whole archive is used.
        """
        archive = open_archive(self._settings.archive_dir)
        kept = self._grader
        if kept is not None and kept.as_of == as_of:
            if kept.archive.build_id == archive.build_id:
                return kept
            if archive.based_on == kept.archive.build_id:
                self._grader = kept.follow(archive, folder=self._folder(archive, as_of))
                return self._grader
        before = _predecessor(self._settings, archive)
        folder = self._folder(archive, as_of)
        if run_folder is not None and _is_of(run_folder, archive, as_of):
            folder = run_folder / CONTEXT
        elif not folder.is_dir() and before is not None:
            old = self._folder(before, as_of)
            if run_folder is not None and _is_of(run_folder, before, as_of):
                old = run_folder / CONTEXT
            if old.is_dir():
                self._grader = self._prepare(before, as_of, old).follow(archive, folder=folder)
                return self._grader
        self._grader = self._prepare(archive, as_of, folder)
        self._forget_others(as_of)
        return self._grader

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

    def _forget_others(self, as_of: date) -> None:
        """Sums of other days are of no use any more."""
        for path in self._settings.contexts_dir.glob("*"):
            if not path.name.startswith(as_of.isoformat()):
                shutil.rmtree(path, ignore_errors=True)


def _is_of(run_folder: Path, archive: Archive, as_of: date) -> bool:
    """Whether a run graded this archive as of this day."""
    run = read_run(run_folder)
    return run is not None and (run.manifest["archive_build"], run.manifest["as_of"]) == (
        archive.build_id,
        as_of.isoformat(),
    )


def _predecessor(settings: Settings, archive: Archive) -> Archive | None:
    """The build that the archive went on from, if it is still there."""
    if archive.based_on is None:
        return None
    try:
        return read_build(settings.archive_dir / archive.based_on)
    except ArchiveDamagedError:
        return None
