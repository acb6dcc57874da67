"""Measures on the console: before they are worked out, afterwards, exported, damaged."""

import io
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from fastapi.testclient import TestClient

from features.engine import Engine
from scoring.key_supervision import CONFIRM, NOTIFY, Act, append_acts
from scoring.measures import LevelOverride, append_override
from service.clock import office_day
from service.errors import MeasuresNotKeptError
from service.measures import operations
from service.measures.computed import PLAN, find_measures, keep_measures
from service.measures.computing import compute_measures, follow_run
from tests.service.office import ACME, OTHER, Office, grade_row, write_run
from tests.service.test_console import open_page
from tests.service.test_listings import archive_of, registered, write_register

DAY = date(2026, 10, 31)


@pytest.fixture
def run_id(office: Office, engine: Engine, tmp_path: Path) -> str:
    """A food business of grade D and an ordinary one of grade A, with their archive."""
    register = write_register(tmp_path / "a.csv", [registered(归集日期="2026-10-20")])
    archive_of(office, engine, (register, "city_registrations"))
    rows = [
        grade_row(ACME, grade="D", probability=0.7),
        grade_row(OTHER, grade="A", is_food=False, industry_code="5112"),
    ]
    return office.publish(rows, as_of=DAY)


def compute(office: Office) -> None:
    today = date(2026, 11, 22)
    with operations.open_desk(office.settings, run_id=None, today=today) as desk:
        compute_measures(desk, year=2027, at=office.clock())


@pytest.fixture
def browser(office: Office) -> TestClient:
    return office.sign_in()


def test_before_they_are_worked_out_the_pages_name_the_command(
    office: Office, browser: TestClient
) -> None:
    for path in ("/measures", "/measures/health"):
        assert "xinheng score" in open_page(browser, path)
    assert "xinheng key-supervision propose" in open_page(browser, "/measures/key-supervision")
    run_id = office.publish([grade_row(ACME)], as_of=DAY)
    command = f"xinheng measures compute --run {run_id}"
    for path in ("/measures", "/measures/health", f"/enterprises/{ACME}"):
        assert command in open_page(browser, path)
    answer = browser.get("/measures/export.xlsx")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-measures")


def test_the_pages_show_what_the_commands_give(
    office: Office, browser: TestClient, run_id: str
) -> None:
    compute(office)
    page = open_page(browser, "/measures")
    assert "在营企业" in page
    assert "每户年度上限" in page
    card = open_page(browser, f"/enterprises/{ACME}")
    assert "800‰" in card, "the ratio of D"
    assert "上限优先，减少 1 次" in card, "D asks for three of food, the cap leaves two"
    assert "待法制审核" in card
    assert "食品风险等级检查次数" in card
    assert "约谈" in card
    assert "无警示" in card
    answer = browser.get("/measures/export.xlsx?area=440507")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book["检查计划"].max_row == 3
    assert book["汇总"].max_row == 3
    assert browser.get("/measures/health.xlsx?by=industry").status_code == 200
    assert "不显示" in open_page(browser, "/measures/health?by=industry"), "two are too few"
    assert browser.get("/measures?area=x").status_code == 422


def test_working_out_again_replaces_what_was_kept_and_a_damaged_folder_is_named(
    office: Office, browser: TestClient, run_id: str
) -> None:
    earlier = office.settings.measures_dir / "of_runs" / run_id / "20260101"
    earlier.mkdir(parents=True)
    (earlier / "manifest.json").write_text("{", encoding="utf-8")
    assert browser.get("/measures").status_code == 503
    compute(office)
    found = find_measures(office.settings, run_id)
    assert found is not None
    assert earlier.is_dir(), "a page that began with it can end with it"
    compute(office)
    assert sorted(path.name for path in found.folder.parent.iterdir()) == ["20260102", "20260103"]
    assert found.table(PLAN).num_rows == 2
    found = find_measures(office.settings, run_id)
    assert found is not None
    office.clock.forward(hours=1)
    office.publish([grade_row(ACME, grade="C"), grade_row(OTHER, grade="A")], as_of=DAY)
    assert "计算之后等级已变动" in open_page(browser, f"/enterprises/{ACME}")
    (found.folder / f"{PLAN}.parquet").write_bytes(b"x")
    answer = browser.get("/measures/export.xlsx")
    assert (answer.status_code, answer.json()["code"]) == (503, "measures-damaged")
    page = open_page(browser, f"/enterprises/{ACME}")
    assert "xinheng measures compute" in page, "the grade is shown all the same"


