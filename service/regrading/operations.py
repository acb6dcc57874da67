"""Grade enterprises again after an event: a delta beside the published run, and the rows in use."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from features.archive import Archive
from features.archive.files import read_build
from features.engine import Engine
from features.errors import ArchiveDamagedError
from features.intake.report import list_imports
from law.files import sha256_of, write_atomically
from scoring.grader import Grader
from scoring.run_folder import GRADES, MANIFEST, as_json
from service.db.connection import Database
from service.errors import RunOfLaterDayError, RunOfOtherModelError, UnknownEnterpriseError
from service.grades.folders import DELTAS
from service.grades.inputs import gather_inputs
from service.grades.operations import current_run, database_rows
from service.grades.repository import Row
from service.regrading import repository
from service.regrading.errors import ChangesUnknownError
from service.regrading.warm import WarmGrader
from service.settings import Settings
from service.statutory.store import read_statements

_NOBODY = pa.table({name: pa.array([], pa.string()) for name in ("enterprise_id", "grade")})


@dataclass(frozen=True)
class Event:
    """Why grades are worked out again, by whom, and as of which day; `at` is naive UTC."""

    as_of: date
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Regraded:
    """What came of it.

    Attributes
    ----------
    before
        The rows that were in use, by enterprise.
    left
        Enterprises that are graded no more: they left the register.
    also_affected
        Through what other enterprises' grades may move a little until the next batch: the keys by
        which indicators of the model look at others (industry, address, map cell and so on).
    waiting_imports
        Imports with records that the archive does not hold yet: the grades know nothing of them.
    seconds
        Of each step.
    """

    grades: pa.Table
    before: dict[str, Row]
    left: tuple[str, ...]
    also_affected: tuple[str, ...]
    delta: Path | None
    archive_build: str
    waiting_imports: int
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def moved(self) -> int:
        """Enterprises whose grade is another one now."""
        return sum(
            row["enterprise_id"] in self.before
            and self.before[row["enterprise_id"]]["grade"] != row["grade"]
            for row in self.grades.select(["enterprise_id", "grade"]).to_pylist()
        )


def regrade(
    settings: Settings,
    database: Database,
    warm: WarmGrader,
    *,
    event: Event,
    enterprise_ids: Sequence[str] | None = None,
) -> Regraded:
    """Grade some enterprises, or all whose records changed since they were graded, again.

    The grades are those that the batch would give on the same day from the same archive. They are
    written beside the published run, and replace its rows in the database with a record of who,
    when and why.

    Raises
    ------
    service.errors.NothingPublishedError
        No run is in use.
    service.errors.UnknownEnterpriseError
        Neither the archive nor the run knows the enterprise.
    ChangesUnknownError
        The archive was built afresh since.
    service.errors.RunOfOtherModelError
        The run in use was graded by another model.
    service.errors.RunOfLaterDayError
        The run in use is as of a later day.
    """
    clock = _Clock()
    with database.reading() as session:
        run = dict(current_run(session))
        last = repository.newest_change(session, load_id=run["load_id"])
    if run["model_version"] != warm.model_version:
        raise RunOfOtherModelError(run["run_id"], run["model_version"], warm.model_version)
    if event.as_of < run["as_of"]:
        raise RunOfLaterDayError(run["run_id"], run_as_of=run["as_of"], as_of=event.as_of)
    run_folder = settings.runs_dir / run["run_id"]
    statements = read_statements(settings.statutory_dir)
    grader = warm.at(
        event.as_of,
        inputs=gather_inputs(
            settings,
            database,
            statements=statements,
            as_of=event.as_of,
            at=event.at,
            enterprise_ids=enterprise_ids,
        ),
        statements=statements,
        law_on=_law_on(run, event.as_of),
        run_folder=run_folder,
    )
    clock.stop("context")
    is_complete = enterprise_ids is None
    if enterprise_ids is None:
        graded_build = last["archive_build"] if last is not None else run["archive_build"]
        enterprise_ids = _changed_since(settings, grader.archive, graded_build)
    grades = _grade(grader, enterprise_ids)
    clock.stop("grade")
    build, waiting = grader.archive.build_id, _waiting(settings, grader.archive)
    if not enterprise_ids:
        return Regraded(grades, {}, (), (), None, build, waiting, clock.seconds)
    with database.reading() as session:
        before = repository.graded_rows(session, enterprise_ids, load_id=run["load_id"])
    if not (is_complete or grades.num_rows or before):
        raise UnknownEnterpriseError(enterprise_ids[0])
    known = {row["enterprise_id"]: row for row in before}
    left = tuple(sorted(set(known) - set(grades["enterprise_id"].to_pylist())))
    delta = _write_delta(run_folder, grades, grader, event)
    clock.stop("delta")
    with database.writing() as session:
        affected = _looks_at(grader)
        result = Regraded(grades, known, left, affected, delta, build, waiting, clock.seconds)
        _update(session, result, run["load_id"], grader, event, is_complete=is_complete)
    clock.stop("database")
    return result


def _law_on(run: dict[str, Any], as_of: date) -> date:
    """A run of old records under later law is gone on with under that law."""
    told = json.loads(run["summary"]).get("law_on")
    return max(as_of, date.fromisoformat(told)) if told else as_of


def _waiting(settings: Settings, archive: Archive) -> int:
    held = frozenset(archive.imports)
    imports = list_imports(settings.records_dir)
    return sum(bool(one.files) and one.import_id not in held for one in imports)


def _changed_since(settings: Settings, archive: Archive, graded: str) -> list[str]:
    """Enterprises whose records changed since the build that was graded."""
    changed: set[str] = set()
    step = archive
    while step.build_id != graded:
        if step.based_on is None or step.changed_file is None:
            raise ChangesUnknownError(archive.build_id, graded)
        changed.update(pq.read_table(step.changed_file)["enterprise_id"].to_pylist())
        if step.based_on == graded:
            break
        try:
            step = read_build(settings.archive_dir / step.based_on)
        except ArchiveDamagedError:
            raise ChangesUnknownError(archive.build_id, graded) from None
    return sorted(changed)


def _grade(grader: Grader, enterprise_ids: Sequence[str]) -> pa.Table:
    """With reasons, range by range: an enterprise is looked for in its own range only."""
    by_range: dict[int, list[str]] = {}
    for enterprise_id in enterprise_ids:
        by_range.setdefault(grader.archive.range_of(enterprise_id), []).append(enterprise_id)
    parts = [
        grader.grade(range_no=number, enterprise_ids=ids)
        for number, ids in sorted(by_range.items())
    ]
    return pa.concat_tables(parts) if parts else _NOBODY


def _write_delta(run_folder: Path, grades: pa.Table, grader: Grader, event: Event) -> Path:
    """The grades as a folder beside the run's; its manifest is written last."""
    home = run_folder.with_name(run_folder.name + DELTAS)
    folder = home / f"{event.at:%Y%m%dT%H%M%S%f}-{grader.archive.build_id[:8]}"
    folder.mkdir(parents=True)
    pq.write_table(grades, folder / GRADES, compression="zstd", store_schema=False)
    manifest = {
        "run_id": run_folder.name,
        "as_of": event.as_of.isoformat(),
        "archive_build": grader.archive.build_id,
        "model_version": grader.model.version,
        "created_at": event.at.isoformat(),
        "created_by": event.by,
        "reason": event.reason,
        "enterprises": grades.num_rows,
        "files": {GRADES: sha256_of(folder / GRADES)},
    }
    write_atomically(folder / MANIFEST, as_json(manifest))
    return folder


