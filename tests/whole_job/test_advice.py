"""Advice on a graded city: it begins where the run ended, and the page shows it."""

from pathlib import Path

import pyarrow.parquet as pq
from fastapi.testclient import TestClient

from service.app import create_app
from service.clock import utc_now
from service.context import Context
from service.enterprises.advice import find_advice
from service.grading_rules import operations as rules
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


def test_advice_cuts_where_the_published_rules_cut(whole_job: WholeJob, tmp_path: Path) -> None:
    settings, at = whole_job.settings, utc_now()
    grades = pq.read_table(whole_job.outcome.run.grades_file).to_pandas()
    worst = grades[grades["basis"] == "model"].sort_values("probability").iloc[-1]
    path = tmp_path / "rules.yaml"
    values = "{b: 0.9970, c: 0.9980, d: 0.9990}"
    path.write_text(
        f"reason: 检验\ncut_offs: {{chosen_by: fixed, values: {values}}}\n", encoding="utf-8"
    )
    made = rules.propose(settings, path, by="张三", at=at)
    rules.simulate(settings, made.version, by="张三", at=at)
    for kind in ("approved", "published"):
        rules.act_on(settings, made.version, kind=kind, by="李四", reason="检验", at=at)
    with open_database(settings) as database, database.reading() as session:
        context = Context(settings=settings, database=database, clock=utc_now)
        told = find_advice(context, session, worst["enterprise_id"])
    # The installation serves other tests too.
    rules.act_on(settings, made.version, kind="withdrawn", by="李四", reason="检验", at=at)
    assert (told.cut_offs_version, told.other_model) == (made.cut_offs_version, None)
    assert told.advice.now.grade == "A" != worst["model_grade"]


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
