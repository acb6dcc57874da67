"""Visits on the phone: own days, own items, all faults at once and nothing typed lost."""

import html
import re
import shutil
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from scoring.double_random import ReadOut
from scoring.double_random.randomness import read_instant
from service.campaigns import libraries, operations
from service.campaigns.changes import load_standing
from service.campaigns.visits import open_visits
from service.security.keys import create_key
from service.security.scopes import Scope
from service.settings import Settings
from tests.scoring.double_random.conftest import (
    DRAWN_AT,
    FROZEN_AT,
    NAME,
    RANDOMNESS,
    make_wishes,
    simulated_rows,
)
from tests.scoring.double_random.test_libraries import DAY, ITEMS, OBJECTS, PEOPLE
from tests.service.office import Office

ROUND, TODAY = "2026-11", "2026-12-09"
PUBLIC, FIRE = "公示信息检查", "消防检查"
NOW = datetime(2026, 12, 9, 4, 0)


@pytest.fixture(scope="session")
def campaigns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round of two departments, drawn from libraries; made once (模拟 SIMULATED)."""
    place = Settings(home=tmp_path_factory.mktemp("round"))
    run = place.runs_dir / "2026-10-31-simulated"
    run.mkdir(parents=True)
    pq.write_table(simulated_rows(900), run / "grades.parquet")
    (run / "manifest.json").write_text('{"as_of": "2026-10-31", "created_at": "2026-11-01"}')
    for name, text in (("items", ITEMS), ("inspectors", PEOPLE), ("objects", OBJECTS)):
        path = place.home / f"{name}.csv"
        path.write_text(text.replace("附表2", "疏散通道；灭火器"), encoding="utf-8")
        libraries.confirm_edition(place, name, path, by="王五", reason="", now=FROZEN_AT)
    out = place.home / "hand_in"
    libraries.write_hand_in(place, [PUBLIC, FIRE], out, on=DAY)
    operations.plan_round(
        place.campaigns_dir,
        place.runs_dir,
        wishes=make_wishes(items=(), grade_ratios={"A": 5, "B": 20, "C": 100, "D": 300}),
        hand_ins=operations.HandInPaths.of_hand_in(out),
    )
    operations.freeze_round(place.campaigns_dir, ROUND, now=FROZEN_AT)
    read_out = ReadOut(RANDOMNESS, NAME, read_instant("2026-11-30T21:15"))
    operations.draw_round(place.campaigns_dir, ROUND, read_out, now=DRAWN_AT)
    return place.campaigns_dir


@pytest.fixture
def field(office: Office, campaigns: Path) -> Office:
    """An office on the eighth day of the task."""
    shutil.copytree(campaigns, office.settings.campaigns_dir, dirs_exist_ok=True)
    office.clock.now = NOW
    return office


def sign_in(office: Office, name: str, *more: Scope) -> TestClient:
    with office.database.writing() as session:
        scopes = {Scope.CONSOLE, *more}
        _, text = create_key(session, name, scopes=scopes, days=30, now=office.clock())
    browser = TestClient(office.app, follow_redirects=False)
    token = token_of(browser.get("/login").text)
    assert browser.post("/login", data={"key": text, "token": token}).status_code == 303
    return browser


def token_of(page: str) -> str:
    return page.split('name="token" value="')[1].split('"')[0]


def joint_visit(office: Office) -> tuple[str, str, str]:
    """An enterprise that both departments visit, and an inspector of each."""
    for entry in operations.load_list(office.settings.campaigns_dir, ROUND)["objects"]:
        if set(entry["items"]) == {PUBLIC, FIRE}:
            people = {one["unit"]: one["inspector_id"] for one in entry["inspectors"]}
            return entry["uscc"], people["市场监管局"], people["消防大队"]
    raise AssertionError("nobody was drawn for both")


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the entry form as it stands."""
    form = page.split('<form class="entry"')[1].split("</form>")[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        told = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if told.get("type") != "checkbox" or " checked" in tag:
            found[told["name"]] = html.unescape(told.get("value", ""))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form):
        found[name] = html.unescape(text)
    return found


def test_an_inspector_sees_the_own_days_with_their_countdown(field: Office) -> None:
    uscc, person, _ = joint_visit(field)
    browser = sign_in(field, person, Scope.VISITS_WRITE)
    rounds = browser.get("/visits").text
    assert f'href="/visits/{ROUND}"' in rounds
    assert "还剩 22 天" in rounds
    page = browser.get(f"/visits/{ROUND}").text
    mine = {
        code
        for code, team in load_standing(field.settings.campaigns_dir, ROUND).teams.items()
        if person in team
    }
    assert set(re.findall(rf"/visits/{ROUND}/at/(\w+)", page)) == mine
    assert uscc in mine
    assert re.findall(r'<b class="stop">(\d)</b>', page)[0] == "1"
    field.clock.now = datetime(2027, 1, 4, 4)
    later = sign_in(field, person)
    assert "已逾期 4 天" in later.get(f"/visits/{ROUND}").text


def test_who_is_on_no_roster_sees_nothing(field: Office) -> None:
    uscc, *_ = joint_visit(field)
    browser = sign_in(field, "前台", Scope.VISITS_WRITE)
    page = browser.get("/visits").text
    assert "没有您的检查任务" in page
    assert ROUND not in page
    for path in (f"/visits/{ROUND}", f"/visits/{ROUND}/at/{uscc}", "/visits/nothing"):
        assert browser.get(path, headers={"Accept": "text/html"}).status_code == 404


