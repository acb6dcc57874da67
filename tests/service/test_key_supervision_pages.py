"""The key-supervision list on the console: every act in the name of who is signed in."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scoring.key_supervision import NOTIFY, Act, append_acts, fold, read_acts
from scoring.key_supervision.register import PROPOSE
from service.security.scopes import Scope
from tests.service.office import ACME, OTHER, TRADER, UNKNOWN, Office
from tests.service.test_console import open_page

LIST = "/measures/key-supervision"
DAY = date(2026, 10, 31)


@pytest.fixture
def folder(office: Office) -> Path:
    """Three objects that wait: two put forward by the software, one by a person."""
    place = office.settings.key_supervision_dir
    for who, by in ((ACME, "信衡"), (OTHER, "信衡"), (TRADER, " CONSOLE-measures：write")):
        append_acts(place, [Act(PROPOSE, who, DAY, by, name=f"企业{who[-4:]}", items=("food",))])
    return place


@pytest.fixture
def browser(office: Office, folder: Path) -> TestClient:
    return office.sign_in(Scope.MEASURES_WRITE)


def send(browser: TestClient, act: str, *who: str, **texts: str) -> Any:
    token = open_page(browser, LIST + "?state=proposed").split('name="token" value="')[1]
    form = {"act": act, "enterprise": [*who], "token": token.split('"')[0], **texts}
    return browser.post(LIST, data=form)


def test_an_object_is_confirmed_notified_served_and_reviewed(
    office: Office, browser: TestClient, folder: Path
) -> None:
    answer = send(browser, "confirm", ACME, OTHER, state="proposed")
    assert answer.status_code == 422
    assert answer.text.count("请写明") == 2, "reason and office, both told"
    assert f'value="{ACME}" checked' in answer.text, "what was chosen stays chosen"
    assert len(read_acts(folder)) == 3
    filled = {"reason": "核实", "office": "食品科"}
    answer = send(browser, "confirm", ACME, OTHER, state="proposed", **filled)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LIST}?state=proposed")
    one = fold(read_acts(folder))[ACME]
    assert one.confirmation is not None
    assert (one.confirmation.by, one.confirmation.edition) == ("console-measures:write", 1)
    assert one.confirmation.at == office.clock()
    assert "每年检查" in one.confirmation.measures

    assert send(browser, "notify", ACME, OTHER, state="listed").status_code == 303
    made = [act.notice_no for act in read_acts(folder) if act.act == NOTIFY]
    assert made == ["ZDJG-2026-0001", "ZDJG-2026-0002"]
    (folder / "notices" / f"{made[0]}.html").unlink()  # as if killed before it was written
    notice = browser.get(f"{LIST}/notices/{made[0]}")
    assert "重点监管对象告知书" in notice.text
    assert browser.get(f"{LIST}/notices/..%2Fregister").status_code in (404, 422)

    serve = {"notice_no": made[0], "alone": ACME, "on": "2027-01-01"}
    answer = send(browser, "serve", **serve)
    assert answer.status_code == 422
    for fault in ("送达方式", "受送达人", "2027-01-01 须在制作日"):
        assert fault in answer.text
    assert "不是日期" in send(browser, "serve", **serve | {"on": "31.12.2026"}).text
    served = {"method": "直接送达", "receiver": "王五", "on": ""}
    answer = send(browser, "serve", **serve | served)
    assert answer.headers["location"] == f"{LIST}/of/{ACME}"
    assert "直接送达，受送达人 王五" in open_page(browser, f"{LIST}/of/{ACME}")

    assert "理由" in send(browser, "keep", ACME, alone=ACME).text
    send(browser, "keep", ACME, reason="仍需监管", alone=ACME)
    send(browser, "leave", OTHER, reason="情形消除")
    page = open_page(browser, f"{LIST}/of/{ACME}")
    for act in ("提出", "确认列入", "制作告知书", "送达", "复核保留"):
        assert act in page
    assert fold(read_acts(folder))[OTHER].state == "left"
    assert "不能复核保留" in send(browser, "keep", OTHER, reason="再看").text


def test_who_proposed_does_not_confirm(browser: TestClient, folder: Path) -> None:
    page = open_page(browser, f"{LIST}/of/{TRADER}")
    assert "须由另一人确认" in page
    assert 'value="confirm"' not in page
    answer = send(browser, "confirm", TRADER, reason="核实", office="食品科", alone=TRADER)
    assert answer.status_code == 422
    assert "由另一人确认" in answer.text
    assert send(browser, "reject", TRADER, reason="误报").status_code == 303
    assert fold(read_acts(folder))[TRADER].state == "rejected"


def test_without_the_scope_or_a_choice_nothing_happens(
    office: Office, browser: TestClient, folder: Path
) -> None:
    assert "没有选定企业" in send(browser, "reject", reason="无").text
    assert send(browser, "confirm", ACME, token="x").status_code == 403
    reader = office.sign_in()
    assert "measures:write" in open_page(reader, LIST + "?state=proposed")
    token = open_page(reader, LIST).split('name="token" value="')[1].split('"')[0]
    form = {"act": "reject", "enterprise": ACME, "reason": "无", "token": token}
    assert reader.post(LIST, data=form).status_code == 403
    assert reader.get(f"{LIST}/of/{UNKNOWN}").status_code == 404
    assert len(read_acts(folder)) == 3