def _update(
    session: Session,
    result: Regraded,
    load_id: int,
    grader: Grader,
    event: Event,
    *,
    is_complete: bool,
) -> None:
    assert result.delta is not None
    with Engine(threads=1) as engine:
        rows = database_rows(engine, result.grades, load_id=load_id)
    repository.replace_grades(session, rows, load_id=load_id, gone=result.left)
    now = {row["enterprise_id"]: row for row in rows.to_pylist()}
    told = {
        "load_id": load_id,
        "changed_at": event.at,
        "changed_by": event.by,
        "reason": event.reason,
        "as_of": event.as_of,
        "archive_build": grader.archive.build_id,
        "delta": result.delta.name,
        "is_complete": is_complete,
    }
    repository.record_changes(
        session,
        [
            {
                **told,
                "enterprise_id": who,
                **_side("before", result.before.get(who)),
                **_side("after", now.get(who)),
            }
            for who in sorted({*now, *result.before})
        ],
    )


def _side(when: str, row: Any) -> dict[str, Any]:
    return {
        f"{name}_{when}": None if row is None else row[name] for name in ("grade", "probability")
    }


def _looks_at(grader: Grader) -> tuple[str, ...]:
    wanted = grader.context.wanted
    return tuple(sorted({*wanted.by_key, *wanted.rates}))


class _Clock:
    """Seconds of one step after the other."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def stop(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[step], self._since = now - self._since, now
