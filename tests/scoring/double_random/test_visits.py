"""From the door to the file: who may enter what, conclusions, deadlines, publication, return."""

import dataclasses
import hashlib
import json
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from features.identifiers import uscc_with_check
from features.outcomes import inspection_outcomes
from law import codes, value
from law.calendar import add_working_days
from law.errors import XinhengError
from models.labels.inclusion import inclusion_of
from models.labels.label_files import load_label
from models.labels.splits import first_inspections
from scoring.double_random import ReadOut
from scoring.double_random.changes import Asked
from scoring.double_random.randomness import read_instant
from scoring.double_random.results_table import RESULTS_SCHEMA
from scoring.double_random.visits import Entry, read_acts
from scoring.errors import ResultsError
from service.campaigns import operations
from service.campaigns.changes import change_round, load_standing
from service.campaigns.entering import enter_result
from service.campaigns.errors import NothingEnteredError, ResultsChangedError
from service.campaigns.estimates import load_sample
from service.campaigns.results import load_results, take_in_results
from service.campaigns.visit_files import JOURNAL
from service.campaigns.visits import (
    open_visits,
    record_publication,
    return_to_archive,
    write_returned,
)
from service.cli import build_app
from service.installation import initialise
from service.pipeline.engines import open_engine
from service.pipeline.operations import rebuild_archive
from service.settings import Settings

from .conftest import DRAWN_AT, FROZEN_AT, NAME, RANDOMNESS, make_wishes, simulated_rows
from .test_joint_rounds import ITEMS, OBJECTS, ROSTER

ROUND = "2026-11"
NOW = datetime(2026, 12, 9, 4, 0, tzinfo=UTC)
TODAY = date(2026, 12, 9)
PUBLIC, FIRE, WASTE = "公示信息检查", "消防检查", "排污检查"


def valid(code: str) -> str:
    """A simulated code with its check digit: the intake takes no other."""
    return uscc_with_check(code[:17])


@pytest.fixture
def campaigns(home: Path) -> Path:
    """A drawn round of three departments."""
    rows = simulated_rows(900)
    codes_ = pa.array([valid(code) for code in rows["enterprise_id"].to_pylist()])
    path = home / "runs" / "2026-10-31-simulated" / "grades.parquet"
    pq.write_table(rows.set_column(0, "enterprise_id", codes_), path)
    paths = {}
    objects = re.sub(r"91440500MA\w{8}", lambda found: valid(found[0]), OBJECTS)
    for name, text in (("inspectors", ROSTER), ("items", ITEMS), ("item_objects", objects)):
        paths[name] = home / f"joint_{name}.csv"
        paths[name].write_text(text, encoding="utf-8")
    folder = home / "campaigns"
    hand_ins = operations.HandInPaths(**paths)
    operations.plan_round(folder, home / "runs", wishes=make_wishes(items=()), hand_ins=hand_ins)
    operations.freeze_round(folder, ROUND, now=FROZEN_AT)
    read_out = ReadOut(RANDOMNESS, NAME, read_instant("2026-11-30T21:15"))
    operations.draw_round(folder, ROUND, read_out, now=DRAWN_AT)
    return folder


def visit_with(campaigns: Path, *items: str) -> tuple[str, dict[str, str]]:
    """An enterprise drawn for just these items, and an inspector of its team per department."""
    for entry in operations.load_list(campaigns, ROUND)["objects"]:
        if set(entry["items"]) == set(items):
            return entry["uscc"], {
                person["unit"]: person["inspector_id"] for person in entry["inspectors"]
            }
    raise AssertionError(f"nobody was drawn for {items}")


def enter(campaigns: Path, uscc: str, by: str, *, now: datetime = NOW, **fields: object) -> None:
    told = {"result_code": "1", "completed_on": TODAY, **fields}
    enter_result(campaigns, ROUND, Entry(uscc, by, **told), now=now)  # type: ignore[arg-type]


def visit_of(campaigns: Path, uscc: str, *, today: date = TODAY) -> pd.Series:
    visits = open_visits(campaigns, ROUND, today=today).board.visits
    return visits.set_index("enterprise_id").loc[uscc]


def test_a_visit_is_done_when_every_department_has_entered_its_own(campaigns: Path) -> None:
    uscc, people = visit_with(campaigns, PUBLIC, FIRE)
    enter(campaigns, uscc, people["市场监管局"], item=PUBLIC, result_code="E")
    assert visit_of(campaigns, uscc)["state"] == "open"
    with pytest.raises(ResultsError, match="由 消防大队 检查和录入"):
        enter(campaigns, uscc, people["市场监管局"], item=FIRE)
    enter(campaigns, uscc, people["消防大队"], item=FIRE, result_code="5")
    done = visit_of(campaigns, uscc)
    assert (done["state"], done["conclusion"], done["entered"]) == ("done", "problem", 2)
    term = value("double_random.publication_working_days", on=TODAY)
    assert done["publish_by"] == add_working_days(TODAY, term).on
    assert load_results(campaigns, ROUND).schema.equals(RESULTS_SCHEMA)
    assert operations.verify_round(campaigns, ROUND) == ()


