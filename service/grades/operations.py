"""Publish a run: its grades become what the console shows and the API answers."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from features.engine import Engine
from law.files import sha256_of
from service.db.arrow import arrow_schema_of
from service.db.tables import grade
from service.errors import NothingPublishedError, RunUnusableError
from service.grades import repository
from service.grades.repository import Row

_BATCH_ROWS = 50_000
_GRADES = "grades.parquet"
_COUNTED = ("grade", "basis", "area_code", "industry_code", "sector_model")


def publish_run(session: Session, run_dir: Path, *, published_at: datetime) -> str:
    """Load the grades of a run and switch to it.

    The rows go in chunk by chunk while the earlier run stays in use; the switch is one transaction
    at the end. A load that is killed leaves nothing in use, and the next one clears it away.
    Publishing the run in use again changes nothing.

    Parameters
    ----------
    session
        Of `Database.writing()`; it is committed after every chunk.
    run_dir
        Folder of a finished run (``manifest.json``, ``grades.parquet``).
    published_at
        Naive UTC.

    Returns
    -------
    The run's identifier.

    Raises
    ------
    RunUnusableError
        The folder is no finished run, or its grades are not what its manifest says.
    """
    manifest, digest = _read_manifest(run_dir)
    run_id = str(manifest["run_id"])
    current = repository.published_run(session)
    if current is not None and (current["run_id"], current["grades_sha256"]) == (run_id, digest):
        return run_id
    repository.forget_unfinished(session)
    grades = pq.ParquetFile(run_dir / _GRADES)
    load_id = repository.add_run(
        session,
        run_id=run_id,
        grades_sha256=digest,
        as_of=date.fromisoformat(manifest["as_of"]),
        model_version=manifest["model_version"],
        archive_build=manifest["archive_build"],
        enterprises=grades.metadata.num_rows,
        summary=json.dumps(_summary(run_dir, manifest), ensure_ascii=False, sort_keys=True),
    )
    session.commit()
    with Engine(threads=1) as engine:
        for batch in grades.iter_batches(batch_size=_BATCH_ROWS):
            rows = database_rows(engine, pa.Table.from_batches([batch]), load_id=load_id)
            repository.add_grades(session, rows)
            session.commit()
    repository.switch_to(session, load_id, published_at=published_at)
    session.commit()
    return run_id


def current_run(session: Session) -> Row:
    """The run in use.

    Raises
    ------
    NothingPublishedError
    """
    row = repository.published_run(session)
    if row is None:
        raise NothingPublishedError
    return row


def _read_manifest(run_dir: Path) -> tuple[dict[str, Any], str]:
    try:
        manifest: dict[str, Any] = json.loads((run_dir / "manifest.json").read_bytes())
        expected = manifest["files"][_GRADES]
        found = sha256_of(run_dir / _GRADES)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunUnusableError(
            f"{run_dir} 不是完整的分级批次（{type(error).__name__}）。请重新运行 xinheng score。",
            f"{run_dir} is no finished run ({type(error).__name__}). Run: xinheng score",
        ) from None
    if found != expected:
        raise RunUnusableError(
            f"{run_dir / _GRADES} 与清单记录的哈希不符，可能被改动。请重新运行 xinheng score。",
            f"{run_dir / _GRADES} is not what its manifest says; it may have been changed."
            " Run: xinheng score",
        )
    return manifest, found


def _summary(run_dir: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Counts that the overview shows, so that it need not count a million rows each time."""
    counters: dict[str, Counter[str]] = {column: Counter() for column in _COUNTED}
    both: Counter[tuple[str | None, str]] = Counter()
    # In batches: a province's grades are never in memory at once.
    grades = pq.ParquetFile(run_dir / _GRADES)
    for batch in grades.iter_batches(batch_size=_BATCH_ROWS, columns=list(_COUNTED)):
        part = pa.Table.from_batches([batch])
        for column, counter in counters.items():
            counter.update(_counts(part, column))
        pairs = part.group_by(["area_code", "grade"]).aggregate([("grade", "count")])
        for row in pairs.to_pylist():
            both[row["area_code"], row["grade"]] += row["grade_count"]
    ordered = sorted(both.items(), key=lambda item: (item[0][0] is None, item[0]))
    return {
        "unconfirmed_law": manifest.get("unconfirmed_law", []),
        **{f"by_{column}": dict(counter) for column, counter in counters.items()},
        "by_area_and_grade": [[area, grade, count] for (area, grade), count in ordered],
    }


def _counts(table: pa.Table, column: str) -> dict[str, int]:
    counted = table[column].value_counts().to_pylist()
    return {row["values"] or "": row["counts"] for row in counted}


def database_rows(engine: Engine, grades: pa.Table, *, load_id: int) -> pa.Table:
    """Columns and types of the database; the list of reasons as JSON text."""
    table = engine.memory(grades)
    schema = arrow_schema_of(grade)
    numbered = table.mutate(load_id=load_id, reasons=table.reasons.cast("json").cast("string"))
    return engine.to_arrow(numbered.select(schema.names)).cast(schema)
