"""One enterprise graded again over HTTP: as the batch graded it, with clear refusals."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.clock import office_day, utc_now
from service.pipeline.operations import open_database
from service.security.keys import create_key
from service.security.scopes import Scope
from tests.whole_job.conftest import LAST_DAY, WholeJob

BODY = {"reason": "模拟处罚 SIMULATED", "as_of": LAST_DAY.isoformat()}


@pytest.fixture(scope="module")
def browser(whole_job: WholeJob) -> Iterator[TestClient]:
    with open_database(whole_job.settings) as database, database.writing() as session:
        scopes = [Scope.GRADES_WRITE]
        _, key = create_key(session, "执法系统", scopes=scopes, days=1, now=utc_now())
    with TestClient(create_app(whole_job.settings), headers={"X-API-Key": key}) as browser:
        yield browser


def ask(browser: TestClient, uscc: str, **changes: Any) -> Any:
    return browser.post(f"/v1/enterprises/{uscc}/regrades", json=BODY | changes)


def test_the_grade_is_that_of_the_batch(whole_job: WholeJob, browser: TestClient) -> None:
    rows = pq.read_table(whole_job.outcome.run.grades_file).to_pylist()
    row = next(row for row in rows if row["grade"] == "D" and row["basis"] == "model")
    answers = [ask(browser, row["enterprise_id"]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    for told in (answer.json() for answer in answers):
        now = told["now"]
        assert {name: now[name] for name in ("grade", "basis", "probability")} == {
            name: row[name] for name in ("grade", "basis", "probability")
        }
        assert told["before"] == {"grade": "D", "probability": row["probability"]}
        assert (told["moved"], told["waiting_imports"]) == (False, 0)
        assert [reason["indicator"] for reason in now["reasons"]] == [
            reason["indicator"] for reason in row["reasons"]
        ]


def test_what_cannot_be_graded_is_refused(whole_job: WholeJob, browser: TestClient) -> None:
    someone = pq.read_table(whole_job.outcome.run.grades_file)["enterprise_id"][0].as_py()
    tomorrow = office_day(utc_now()) + timedelta(days=1)
    refused = {
        "unknown-enterprise": ask(browser, "91440500MA4T001078"),
        "in-the-future": ask(browser, someone, as_of=tomorrow.isoformat()),
        "invalid-request": ask(browser, someone, reason=""),
    }
    assert {name: answer.json()["code"] for name, answer in refused.items()} == {
        name: name for name in refused
    }
