"""MAIN FLOW 3: archive and model in, a grade with its reasons for every enterprise out."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.archive import Archive
from features.engine import Engine
from features.indicators import definitions_hash
from law.files import sha256_of, write_atomically
from models.cutoffs import GRADES
from models.scoring_model import ScoringModel
from scoring.grader import Grader
from scoring.statutory import Statements
from scoring.workbook import grades_workbook

Progress = Callable[[str, int, int], None]  # step, done, of


_CONTEXT = "context"  # what the whole archive says, while its ranges are graded


def _silent(step: str, done: int, of: int) -> None:
    """No progress wanted."""


@dataclass(frozen=True)
class Run:
    """A finished batch: its folder and manifest."""

    run_id: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def grades_file(self) -> Path:
        """One row per enterprise."""
        return self.folder / "grades.parquet"


def grade_population(
    engine: Engine,
    archive: Archive,
    model: ScoringModel,
    *,
    as_of: date,
    region: str,
    runs_dir: Path,
    created_at: datetime,
    law_on: date | None = None,
    statements: Statements | None = None,
    progress: Progress = _silent,
) -> Run:
    """Grade every enterprise of the archive as of a day and keep the run as a folder.

    Works range by range of the archive. The folder appears under its name only when whole: a batch
    that is stopped leaves earlier runs as they were. `law_on` and `statements`: see
    :meth:`Grader.prepare`.

    Raises
    ------
    features.errors.AsOfError
        The archive does not reach `as_of`.
    scoring.errors.NoCutOffsError
        The model was saved without cut-offs.
    """
    run_id = f"{as_of.isoformat()}-{model.version[:8]}-{archive.build_id[:8]}"
    work = runs_dir / f".{run_id}.unfinished"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        grader = Grader.prepare(
            engine,
            archive,
            model,
            as_of=as_of,
            region=region,
            law_on=law_on,
            folder=work / _CONTEXT,
            statements=statements,
        )
        _write_grades(grader, work / "grades.parquet", progress=progress)
        grades = pq.read_table(work / "grades.parquet")
        progress("write", 0, 1)
        workbook = grades_workbook(
            grades,
            as_of=as_of,
            unconfirmed=(*grader.rules.unconfirmed, *grader.statutory.unconfirmed),
        )
        write_atomically(work / "grades.xlsx", workbook)
        manifest = _manifest(run_id, grader, grades) | {
            "region": region,
            "law_on": (law_on or as_of).isoformat(),
            "created_at": created_at.isoformat(),
            "files": {name: sha256_of(work / name) for name in ("grades.parquet", "grades.xlsx")},
        }
        write_atomically(work / "manifest.json", _as_json(manifest))
        progress("write", 1, 1)
        shutil.rmtree(work / _CONTEXT, ignore_errors=True)
        shutil.rmtree(runs_dir / run_id, ignore_errors=True)
        work.rename(runs_dir / run_id)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return Run(run_id, runs_dir / run_id, manifest)


def _write_grades(grader: Grader, path: Path, *, progress: Progress) -> None:
    ranges = grader.archive.range_count
    writer: pq.ParquetWriter | None = None
    try:
        for number in range(ranges):
            progress("grade", number, ranges)
            part = grader.grade(range_no=number)
            writer = writer or pq.ParquetWriter(path, part.schema, compression="zstd")
            writer.write_table(part)
        progress("grade", ranges, ranges)
    finally:
        if writer is not None:
            writer.close()


def _manifest(run_id: str, grader: Grader, grades: pa.Table) -> dict[str, Any]:
    counts = _counts(grades, "grade")
    return {
        "run_id": run_id,
        "as_of": grader.as_of.isoformat(),
        "archive_build": grader.archive.build_id,
        "model_version": grader.model.version,
        "indicator_definitions": definitions_hash(),
        "cut_offs": grader.cut_offs.to_dict(),
        "unconfirmed_law": list(grader.rules.unconfirmed),
        "unconfirmed_statutory_law": list(grader.statutory.unconfirmed),
        "sectors": {
            name: {"zh": sector.zh, "en": sector.en}
            for name, sector in grader.model.definitions.items()
        },
        "enterprises": grades.num_rows,
        "grades": {grade: counts.get(grade, 0) for grade in GRADES},
        "basis": _counts(grades, "basis"),
    }


def _counts(grades: pa.Table, column: str) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in grades[column].value_counts().to_pylist()}


def _as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode()
