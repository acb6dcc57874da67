"""Publishing a run, and its grades over the API."""

import json
from datetime import date

import pytest
from sqlalchemy import func, select, text

from scoring.double_random.campaign import COMMITMENT, LIST
from scoring.double_random.verification import MANIFEST
from service.db.tables import grade, run
from service.errors import RunUnusableError
from service.grades.operations import publish_run
from service.security.scopes import Scope
from tests.service.office import (
    ACME,
    OTHER,
    REASON_ROW,
    UNKNOWN,
    Office,
    grade_row,
    write_run,
)


def ask(office: Office, enterprise_id: str) -> tuple[int, dict[str, object]]:
    """The grade of an enterprise over the API."""
    headers = office.key(Scope.GRADES_READ)
    answer = office.client.get(f"/v1/enterprises/{enterprise_id}/grade", headers=headers)
    return answer.status_code, answer.json()


def test_a_grade_with_its_reasons_and_what_it_is_not(office: Office) -> None:
    run_id = office.publish([grade_row(ACME, grade="D", reasons=[REASON_ROW])])
    status, body = ask(office, ACME)
    assert status == 200
    assert (body["grade"], body["basis"], body["points"]) == ("D", "model", 560)
    assert (body["run_id"], body["as_of"]) == (run_id, "2026-10-31")
    assert body["published_at"] == "2026-11-22T02:00:00Z"
    assert body["reasons"] == [{**REASON_ROW, "event_on": "2025-06-01"}]
    assert "不是对企业的信用评价" in str(body["statement"])
    assert "不作为处罚依据" in str(body["statement"])
    assert body["unconfirmed_law"] == ["grading.direct_determination"]


def test_unknown_not_graded_and_nothing_published_are_told_apart(office: Office) -> None:
    assert ask(office, ACME)[1]["code"] == "nothing-published"
    office.publish([grade_row(ACME)])
    office.register(OTHER)
    assert ask(office, OTHER) == (404, ask(office, OTHER)[1])
    assert ask(office, OTHER)[1]["code"] == "not-graded"
    status, body = ask(office, UNKNOWN)
    assert (status, body["code"]) == (404, "unknown-enterprise")
    assert UNKNOWN in str(body["detail"])
    misread = ask(office, ACME.replace("0", "O", 1))[1]
    assert misread["code"] == "unknown-enterprise"
    assert "“O”" in str(misread["detail"])
    for odd in ("a%00b", "%F0%9F%92%A9", "x" * 500, "%2e%2e", "'%20OR%201=1"):
        assert ask(office, odd)[1]["code"] in {"unknown-enterprise", "not-found"}


def test_a_new_run_takes_over_at_once_and_whole(office: Office) -> None:
    office.publish([grade_row(ACME, grade="B")], as_of=date(2026, 9, 30))
    office.clock.forward(days=1)
    office.publish([grade_row(ACME, grade="C"), grade_row(OTHER)])
    assert ask(office, ACME)[1]["grade"] == "C"
    with office.database.reading() as session:
        states = session.execute(select(run.c.as_of, run.c.status).order_by(run.c.load_id)).all()
    assert [tuple(state) for state in states] == [
        (date(2026, 9, 30), "superseded"),
        (date(2026, 10, 31), "published"),
    ]


def test_publishing_the_run_in_use_again_changes_nothing(office: Office) -> None:
    rows = [grade_row(ACME)]
    office.publish(rows)
    office.clock.forward(days=1)
    office.publish(rows)
    with office.database.reading() as session:
        assert session.execute(select(func.count()).select_from(run)).scalar() == 1
    assert ask(office, ACME)[1]["published_at"] == "2026-11-22T02:00:00Z"
    office.publish([grade_row(ACME, grade="A")])
    assert ask(office, ACME)[1]["grade"] == "A", "the same run graded anew"


def test_a_killed_load_leaves_the_earlier_run_in_use(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.publish([grade_row(ACME, grade="B")], as_of=date(2026, 9, 30))
    monkeypatch.setattr("service.grades.operations._BATCH_ROWS", 1)
    rows = [grade_row(ACME, grade="C"), grade_row(OTHER, grade="C")]
    folder = write_run(office.settings.runs_dir, rows, as_of=date(2026, 10, 31))

    def die_after_the_first_chunk() -> None:
        with office.database.writing() as session:
            commit, committed = session.commit, [0]

            def commit_twice() -> None:
                commit()
                committed[0] += 1
                if committed[0] == 2:
                    raise KeyboardInterrupt

            monkeypatch.setattr(session, "commit", commit_twice)
            publish_run(session, folder, published_at=office.clock())

    with pytest.raises(KeyboardInterrupt):
        die_after_the_first_chunk()
    assert ask(office, ACME)[1]["grade"] == "B"
    with office.database.writing() as session:
        publish_run(session, folder, published_at=office.clock())
    assert ask(office, ACME)[1]["grade"] == "C"
    with office.database.reading() as session:
        counted = session.execute(select(func.count()).select_from(grade)).scalar()
        loading = session.execute(text("SELECT count(*) FROM run WHERE status = 'loading'"))
        assert (counted, loading.scalar()) == (3, 0), "what the killed load left is gone"


def test_a_changed_or_unfinished_run_is_not_published(office: Office) -> None:
    folder = write_run(office.settings.runs_dir, [grade_row(ACME)], as_of=date(2026, 10, 31))
    with (folder / "grades.parquet").open("r+b") as stream:
        stream.seek(8)
        stream.write(b"\xff")
    for path in (folder, office.settings.runs_dir / "nothing"):
        with pytest.raises(RunUnusableError, match="xinheng score"), office.database.writing() as s:
            publish_run(s, path, published_at=office.clock())
    assert ask(office, ACME)[1]["code"] == "nothing-published"


def test_counts_of_the_overview_are_made_when_a_run_is_published(office: Office) -> None:
    rows = [
        grade_row(ACME, grade="A"),
        grade_row(OTHER, grade="D", basis="direct_rule", area_code="440511"),
        grade_row(UNKNOWN, grade="D", area_code=None),
    ]
    office.publish(rows)
    with office.database.reading() as session:
        summary = json.loads(session.execute(select(run.c.summary)).scalar_one())
    assert summary["by_grade"] == {"A": 1, "D": 2}
    assert summary["by_basis"] == {"model": 2, "direct_rule": 1}
    assert summary["by_area_and_grade"] == [["440507", "A", 1], ["440511", "D", 1], [None, "D", 1]]


def test_a_sampling_list_of_a_drawn_round(office: Office) -> None:
    folder = office.settings.campaigns_dir / "2026-11"
    folder.mkdir()
    (folder / COMMITMENT).write_text("{}")
    headers = office.key(Scope.CAMPAIGNS_READ)
    frozen = office.client.get("/v1/campaigns/2026-11/list", headers=headers)
    assert (frozen.status_code, frozen.json()["code"]) == (404, "round-not-drawn")
    (folder / LIST).write_text(json.dumps({"round": "2026-11", "visits": []}))
    (folder / MANIFEST).write_text("{}")
    drawn = office.client.get("/v1/campaigns/2026-11/list", headers=headers)
    assert (drawn.status_code, drawn.json()) == (200, {"round": "2026-11", "visits": []})


def test_a_sampling_list_that_is_not_there(office: Office) -> None:
    headers = office.key(Scope.CAMPAIGNS_READ)
    for round_id in ("2026-11", "..%2f..", "%00", "x" * 300):
        answer = office.client.get(f"/v1/campaigns/{round_id}/list", headers=headers)
        assert answer.status_code == 404, round_id
        assert answer.headers["content-type"] == "application/problem+json"
