"""MAIN FLOW 3: archive and model in, a grade with its reasons for every enterprise out."""

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.archive import Archive
from features.archive.files import MANIFEST as ARCHIVE_MANIFEST
from features.build import check_as_of
from features.engine import AnyEngine
from features.engine.lanes import in_lanes
from features.folders import hold
from features.indicators import definitions_hash
from law.files import sha256_of
from models.rating.distribution import merge_counts
from models.rating.scoring_model import ScoringModel
from scoring.errors import NoCutOffsError, NoRoomError
from scoring.grader import EXPLAINED, Grader
from scoring.grading import GradeInputs, Rules
from scoring.outputs import ExcelChoice, Outputs, hashes
from scoring.run_folder import CONTEXT, DISTRIBUTION, Run, UnfinishedRun, name_run, read_run
from scoring.statutory import Statements, StatutoryRules

Progress = Callable[[str, int, int], None]  # step, done, of
_LIBRARIES = ("duckdb", "ibis-framework", "lightgbm", "numpy", "pyarrow")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _silent(step: str, done: int, of: int) -> None:
    """No progress wanted."""


def grade_population(
    engine: AnyEngine,
    archive: Archive,
    model: ScoringModel,
    *,
    as_of: date,
    region: str,
    runs_dir: Path,
    created_at: datetime,
    law_on: date | None = None,
    inputs: GradeInputs | None = None,
    statements: Statements | None = None,
    explained: Iterable[str] = EXPLAINED,
    also: Sequence[str] = (),
    excel: ExcelChoice | None = None,
    afresh: bool = False,
    progress: Progress = _silent,
) -> Run:
    """Grade every enterprise of the archive as of a day and keep the run as a folder.

    Works range by range; a finished range is a file. Interrupted or killed, the next call with the
    same archive, model, day, rules and options goes on where it stopped and gives the same bytes;
    a finished run of the same inputs is returned as it is. The folder appears under its name only
    when whole: earlier runs stay as they were.

    Parameters
    ----------
    created_at
        The instant of this call (naive UTC); a run that is taken up keeps that of its first call.
    law_on, inputs, statements, explained, also
        See :meth:`Grader.prepare`.
    excel
        Which enterprises stand in Excel files; by the size of the population where None.
    afresh
        Grade everything again, whatever is finished.

    Raises
    ------
    features.errors.AsOfError
        The archive does not reach `as_of`.
    NoCutOffsError
        The model was saved without cut-offs.
    NoRoomError
        The disk is full; finished ranges are kept.
    """
    check_as_of(archive, as_of)
    job = _Job.of(
        engine,
        archive,
        model,
        as_of=as_of,
        region=region,
        law_on=law_on,
        inputs=inputs,
        statements=statements,
        explained=explained,
        also=also,
    )
    with hold(runs_dir), _room_in(runs_dir):
        done = read_run(runs_dir / name_run(job.depends_on))
        if done is not None and not afresh and done.is_whole():
            return done
        unfinished = UnfinishedRun.take_up(runs_dir, job.depends_on, now=created_at, afresh=afresh)
        progress("context", 0, 1)
        grader = job.grader(engine, folder=unfinished.context_folder)
        grader = grader.for_all_ranges(unfinished.range_sums_folder)
        progress("context", 1, 1)
        outputs = job.outputs(unfinished, excel=excel or ExcelChoice())
        with outputs:
            _grade_ranges(grader, unfinished, outputs, progress=progress)
            outputs.finish()
        progress("write", 0, 1)
        _write_distribution(unfinished, ranges=archive.range_count)
        run = unfinished.publish(job.manifest(unfinished, outputs))
        progress("write", 1, 1)
    return run