def test_the_estimates_take_a_visit_for_done_that_is_done(campaigns: Path) -> None:
    uscc, people = visit_with(campaigns, PUBLIC, FIRE)
    enter(campaigns, uscc, people["市场监管局"], item=PUBLIC)
    enter(campaigns, uscc, people["消防大队"], item=FIRE)
    enterprises = load_sample(campaigns, ROUND).enterprises.set_index("enterprise_id")
    assert enterprises.loc[uscc, "outcome"] == "no_problem"


def test_who_did_not_check_may_not_enter(campaigns: Path) -> None:
    uscc, people = visit_with(campaigns, PUBLIC, FIRE)
    stranger = next(p for p in ("P0", "P1", "P2", "P3") if p not in people.values())
    team = next(e for e in operations.load_list(campaigns, ROUND)["objects"] if e["uscc"] == uscc)
    if stranger in {person["inspector_id"] for person in team["inspectors"]}:
        pytest.fail("the stranger is of the team")
    with pytest.raises(ResultsError, match="谁检查、谁录入"):
        enter(campaigns, uscc, stranger, item=PUBLIC)
    with pytest.raises(ResultsError, match="不在本轮名录"):
        enter(campaigns, uscc, "P99", item=PUBLIC)
    with pytest.raises(ResultsError, match="检查事项是"):
        enter(campaigns, uscc, people["市场监管局"], item=WASTE)
    with pytest.raises(ResultsError, match="不在本轮检查之列"):
        enter(campaigns, "91440500MA999999XY", people["市场监管局"], item=PUBLIC)
    with pytest.raises(ResultsError, match="代码未知"):
        enter(campaigns, uscc, people["市场监管局"], item=PUBLIC, result_code="Z")
    assert not (campaigns / ROUND / JOURNAL).exists()


def test_a_correction_keeps_what_was_entered_before(campaigns: Path) -> None:
    uscc, people = visit_with(campaigns, PUBLIC, FIRE)
    by = people["市场监管局"]
    with pytest.raises(ResultsError, match="无须更正"):
        enter(campaigns, uscc, by, item=PUBLIC, correction="笔误")
    enter(campaigns, uscc, by, item=PUBLIC)
    with pytest.raises(ResultsChangedError):
        enter(campaigns, uscc, by, item=PUBLIC, result_code="B")
    enter(campaigns, uscc, by, item=PUBLIC, result_code="B", correction="笔误")
    acts = open_visits(campaigns, ROUND, today=TODAY).acts
    assert [act.rows[0].result_code for act in acts] == ["1", "B"]
    assert (acts[1].kind, acts[1].by, acts[1].reason) == ("corrected", by, "笔误")
    assert load_results(campaigns, ROUND)["result_code"].to_pylist() == ["B"]


def test_a_journal_that_was_altered_is_noticed(campaigns: Path) -> None:
    uscc, people = visit_with(campaigns, PUBLIC, FIRE)
    enter(campaigns, uscc, people["市场监管局"], item=PUBLIC)
    enter(campaigns, uscc, people["消防大队"], item=FIRE)
    content = (campaigns / ROUND / JOURNAL).read_bytes()
    forged = content.replace(b'"result_code":"1"', b'"result_code":"3"', 1)
    for wrong in (forged, content.splitlines(keepends=True)[1], content + b"{}\n"):
        with pytest.raises(ResultsError, match="被改动"):
            read_acts(wrong)


def test_overdue_and_vanished_and_not_made(campaigns: Path) -> None:
    uscc, people = visit_with(campaigns, PUBLIC, FIRE)
    enter(campaigns, uscc, people["市场监管局"], item=PUBLIC, result_code="6")
    gone = visit_of(campaigns, uscc)
    assert (gone["state"], gone["conclusion"]) == ("done", "unreachable")
    other, team = visit_with(campaigns, PUBLIC)
    fields = {"result_code": None, "completed_on": None, "is_unfulfilled": True}
    with pytest.raises(ResultsError, match="未完成须写明原因"):
        enter(campaigns, other, team["市场监管局"], **fields)
    enter(campaigns, other, team["市场监管局"], reason="台风停工", **fields)
    assert visit_of(campaigns, other)["state"] == "unfulfilled"
    board = open_visits(campaigns, ROUND, today=date(2027, 1, 1)).board
    assert board.days_left == -1
    assert board.count("overdue") == len(board.visits) - 2
    assert open_visits(campaigns, ROUND, today=date(2026, 12, 31)).board.count("overdue") == 0