def test_commands_without_a_run_take_the_one_in_use(office: Office, run_id: str) -> None:
    write_run(office.settings.runs_dir, [grade_row(ACME)], as_of=date(2026, 11, 20))
    assert operations.chosen_run(office.settings).run_id == run_id


def test_what_follows_a_run_is_worked_out_once(office: Office, run_id: str) -> None:
    settings, at = office.settings, office.clock()
    first = follow_run(settings, run_id, at=at)
    assert first.is_new
    assert first.computed.manifest["year"] == 2027
    again = follow_run(settings, run_id, at=at)
    assert (again.is_new, again.proposed) == (False, 0)
    assert again.computed == first.computed
    decision = LevelOverride("set", ACME, "丙", "核实", "张三", office_day(at), date(2026, 12, 31))
    append_override(settings.measures_dir, decision, region=settings.region)
    changed = follow_run(settings, run_id, at=at)
    assert changed.is_new
    assert follow_run(settings, run_id, at=at + timedelta(days=60)).is_new, "it expired"


def test_a_full_disk_leaves_what_was_kept(office: Office) -> None:
    resource = pytest.importorskip("resource")  # not on Windows
    settings, manifest = office.settings, {"run_id": "2026-10-31"}
    kept = keep_measures(settings, manifest, {}, books={"health-area.xlsx": b"whole"})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        with pytest.raises(MeasuresNotKeptError, match="2026-10-31"):
            keep_measures(settings, manifest, {}, books={"health-area.xlsx": b"x" * 2048})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert find_measures(settings, "2026-10-31") == kept
    assert kept.book("health-area.xlsx") == b"whole"
    assert [path.name for path in kept.folder.parent.iterdir()] == [kept.folder.name]


def test_measures_of_runs_long_past_are_cleared(office: Office, run_id: str) -> None:
    of_runs = office.settings.measures_dir / "of_runs"
    for month in range(1, 7):
        keep_measures(office.settings, {"run_id": f"2026-{month:02}-28"}, {}, books={})
    (of_runs / run_id / ".000001.making").mkdir(parents=True)  # of a killed process
    compute(office)
    assert sorted(path.name for path in of_runs.glob("[!.]*")) == [
        "2026-04-28", "2026-05-28", "2026-06-28", run_id,
    ]  # fmt: skip
    assert [path.name for path in (of_runs / run_id).iterdir()] == ["000001"]


def test_the_key_supervision_list_shows_every_state(office: Office, browser: TestClient) -> None:
    folder = office.settings.key_supervision_dir
    for who in (ACME, OTHER):
        act = Act("propose", who, DAY, "筛选", name=f"企业{who[-4:]}", items=("food",))
        append_acts(folder, [act])
    listed = {"reason": "核实", "office": "食品科", "measures": "每年 2 次"}
    append_acts(folder, [Act(CONFIRM, ACME, DAY, "张三", review_on=date(2026, 11, 1), **listed)])
    append_acts(folder, [Act(NOTIFY, ACME, DAY, "张三", notice_no="ZDJG-2026-0001")])
    page = open_page(browser, "/measures/key-supervision")
    assert "待确认" in page
    assert "食品科" in page
    assert "ZDJG-2026-0001" in page
    assert "1 户复核到期" in page
    waiting = open_page(browser, "/measures/key-supervision?state=proposed")
    assert OTHER in waiting
    assert ACME not in waiting
    assert browser.get("/measures/key-supervision.xlsx").status_code == 200