@dataclass(frozen=True)
class _Job:
    """What is to be graded, by what, and everything that the grades depend on."""

    archive: Archive
    model: ScoringModel
    as_of: date
    region: str
    law_on: date
    inputs: GradeInputs
    statements: Statements
    explained: frozenset[str]
    also: Sequence[str]
    rules: Rules
    statutory: StatutoryRules
    depends_on: dict[str, Any]

    @classmethod
    def of(
        cls,
        engine: AnyEngine,
        archive: Archive,
        model: ScoringModel,
        *,
        as_of: date,
        region: str,
        law_on: date | None,
        inputs: GradeInputs | None,
        statements: Statements | None,
        explained: Iterable[str],
        also: Sequence[str],
    ) -> "_Job":
        """Read the rules of the day; see :func:`grade_population`."""
        inputs, statements = inputs or GradeInputs(), statements or Statements.none()
        cut_offs = inputs.policy.cut_offs or model.cut_offs
        if cut_offs is None:
            raise NoCutOffsError(model.version)
        law_on, letters = law_on or as_of, frozenset(explained)
        rules = Rules.of(law_on, region=region, overlay=inputs.law_overlay)
        rules = rules.changed(inputs.policy.changes)
        statutory = StatutoryRules.of(law_on, region=region)
        depends_on = {
            "archive_build": archive.build_id,
            "archive_manifest_sha256": sha256_of(archive.folder / ARCHIVE_MANIFEST),
            "model_version": model.version,
            "cut_offs": cut_offs.to_dict(),
            "indicator_definitions": definitions_hash(),
            "indicators": sorted({*model.used_names, *statutory.indicators, *also}),
            "as_of": as_of.isoformat(),
            "law_on": law_on.isoformat(),
            "region": region,
            "rules": rules.to_dict(),
            "law_sha256": sha256(f"{rules}{statutory}".encode()).hexdigest(),
            **inputs.to_dict(),
            "cut_offs_chosen_on_other_model": inputs.policy.chosen_on_other(model.version),
            "statements_sha256": statements.sha256,
            "explained": sorted(letters),
            "engine": type(engine).__name__,
        }
        return cls(
            archive=archive,
            model=model,
            as_of=as_of,
            region=region,
            law_on=law_on,
            inputs=inputs,
            statements=statements,
            explained=letters,
            also=also,
            rules=rules,
            statutory=statutory,
            depends_on=depends_on,
        )

    def grader(self, engine: AnyEngine, *, folder: Path) -> Grader:
        """What grades any range; `folder` keeps what the whole archive says."""
        return Grader.prepare(
            engine,
            self.archive,
            self.model,
            as_of=self.as_of,
            region=self.region,
            law_on=self.law_on,
            folder=folder,
            inputs=self.inputs,
            statements=self.statements,
            also=self.also,
            explained=self.explained,
        )

    def outputs(self, unfinished: UnfinishedRun, *, excel: ExcelChoice) -> Outputs:
        """The files of the run, empty."""
        return Outputs(
            unfinished.folder,
            run_id=unfinished.run_id,
            as_of=self.as_of,
            unconfirmed=(*self.rules.unconfirmed, *self.statutory.unconfirmed),
            excel=excel,
            size=self.archive.enterprises,
        )

    def manifest(self, unfinished: UnfinishedRun, outputs: Outputs) -> dict[str, Any]:
        """What the run says of itself."""
        return {
            "run_id": unfinished.run_id,
            **self.depends_on,
            **outputs.counts(),
            "unconfirmed_law": list(self.rules.unconfirmed),
            "unconfirmed_statutory_law": list(self.statutory.unconfirmed),
            "sectors": {
                name: {"zh": sector.zh, "en": sector.en}
                for name, sector in self.model.definitions.items()
            },
            "created_at": unfinished.started_at.isoformat(),
            "versions": {name: version(name) for name in _LIBRARIES},
            "files": hashes(unfinished.folder, without=(CONTEXT, "manifest.json")),
        }


def _grade_ranges(
    grader: Grader, unfinished: UnfinishedRun, outputs: Outputs, *, progress: Progress
) -> None:
    """Grade what is not finished, and write the files in order meanwhile."""
    ranges = range(grader.archive.range_count)
    missing = [number for number in ranges if unfinished.range_file(number) is None]
    finished = len(ranges) - len(missing)
    progress("grade", finished, len(ranges))

    def grade(engine: AnyEngine, number: int) -> None:
        graded = replace(grader, engine=engine).grade_and_count(range_no=number)
        unfinished.finish_range(number, graded)

    with closing(in_lanes(grader.engine, grade, missing)) as graded:
        for number in ranges:
            if number in missing:
                next(graded)
                finished += 1
                progress("grade", finished, len(ranges))
            part = unfinished.range_file(number)
            assert part is not None
            outputs.add(part)


def _write_distribution(unfinished: UnfinishedRun, *, ranges: int) -> None:
    distribution = merge_counts([unfinished.distribution(number) for number in range(ranges)])
    pq.write_table(distribution, unfinished.folder / DISTRIBUTION)


@contextmanager
def _room_in(folder: Path) -> Iterator[None]:
    """Say what to do where the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NoRoomError(folder) from error
        raise
