"""Advice on a graded city: it begins where the run ended, and the page shows it."""

import pyarrow.parquet as pq
from fastapi.testclient import TestClient

from service.app import create_app
from service.clock import utc_now
from service.context import Context
from service.enterprises.advice import find_advice
from service.pipeline.operations import open_database
from service.security.keys import create_key
from service.security.scopes import Scope
from tests.whole_job.conftest import WholeJob


def test_advice_begins_at_the_probability_of_the_run_and_only_lowers_it(
    whole_job: WholeJob,
) -> None:
    grades = pq.read_table(whole_job.outcome.run.grades_file).to_pandas()
    riskiest = grades[grades["basis"] == "model"].sort_values("probability").tail(6)
    found = 0
    with open_database(whole_job.settings) as database:
        context = Context(settings=whole_job.settings, database=database, clock=utc_now)
        with database.reading() as session:
            for row in riskiest.itertuples():
                told = find_advice(context, session, str(row.enterprise_id))
                assert told.advice.now.probability == row.probability
                assert told.advice.now.grade == row.model_grade
                assert told.advice.together.probability <= row.probability
                for one in told.advice.single:
                    assert one.probability < row.probability
                    found += 1
                if told.advice.smallest is not None:
                    assert told.advice.smallest.grade < row.model_grade
    assert found > 0  # among the riskiest some have records of their own that will pass


def test_the_page_says_that_it_is_advice_and_no_promise(whole_job: WholeJob) -> None:
    grades = pq.read_table(whole_job.outcome.run.grades_file).to_pandas()
    worst = grades[grades["basis"] == "model"].sort_values("probability").iloc[-1]
    with open_database(whole_job.settings) as database, database.writing() as session:
        scopes = list(Scope)
        _, key = create_key(session, "advice", scopes=scopes, days=1, now=utc_now())
    with TestClient(create_app(whole_job.settings)) as browser:
        form = browser.get("/login").text
        token = form.split('name="token" value="')[1].split('"')[0]
        browser.post("/login", data={"key": key, "token": token, "next": "/"})
        page = browser.get(f"/enterprises/{worst['enterprise_id']}/advice")
    assert page.status_code == 200
    assert "建议，不是承诺" in page.text
    assert "Advice, not a promise" in page.text
