"""Grades after an event: equal to the batch's, beside the run, in the database, on record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from features.archive import Archive, build_archive
from features.engine import Engine
from scoring.batch import grade_population
from scoring.run_folder import Run
from service.db.connection import Database
from service.db.migrate import upgrade
from service.db.tables import grade, grade_change
from service.errors import (
    GraderBusyError,
    RunOfLaterDayError,
    RunOfOtherModelError,
    UnknownEnterpriseError,
)
from service.grades.operations import publish_run
from service.regrading.errors import ChangesUnknownError
from service.regrading.kept import KeptGrader
from service.regrading.operations import Event, regrade
from service.regrading.warm import WarmGrader
from service.security.scopes import Scope
from service.settings import Settings
from tests.features.random_records import (
    build,
    enterprise_id,
    random_tables,
    records_table,
    write_import,
)
from tests.scoring.small_model import AS_OF, small_model
from tests.service.office import ACME, Office

NOW = datetime(2025, 7, 1)
EVENT = Event(AS_OF, "模拟处罚 SIMULATED", "tester", NOW)
FINED = enterprise_id(7)


@dataclass(frozen=True)
class Published:
    """An installation with a published run."""

    settings: Settings
    database: Database
    run: Run


def grade_all(archive: Archive, runs_dir: Path) -> Run:
    with Engine(threads=1) as engine:
        return grade_population(
            engine,
            archive,
            small_model(),
            as_of=AS_OF,
            region="440500",
            runs_dir=runs_dir,
            created_at=NOW,
            explained="ABCD",
        )


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """60 enterprises graded; then one is fined three times and the archive goes on."""
    home = tmp_path_factory.mktemp("regrade")
    tables = random_tables(enterprises=60, records=1_200, seed=5)
    settings = Settings(home=home, threads=1)
    run = grade_all(build(home, tables, range_size=30), settings.runs_dir)
    database = Database(settings.resolved_database_url)
    upgrade(database)
    with database.writing() as session:
        publish_run(session, run.folder, published_at=NOW)
    fines = {
        "penalty": records_table(
            "penalty",
            {
                "enterprise_id": [FINED] * 3,
                "event_on": [date(2025, 6, 1)] * 3,
                "known_at": [datetime(2025, 6, 2)] * 3,
                "record_id": [f"fine{number}" for number in range(3)],
                "decision_no": [f"模拟〔2025〕{number}" for number in range(3)],
            },
        )
    }
    write_import(home / "records" / "import1", fines, 1)
    yield Published(settings, database, run)
    database.close()


def test_an_event_changes_the_grade_as_the_batch_would(
    published: Published, tmp_path: Path
) -> None:
    settings, database, run = published.settings, published.database, published.run
    with Engine(threads=1) as engine:
        archive = build_archive(
            engine,
            records_dir=settings.records_dir,
            archive_dir=settings.archive_dir,
            range_size=30,
        )
    assert archive.based_on == run.manifest["archive_build"]
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    with WarmGrader(settings, small_model()) as warm:
        done = regrade(settings, database, warm, event=EVENT)
        again = regrade(settings, database, warm, event=EVENT)
        (alone,) = warm.at(AS_OF).grade(enterprise_ids=[FINED]).to_pylist()
        with pytest.raises(UnknownEnterpriseError):
            regrade(settings, database, warm, event=EVENT, enterprise_ids=["nobody"])
    (row,) = done.grades.to_pylist()
    afresh = pq.read_table(grade_all(archive, tmp_path).grades_file).to_pylist()
    assert [row] == [one for one in afresh if one["enterprise_id"] == FINED] == [alone]
    assert row["probability"] > done.before[FINED]["probability"]
    assert any("模拟〔2025〕" in (reason["reference"] or "") for reason in row["reasons"])
    assert again.grades.num_rows == 0  # nothing changed since
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before
    assert done.delta is not None
    assert pq.read_table(done.delta / "grades.parquet").to_pylist() == [row]
    assert json.loads((done.delta / "manifest.json").read_bytes())["created_by"] == "tester"
    with database.reading() as session:
        stored = session.execute(select(grade).where(grade.c.enterprise_id == FINED)).mappings()
        (told,) = session.execute(select(grade_change)).mappings().all()
        assert stored.one()["probability"] == row["probability"]
    assert (told["enterprise_id"], told["reason"]) == (FINED, EVENT.reason)
    assert done.waiting_imports == 0
    assert told["probability_before"] == done.before[FINED]["probability"]
    assert told["grade_after"] == row["grade"]


def test_an_archive_built_afresh_asks_for_the_batch(published: Published, tmp_path: Path) -> None:
    archive = build(tmp_path / "other", random_tables(enterprises=20, records=300, seed=6))
    settings = Settings(home=tmp_path / "other", threads=1)
    with (
        WarmGrader(settings, small_model()) as warm,
        pytest.raises(ChangesUnknownError, match=archive.build_id),
    ):
        regrade(settings, published.database, warm, event=EVENT)


def test_a_run_that_another_model_graded_is_left_alone(published: Published) -> None:
    other = replace(small_model(), version="f" * 64)
    with WarmGrader(published.settings, other) as warm, pytest.raises(RunOfOtherModelError) as no:
        regrade(published.settings, published.database, warm, event=EVENT, enterprise_ids=[FINED])
    assert "xinheng score" in no.value.zh


def test_a_day_before_the_run_in_use_changes_nothing(published: Published) -> None:
    with published.database.reading() as session:
        before = session.execute(select(grade)).all()
    earlier = replace(EVENT, as_of=EVENT.as_of.replace(year=EVENT.as_of.year - 5))
    with (
        WarmGrader(published.settings, small_model()) as warm,
        pytest.raises(RunOfLaterDayError, match="--no-publish"),
    ):
        regrade(published.settings, published.database, warm, event=earlier, enterprise_ids=[FINED])
    with published.database.reading() as session:
        assert session.execute(select(grade)).all() == before


def test_a_request_does_not_wait_for_ever(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.regrading.kept._LONGEST_WAIT", 0)
    grader = KeptGrader(office.settings)
    with grader._lock, pytest.raises(GraderBusyError, match="xinheng regrade"), grader.lent():
        pass


def test_without_a_model_the_api_says_what_to_do(office: Office) -> None:
    answer = office.client.post(
        f"/v1/enterprises/{ACME}/regrades",
        json={"reason": "模拟处罚 SIMULATED"},
        headers=office.key(Scope.GRADES_WRITE),
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "no-model")
    assert "xinheng train" in answer.json()["detail"]