def test_each_department_publishes_its_own_and_a_correction_again(campaigns: Path) -> None:
    uscc, people = visit_with(campaigns, PUBLIC, FIRE)
    by = people["市场监管局"]
    enter(campaigns, uscc, by, item=PUBLIC)
    enter(campaigns, uscc, people["消防大队"], item=FIRE)
    _, keys = record_publication(campaigns, ROUND, by=by, published_on=TODAY, now=NOW)
    assert [(key.enterprise_id, key.item) for key in keys] == [(uscc, PUBLIC)]
    assert record_publication(campaigns, ROUND, by=by, published_on=TODAY, now=NOW)[1] == []
    with pytest.raises(ResultsError, match="公示日期"):
        record_publication(
            campaigns,
            ROUND,
            by=people["消防大队"],
            published_on=TODAY - timedelta(days=1),
            now=NOW,
        )
    items = open_visits(campaigns, ROUND, today=date(2027, 2, 1)).board.items
    states = items[items["enterprise_id"] == uscc].set_index("item")["publishing"]
    assert states.to_dict() == {PUBLIC: "published", FIRE: "late"}
    later = datetime(2026, 12, 20, 4, 0, tzinfo=UTC)
    enter(campaigns, uscc, by, item=PUBLIC, result_code="B", correction="笔误", now=later)
    items = open_visits(campaigns, ROUND, today=date(2026, 12, 20)).board.items
    again = items[(items["enterprise_id"] == uscc) & (items["item"] == PUBLIC)].iloc[0]
    assert again["publishing"] == "to_publish"
    assert again["publish_by"] == add_working_days(date(2026, 12, 20), 20).on


def test_results_call_for_orders_lists_and_cases(campaigns: Path) -> None:
    uscc, people = visit_with(campaigns, PUBLIC, FIRE)
    enter(campaigns, uscc, people["市场监管局"], item=PUBLIC, result_code="C")
    enter(campaigns, uscc, people["消防大队"], item=FIRE)
    found = open_visits(campaigns, ROUND, today=TODAY).follow_ups()
    assert found["action"].tolist() == ["list"]
    term = value("lists.abnormal_listing_deadline_working_days", on=TODAY)
    assert found["due_by"].tolist() == [add_working_days(TODAY, term).on]


def test_every_problem_code_has_a_follow_up_and_every_class_a_conclusion() -> None:
    results = codes("inspection_results")
    followed = {one.attributes["result_code"] for one in codes("inspection_follow_ups").values()}
    assert followed <= set(results)
    acts = {"problem", "refused", "pending", "unreachable"}
    called = {code for code, one in results.items() if one.attributes["class"] in acts}
    assert called <= followed
    assert {one.attributes["class"] for one in results.values()} == set(
        codes("inspection_conclusions")
    )


def test_a_reserve_is_visited_for_the_items_of_whom_it_replaces(campaigns: Path) -> None:
    reserves = load_standing(campaigns, ROUND).reserves
    listed = operations.load_list(campaigns, ROUND)["objects"]
    uscc = next(one["uscc"] for one in listed if len(one["items"]) == 2 and reserves[one["uscc"]])
    items = next(one["items"] for one in listed if one["uscc"] == uscc)
    change, _ = change_round(campaigns, ROUND, Asked(uscc, "已注销", "王五", NOW))
    board = open_visits(campaigns, ROUND, today=TODAY).board
    reserve = board.items[board.items["enterprise_id"] == change.replacement]
    assert set(reserve["item"]) == set(items)
    assert visit_of(campaigns, uscc)["role"] == "replaced"


