"""MAIN FLOW 3: archive and model in, a grade with its reasons for every enterprise out."""

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq

from features.archive import Archive
from features.archive.files import MANIFEST as ARCHIVE_MANIFEST
from features.build import check_as_of
from features.engine import AnyEngine
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
    with hold(runs_dir), _room_in(runs_dir):
        done = read_run(runs_dir / name_run(depends_on))
        if done is not None and not afresh and done.is_whole():
            return done
        unfinished = UnfinishedRun.take_up(runs_dir, depends_on, now=created_at, afresh=afresh)
        progress("context", 0, 1)
        grader = Grader.prepare(
            engine,
            archive,
            model,
            as_of=as_of,
            region=region,
            law_on=law_on,
            folder=unfinished.context_folder,
            inputs=inputs,
            statements=statements,
            also=also,
            explained=letters,
        )
        progress("context", 1, 1)
        outputs = Outputs(
            unfinished.folder,
            run_id=unfinished.run_id,
            as_of=as_of,
            unconfirmed=(*rules.unconfirmed, *statutory.unconfirmed),
            excel=excel or ExcelChoice(),
            size=archive.enterprises,
        )
        with outputs:
            _grade_ranges(grader, unfinished, outputs, progress=progress)
            outputs.finish()
        progress("write", 0, 1)
        ranges = range(archive.range_count)
        distribution = merge_counts([unfinished.distribution(number) for number in ranges])
        pq.write_table(distribution, unfinished.folder / DISTRIBUTION)
        manifest = {
            "run_id": unfinished.run_id,
            **depends_on,
            **outputs.counts(),
            "unconfirmed_law": list(rules.unconfirmed),
            "unconfirmed_statutory_law": list(statutory.unconfirmed),
            "sectors": {
                name: {"zh": sector.zh, "en": sector.en}
                for name, sector in model.definitions.items()
            },
            "created_at": unfinished.started_at.isoformat(),
            "versions": {name: version(name) for name in _LIBRARIES},
            "files": hashes(unfinished.folder, without=(CONTEXT, "manifest.json")),
        }
        run = unfinished.publish(manifest)
        progress("write", 1, 1)
    return run


def _grade_ranges(
    grader: Grader, unfinished: UnfinishedRun, outputs: Outputs, *, progress: Progress
) -> None:
    """Grade what is not finished; the files are written while the next range is graded."""
    ranges = grader.archive.range_count
    finished = sum(unfinished.range_file(number) is not None for number in range(ranges))
    progress("grade", finished, ranges)
    with ThreadPoolExecutor(max_workers=1) as writer:
        writing: Future[None] | None = None
        for number in range(ranges):
            part = unfinished.range_file(number)
            if part is None:
                graded = grader.grade_and_count(range_no=number)
                part = unfinished.finish_range(number, graded)
                del graded  # two ranges in memory are enough
                finished += 1
                progress("grade", finished, ranges)
            if writing is not None:
                writing.result()
            writing = writer.submit(outputs.add, part)
        if writing is not None:
            writing.result()


@contextmanager
def _room_in(folder: Path) -> Iterator[None]:
    """Say what to do where the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NoRoomError(folder) from error
        raise
