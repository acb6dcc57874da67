"""Runs published and withdrawn with who and why; the change since last month; damaged folders."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from features.errors import ArchiveMissingError
from scoring.grading import GradeInputs
from scoring.statutory.statements import Statements
from service.cli import build_app
from service.db.tables import run
from service.errors import PublicationError, RunUnusableError, UnknownRunError
from service.grades import repository
from service.grades.comparing import compare_runs
from service.grades.folders import find_run, run_names
from service.grades.inputs import gather_inputs
from service.grades.operations import withdraw_run
from tests.service.office import (
    ACME,
    OTHER,
    REASON_ROW,
    TRADER,
    UNKNOWN,
    Office,
    grade_row,
    write_run,
)
from tests.service.test_console import open_page

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
MONTHS = (
    [grade_row(ACME, grade="B"), grade_row(OTHER, grade="C"), grade_row(TRADER, grade="A")],
    [
        grade_row(ACME, grade="D", probability=0.7, reasons=[REASON_ROW]),
        grade_row(OTHER, grade="B"),
        grade_row(UNKNOWN, grade="A"),
    ],
)


def two_months(office: Office) -> list[str]:
    """Two runs published one after the other."""
    found = []
    for rows, day in zip(MONTHS, (SEPTEMBER, OCTOBER), strict=True):
        found.append(office.publish(rows, as_of=day))
        office.clock.forward(hours=1)
    return found


def withdraw(office: Office, run_id: str, *, by: str = "李四") -> str | None:
    with office.database.writing() as session:
        return withdraw_run(session, run_id, by=by, reason="数据有误", withdrawn_at=office.clock())


def states(office: Office) -> list[str]:
    with office.database.reading() as session:
        return list(session.execute(select(run.c.status).order_by(run.c.load_id)).scalars())


def test_withdrawing_returns_to_the_run_before_and_leaves_a_trail(office: Office) -> None:
    september, october = two_months(office)
    assert withdraw(office, october) == september
    assert states(office) == ["published", "withdrawn"]
    with pytest.raises(PublicationError, match=september):
        withdraw(office, october)
    office.clock.forward(hours=1)
    assert withdraw(office, september) is None
    with office.database.reading() as session:
        acts = [(act["act"], act["run_id"]) for act in repository.list_acts(session)]
        assert repository.list_acts(session)[0]["acted_by"] == "李四"
    assert acts == [
        ("withdrawn", september),
        ("returned_to", september),
        ("withdrawn", october),
        ("published", october),
        ("published", september),
    ]


def test_a_withdrawal_needs_a_name(office: Office) -> None:
    _, october = two_months(office)
    with pytest.raises(PublicationError, match="经办人"):
        withdraw(office, october, by=" ")
    assert states(office) == ["superseded", "published"]


def test_hysteresis_starts_from_the_newest_earlier_run_that_was_not_withdrawn(
    office: Office,
) -> None:
    september, october = two_months(office)

    def inputs(day: date, **whose: Any) -> GradeInputs:
        return gather_inputs(
            office.settings,
            office.database,
            statements=Statements.none(),
            as_of=day,
            at=office.clock(),
            **whose,
        )

    def before(day: date) -> str | None:
        return inputs(day).previous_run

    assert before(date(2026, 11, 30)) == october
    everybody = inputs(date(2026, 11, 30)).previous
    (someone, *_) = everybody["enterprise_id"].to_pylist()
    alone = inputs(date(2026, 11, 30), enterprise_ids=[someone, "nobody"]).previous
    assert alone.to_pylist() == everybody.slice(0, 1).to_pylist()
    assert before(OCTOBER) == september
    assert before(SEPTEMBER) is None
    withdraw(office, october)
    assert before(date(2026, 11, 30)) == september
    (office.settings.runs_dir / september / "grades.parquet").write_bytes(b"x")
    with pytest.raises(RunUnusableError, match="稳定带"):
        before(date(2026, 11, 30))
    with pytest.raises(RunUnusableError, match="稳定带"):
        inputs(date(2026, 11, 30), enterprise_ids=[someone])


def test_a_damaged_or_unknown_run_is_named(office: Office) -> None:
    september, october = two_months(office)
    runs_dir = office.settings.runs_dir
    with pytest.raises(UnknownRunError, match=october):
        find_run(runs_dir, "2026-12-31-none")
    with pytest.raises(UnknownRunError):
        find_run(runs_dir, "../runs")
    (runs_dir / september / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunUnusableError, match="不是完整的分级批次"):
        find_run(runs_dir, september)


def test_a_run_of_an_earlier_version_cannot_be_compared(office: Office) -> None:
    september, october = two_months(office)
    bare = [
        {key: value for key, value in row.items() if key != "registered_capital_cny"}
        for row in MONTHS[0]
    ]
    write_run(office.settings.runs_dir, bare, as_of=SEPTEMBER)
    pair = [find_run(office.settings.runs_dir, name) for name in (september, october)]
    with pytest.raises(RunUnusableError, match="registered_capital_cny"):
        compare_runs(pair[0], pair[1])


def test_the_page_of_runs_shows_what_changed(office: Office) -> None:
    browser = office.sign_in()
    assert "xinheng score" in open_page(browser, "/runs")
    two_months(office)
    page = open_page(browser, "/runs")
    for text in ("原 B", "↑ 1", "B → D", "近24个月行政处罚次数 未列出 → -31.5 分", "跨两级以上"):
        assert text in page, text
    assert "分级完成后发布" in page
    overview = open_page(browser, "/")
    assert "较上期的变化" in overview
    withdraw(office, f"{OCTOBER}-model-archive")
    assert "没有可对比的上期批次" in open_page(browser, "/runs")


def test_commands(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINHENG_HOME", str(office.settings.home))
    if office.settings.database_url is not None:
        monkeypatch.setenv("XINHENG_DATABASE_URL", office.settings.database_url)
    app = build_app("runs")

    def ask(*words: str) -> str:
        answer = CliRunner().invoke(app, list(words))
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        return answer.output

    assert "xinheng score" in ask("runs", "list")
    september, october = two_months(office)
    (office.settings.runs_dir / "2026-08-31-broken").mkdir()
    listed = ask("runs", "list")
    assert "损坏" in listed
    assert "在用" in listed
    assert "分级完成后发布" in ask("runs", "show", october)
    for name in ("report.html", "report.xlsx"):
        ask("runs", "compare", september, october, "--out", str(tmp_path / name))
        assert (tmp_path / name).stat().st_size > 1000
    signed = ("--by", "李四", "--reason", "复核后发布")
    with pytest.raises(PublicationError, match="未作任何更改"):
        ask("runs", "publish", october, *signed)
    assert september in ask("runs", "withdraw", october, *signed, "--no-measures")
    with pytest.raises(ArchiveMissingError):  # no measures, but in use all the same
        ask("runs", "publish", october, *signed)
    assert "复核后发布" in ask("runs", "show", october)


def test_of_one_day_the_run_that_was_made_last_comes_first(tmp_path: Path) -> None:
    made = {
        "2026-09-30-a": "2026-10-05T00:00:00",
        "2026-10-31-f-R001": "2026-11-01T00:00:00",
        "2026-10-31-b": "2026-11-02T00:00:00",
    }
    for name, instant in made.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(json.dumps({"created_at": instant}))
    (tmp_path / "2026-10-31-z").mkdir()  # damaged
    (tmp_path / ".2026-11-30-c.unfinished").mkdir()
    assert run_names(tmp_path) == [
        "2026-10-31-b", "2026-10-31-f-R001", "2026-10-31-z", "2026-09-30-a",
    ]  # fmt: skip