def test_each_department_sees_and_enters_its_own(field: Office) -> None:
    uscc, market, fire = joint_visit(field)
    place = f"/visits/{ROUND}/at/{uscc}"
    browser = sign_in(field, market, Scope.VISITS_WRITE)
    page = browser.get(place).text
    assert PUBLIC in page
    assert "附表1" in page
    assert FIRE not in page
    assert "其他部门事项" in page
    form = fields(page) | {"code-0": "B", "serious_count-0": "2", "minor_count-0": "1"}
    saved = browser.post(place, data=form)
    assert saved.status_code == 303
    assert "已保存" in browser.get(saved.headers["location"]).text
    other = sign_in(field, fire, Scope.VISITS_WRITE)
    page = other.get(place).text
    assert PUBLIC not in page
    assert "<li>灭火器</li>" in page
    form = fields(page) | {"code-0": "1"}
    refused = other.post(place, data=form)
    assert refused.status_code == 422
    assert "总体结论应与各事项结果一致，为「发现问题」；所填为「空」" in refused.text
    assert other.post(place, data=form | {"conclusion": "problem"}).status_code == 303
    board = open_visits(field.settings.campaigns_dir, ROUND, today=date(2026, 12, 9)).board
    row = board.visits.set_index("enterprise_id").loc[uscc]
    assert (row["state"], row["conclusion"]) == ("done", "problem")
    mine = board.items[board.items["enterprise_id"] == uscc].set_index("item")
    assert mine.loc[PUBLIC, ["critical_count", "serious_count", "minor_count"]].tolist()[1:] == [
        2,
        1,
    ]


def test_bad_input_tells_every_fault_and_loses_nothing(field: Office) -> None:
    uscc, market, _ = joint_visit(field)
    place = f"/visits/{ROUND}/at/{uscc}"
    browser = sign_in(field, market, Scope.VISITS_WRITE)
    form = fields(browser.get(place).text)
    typed = {
        "code-0": "1",
        "on-0": "昨天",
        "critical_count-0": "许多",
        "minor_count-0": "3",
        "attachments-0": "照片.jpg",
        "conclusion": "no_problem",
        "note-0": '<b>"引号"</b>',
    }
    page = browser.post(place, data=form | typed)
    assert page.status_code == 422
    for fault in ("完成日期 &#39;昨天&#39;", "问题数 &#39;许多&#39;", "却填了问题数", "附件应每行"):
        assert fault in page.text, fault
    kept = fields(page.text)
    assert {name: kept[name] for name in typed} == typed
    assert not (field.settings.campaigns_dir / ROUND / "visits" / "journal.jsonl").exists()
    nothing = browser.post(place, data=form)
    assert "没有新填写的结果" in nothing.text


def test_a_correction_needs_its_reason_and_a_key_that_may(field: Office) -> None:
    uscc, market, _ = joint_visit(field)
    place = f"/visits/{ROUND}/at/{uscc}"
    looking = sign_in(field, market)
    assert "当前密钥只能查看" in looking.get(place).text
    token = token_of(looking.get("/visits").text)
    assert looking.post(place, data={"token": token, "code-0": "1"}).status_code == 403
    browser = sign_in(field, market, Scope.VISITS_WRITE)
    form = fields(browser.get(place).text)
    assert browser.post(place, data=form | {"token": "x", "code-0": "1"}).status_code == 403
    assert browser.post(place, data=form | {"code-0": "1"}).status_code == 303
    again = fields(browser.get(place).text) | {"code-0": "C"}
    assert "更正理由" in browser.post(place, data=again).text
    assert browser.post(place, data=again | {"correction": "笔误"}).status_code == 303
    acts = open_visits(field.settings.campaigns_dir, ROUND, today=date(2026, 12, 9)).acts
    assert [(act.kind, act.reason, act.by) for act in acts] == [
        ("entered", "", market),
        ("corrected", "笔误", market),
    ]


def test_publication_and_follow_ups_on_the_phone(field: Office) -> None:
    uscc, market, fire = joint_visit(field)
    place = f"/visits/{ROUND}/at/{uscc}"
    browser = sign_in(field, market, Scope.VISITS_WRITE)
    form = fields(browser.get(place).text) | {"code-0": "C"}
    assert browser.post(place, data=form).status_code == 303
    page = browser.get(place).text
    assert "列入经营异常名录" in page
    tick = {"token": form["token"], "item": PUBLIC, "action": "list", "note": ""}
    refused = browser.post(f"{place}/follow-up", data=tick | {"on": "2026-12-30"})
    assert refused.status_code == 422
    assert "须写明办理情况" in refused.text
    assert "办理日期 2026-12-30 应在" in refused.text
    done = tick | {"on": TODAY, "note": "异列〔2026〕8号"}
    stranger = sign_in(field, fire, Scope.VISITS_WRITE)
    theirs = done | {"token": token_of(stranger.get("/visits").text)}
    assert "没有消防大队待办的后续处理" in stranger.post(f"{place}/follow-up", data=theirs).text
    assert browser.post(f"{place}/follow-up", data=done).status_code == 303
    assert f"{TODAY} {market}：异列〔2026〕8号" in browser.get(place).text
    assert "没有" in browser.post(f"{place}/follow-up", data=done).text
    days = browser.get(f"/visits/{ROUND}").text
    assert "1 项结果待公示" in days
    publish = f"/visits/{ROUND}/publish"
    early = browser.post(publish, data={"token": form["token"], "on": "2026-12-01"})
    assert early.status_code == 422
    assert 'value="2026-12-01"' in early.text
    assert browser.post(publish, data={"token": form["token"], "on": TODAY}).status_code == 303
    assert "待公示" not in browser.get(f"/visits/{ROUND}").text