def test_results_come_back_as_inspections_and_corrections_as_versions(
    campaigns: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.pipeline.filing.utc_now", lambda: NOW.replace(tzinfo=None))
    uscc, people = visit_with(campaigns, PUBLIC, FIRE)
    with pytest.raises(NothingEnteredError):
        write_returned(campaigns, ROUND, today=TODAY)
    enter(campaigns, uscc, people["市场监管局"], item=PUBLIC)
    settings = Settings(home=home / "installation")
    initialise(settings)
    campaigns.rename(settings.campaigns_dir)
    report = return_to_archive(settings, ROUND, today=TODAY)
    assert (report.accepted["inspection"], report.rejected_rows) == (1, 0)
    assert return_to_archive(settings, ROUND, today=TODAY).already_imported
    enter(settings.campaigns_dir, uscc, people["消防大队"], item=FIRE, result_code="5")
    path, rows = write_returned(settings.campaigns_dir, ROUND, today=TODAY)
    assert rows == 2
    table = pd.read_csv(path, dtype=str)
    sample = load_sample(settings.campaigns_dir, ROUND).enterprises.set_index("enterprise_id")
    assert table["层内抽取数"].astype(int).unique().tolist() == [sample.loc[uscc, "drawn"]]
    assert table["层内总数"].astype(int).unique().tolist() == [sample.loc[uscc, "population"]]


def test_a_home_without_the_campaign_weighs_the_same(
    campaigns: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """n/N of the folder of the round, and of the archive once that folder is gone."""
    monkeypatch.setattr("service.pipeline.filing.utc_now", lambda: NOW.replace(tzinfo=None))
    settings = Settings(home=home / "installation")
    initialise(settings)
    campaigns.rename(settings.campaigns_dir)
    folder = settings.campaigns_dir / ROUND
    rows = []
    for entry in operations.load_list(settings.campaigns_dir, ROUND)["objects"]:
        team = "；".join(person["inspector_id"] for person in entry["inspectors"])
        rows += [f"{entry['uscc']},{item},1,{TODAY},{team}" for item in entry["items"]]
    path = home / "results.csv"
    header = "统一社会信用代码,抽查事项,检查结果代码,完成日期,检查人员"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    take_in_results(settings.campaigns_dir, ROUND, path, now=NOW)
    return_to_archive(settings, ROUND, today=TODAY)
    strata = json.loads((folder / "draw.json").read_bytes())["strata"]
    share = {one["stratum"]: one["drawn"] / one["population"] for one in strata if one["drawn"]}
    selected = pd.read_csv(folder / "selected.csv", dtype=str)
    drawn = selected[selected["role"] == "drawn"].set_index("uscc")["stratum"].map(share)
    shutil.rmtree(settings.campaigns_dir)
    archive = rebuild_archive(settings)
    label = dataclasses.replace(load_label("general"), inspection_kinds=("double_random",))
    with open_engine(settings) as engine:
        outcomes = inspection_outcomes(
            engine, archive, after=date(2026, 10, 31), until=TODAY, known_by=TODAY, label=label
        )
    first = first_inspections(outcomes)
    told = dict(zip(first["enterprise_id"].to_pylist(), inclusion_of(first, outcomes), strict=True))
    assert told == drawn.to_dict(), "bit for bit"


def test_the_commands_as_an_official_types_them(
    campaigns: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINHENG_HOME", str(home))
    monkeypatch.setattr("service.cli.campaign_visits.aware_now", lambda: NOW)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(build_app("campaign"), ["campaign", *arguments])
        if isinstance(done.exception, XinhengError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    uscc, people = visit_with(campaigns, PUBLIC, FIRE)
    assert "还有 22 天" in run("visits", "--round", ROUND)
    photo = tmp_path / "现场 照片.jpg"
    photo.write_bytes(b"SIMULATED")
    told = run("enter", "--round", ROUND, uscc, "--item", PUBLIC, "--code", "B", "--by",
               people["市场监管局"], "--serious", "2", "--attach", str(photo))  # fmt: skip
    row = load_results(campaigns, ROUND).to_pylist()[0]
    assert (row["critical_count"], row["serious_count"]) == (None, 2)
    digest = hashlib.sha256(b"SIMULATED").hexdigest()
    assert row["attachments"] == [f"{digest}  现场 照片.jpg"]
    assert f"还须检查 still to check: {FIRE}" in told
    run("enter", "--round", ROUND, uscc, "--item", FIRE, "--code", "1", "--by", people["消防大队"])
    out = tmp_path / "visits.xlsx"
    assert "done 1" in run("visits", "--round", ROUND, "--state", "done", "--out", str(out))
    assert len(openpyxl.load_workbook(out).sheetnames) == 4
    assert "共 total 1" in run("follow-ups", "--round", ROUND)
    done = run("follow-up-done", "--round", ROUND, uscc, "--by", people["市场监管局"],
               "--note", "责改〔2026〕3号")  # fmt: skip
    assert f"{uscc} {PUBLIC} B order" in done
    assert "done" in run("follow-ups", "--round", ROUND)
    public = tmp_path / "public.xlsx"
    assert "1 项" in run("publish-results", "--round", ROUND, "--by", people["消防大队"],
                        "--out", str(public))  # fmt: skip
    assert "消防大队" in str(list(openpyxl.load_workbook(public).active.values))
    assert "2 行" in run("to-archive", "--round", ROUND, "--file-only")
