"""Publish a run: its grades become what the console shows and the API answers; or withdraw it."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from features.engine import Engine
from models.rating.cutoffs import GRADES as LETTERS
from scoring.errors import refuse_unsigned
from scoring.statutory import COLUMNS
from service.db.arrow import arrow_schema_of
from service.db.tables import grade
from service.errors import NothingPublishedError, PublicationError
from service.grades import repository
from service.grades.comparing import comparison_summary
from service.grades.folders import GRADES, RunFolder, read_run
from service.grades.repository import Row

_BATCH_ROWS = 50_000
SCORING = "xinheng score"
_COUNTED = ("grade", "basis", "area_code", "industry_code", "sector_model")


def publish_run(
    session: Session,
    run_dir: Path,
    *,
    published_at: datetime,
    by: str = SCORING,
    reason: str = "分级完成后发布",
    law_overlay: Path | None = None,
) -> str:
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
    by, reason
        For the trail of acts.
    law_overlay
        The office's own folder of law: alarm lines of the change since last month.

    Returns
    -------
    The run's identifier.

    Raises
    ------
    RunUnusableError
        The folder is no finished run, or its grades are not what its manifest says.
    """
    found = read_run(run_dir)
    current = repository.published_run(session)
    if current is not None and is_in_use(found, current):
        return found.run_id
    earlier = repository.run_before(session, as_of=found.as_of)
    earlier_id = earlier["run_id"] if earlier else None
    session.rollback()  # nothing was written; counting millions must not hold other writers up
    summary = _summary(found, earlier_id, law_overlay=law_overlay)
    repository.forget_unfinished(session)
    grades = pq.ParquetFile(run_dir / GRADES)
    load_id = repository.add_run(
        session,
        run_id=found.run_id,
        grades_sha256=found.digest,
        as_of=found.as_of,
        model_version=found.manifest["model_version"],
        archive_build=found.manifest["archive_build"],
        enterprises=grades.metadata.num_rows,
        summary=json.dumps(summary, ensure_ascii=False, sort_keys=True),
    )
    session.commit()
    with Engine(threads=1) as engine:
        for batch in grades.iter_batches(batch_size=_BATCH_ROWS):
            rows = database_rows(engine, pa.Table.from_batches([batch]), load_id=load_id)
            repository.add_grades(session, rows)
            session.commit()
    repository.switch_to(session, load_id, published_at=published_at)
    repository.add_act(
        session, load_id=load_id, act="published", acted_at=published_at, acted_by=by, reason=reason
    )
    session.commit()
    return found.run_id


def is_in_use(found: RunFolder, current: Row) -> bool:
    """Whether the run in use is this very folder."""
    return (current["run_id"], current["grades_sha256"]) == (found.run_id, found.digest)


def withdraw_run(
    session: Session, run_id: str, *, by: str, reason: str, withdrawn_at: datetime
) -> str | None:
    """Take the run in use out of use and return to the one before it.

    Returns
    -------
    The run that is in use now; ``None`` where there was none before.

    Raises
    ------
    NothingPublishedError
    PublicationError
        Another run is in use, or nobody signs for it.
    """
    refuse_unsigned(PublicationError, by=by, reason=reason)
    current = current_run(session)
    if current["run_id"] != run_id:
        raise PublicationError(
            f"批次 {run_id} 未在使用，无需撤回；在用的是 {current['run_id']}",
            f"the run {run_id} is not in use, so it need not be withdrawn; {current['run_id']} is",
        )
    earlier = repository.previous_run(session, before=current["published_at"])
    acted: dict[str, Any] = {"acted_at": withdrawn_at, "acted_by": by, "reason": reason}
    repository.mark_withdrawn(session, current["load_id"])
    repository.add_act(session, load_id=current["load_id"], act="withdrawn", **acted)
    if earlier is None:
        return None
    repository.switch_to(session, earlier["load_id"], published_at=withdrawn_at)
    repository.add_act(session, load_id=earlier["load_id"], act="returned_to", **acted)
    return str(earlier["run_id"])


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


def _summary(
    found: RunFolder, earlier_id: str | None, *, law_overlay: Path | None
) -> dict[str, Any]:
    """Counts that the overview shows, so that it need not count a million rows each time."""
    counters: dict[str, Counter[str]] = {column: Counter() for column in _COUNTED}
    both: Counter[tuple[str | None, str]] = Counter()
    # In batches: a province's grades are never in memory at once.
    grades = pq.ParquetFile(found.folder / GRADES)
    for batch in grades.iter_batches(batch_size=_BATCH_ROWS, columns=list(_COUNTED)):
        part = pa.Table.from_batches([batch])
        for column, counter in counters.items():
            counter.update(_counts(part, column))
        pairs = part.group_by(["area_code", "grade"]).aggregate([("grade", "count")])
        for row in pairs.to_pylist():
            both[row["area_code"], row["grade"]] += row["grade_count"]
    ordered = sorted(both.items(), key=lambda item: (item[0][0] is None, item[0]))
    return {
        "unconfirmed_law": found.manifest.get("unconfirmed_law", []),
        "policy": found.manifest.get("policy", {}),
        "cut_offs_chosen_on_other_model": found.manifest.get("cut_offs_chosen_on_other_model"),
        "comparison": comparison_summary(found, earlier_id, law_overlay=law_overlay),
        "unconfirmed_statutory_law": found.manifest.get("unconfirmed_statutory_law", []),
        "law_on": found.manifest.get("law_on", found.manifest["as_of"]),
        "sectors": found.manifest.get("sectors", {}),
        "explained": found.manifest.get("explained", list(LETTERS)),
        **{f"by_{column}": dict(counter) for column, counter in counters.items()},
        "by_area_and_grade": [[area, grade, count] for (area, grade), count in ordered],
    }


def _counts(table: pa.Table, column: str) -> dict[str, int]:
    counted = table[column].value_counts().to_pylist()
    return {row["values"] or "": row["counts"] for row in counted}


def database_rows(engine: Engine, grades: pa.Table, *, load_id: int) -> pa.Table:
    """Columns and types of the database; reasons and statutory results as JSON text."""
    schema = arrow_schema_of(grade)
    for name in set(schema.names) - set(grades.column_names) - {"load_id", "statutory"}:
        # A run of an earlier version lacks what it did not know.
        grades = grades.append_column(name, pa.nulls(grades.num_rows, schema.field(name).type))
    table = engine.memory(grades)
    numbered = table.mutate(
        load_id=load_id,
        reasons=table.reasons.cast("json").cast("string"),
        statutory=_statutory(table),
    )
    return engine.to_arrow(numbered.select(schema.names)).cast(schema)


def _statutory(table: Any) -> Any:
    if not set(COLUMNS.names) <= set(table.columns):
        return ibis.null("string")
    together = ibis.struct({name: table[name] for name in COLUMNS.names})
    return together.cast("json").cast("string")
