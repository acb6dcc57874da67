"""Overrides over the console and in the register: two persons, reason, evidence, expiry."""

from datetime import date

import pytest
from fastapi.testclient import TestClient

from scoring.errors import OverrideError
from scoring.grading.overrides import Proposal
from service.errors import JournalDamagedError, UnknownEnterpriseError, UnknownOverrideError
from service.overrides import operations
from service.security.scopes import Scope
from tests.service.office import ACME, OTHER, Office, grade_row
from tests.service.test_console import check_page, open_page

PROPOSAL = Proposal(ACME, "C", "投诉待核", "汕市监函〔2026〕1号", date(2027, 1, 31), "张三")
FORM = {
    "enterprise": ACME,
    "grade": "C",
    "reason": "投诉待核",
    "evidence": "汕市监函〔2026〕1号",
    "expires": "2027-01-31",
}


def token_of(page: str) -> str:
    return page.split('name="token" value="')[1].split('"')[0]


def test_two_persons_and_an_end(office: Office) -> None:
    office.publish([grade_row(ACME)])
    made = operations.propose(office.settings, office.database, PROPOSAL, at=office.clock())
    assert operations.in_force(office.settings, at=office.clock()).num_rows == 0
    decide = {"reason": "同意", "at": office.clock()}
    with pytest.raises(OverrideError, match="另一人"):
        operations.approve(office.settings, made.override_id, by="张三", **decide)
    operations.approve(office.settings, made.override_id, by="李四", **decide)
    assert operations.in_force(office.settings, at=office.clock())["grade"].to_pylist() == ["C"]
    office.clock.forward(days=80)
    assert operations.in_force(office.settings, at=office.clock()).num_rows == 0, "expired"
    renewed = operations.propose(
        office.settings,
        office.database,
        Proposal(ACME, "D", "再次投诉", "函", date(2027, 6, 30), "张三"),
        at=office.clock(),
    )
    assert renewed.override_id == "T00002"
    operations.revoke(office.settings, "T00002", by="张三", reason="撤回", at=office.clock())
    kept = operations.list_overrides(office.settings)
    assert [one.state(date(2027, 2, 10)) for one in kept.values()] == ["expired", "revoked"]


def test_an_unknown_enterprise_or_number_and_a_damaged_register_are_named(
    office: Office,
) -> None:
    with pytest.raises(UnknownEnterpriseError, match=ACME):
        operations.propose(office.settings, office.database, PROPOSAL, at=office.clock())
    with pytest.raises(UnknownOverrideError, match="T00009"):
        operations.approve(office.settings, "T00009", by="李四", reason="x", at=office.clock())
    (office.settings.overrides_dir / "overrides.jsonl").write_text("{\n", encoding="utf-8")
    with pytest.raises(JournalDamagedError, match="第 1 行"):
        operations.list_overrides(office.settings)


@pytest.fixture
def writer(office: Office) -> TestClient:
    """A browser whose key may propose and approve."""
    return office.sign_in(Scope.OVERRIDES_WRITE)


def test_proposed_and_revoked_at_the_console(office: Office, writer: TestClient) -> None:
    office.publish([grade_row(ACME), grade_row(OTHER)])
    page = open_page(writer, f"/overrides?enterprise={ACME}")
    assert f'value="{ACME}"' in page
    form = {**FORM, "token": token_of(page)}
    refused = writer.post("/overrides", data={**form, "expires": ""})
    assert refused.status_code == 422
    assert "不能长期有效" in refused.text
    assert "投诉待核" in refused.text, "what was typed is kept"
    check_page(refused.text)
    assert writer.post("/overrides", data=form).status_code == 303
    page = open_page(writer, "/overrides")
    assert "T00001" in page
    assert "须由另一人批准" in page
    own = writer.post("/overrides/T00001/approve", data={"token": form["token"], "reason": "同意"})
    assert own.status_code == 422
    assert "另一人" in own.text
    gone = writer.post("/overrides/T00001/revoke", data={"token": form["token"], "reason": "误填"})
    assert gone.status_code == 303
    assert "已撤销" in open_page(writer, "/overrides")


def test_a_key_without_the_scope_looks_only(office: Office) -> None:
    office.publish([grade_row(ACME)])
    browser = office.sign_in()
    page = open_page(browser, "/overrides")
    assert "overrides:write" in page
    assert "<select" not in page
    answer = browser.post("/overrides", data={**FORM, "token": token_of(page)})
    assert answer.status_code == 403
    assert browser.post("/overrides", data=FORM).status_code == 403
    assert operations.list_overrides(office.settings) == {}
