"""The console's pages of grading rules: two persons from trial to force, and back."""

import io
from pathlib import Path

import openpyxl
import pytest
from fastapi.testclient import TestClient

from models.registry import signing
from models.registry.register import Register
from service.grading_rules import operations, store
from service.installation import MODEL_KEY
from service.model_registry.in_use import REGISTER
from service.security.scopes import Scope
from tests.service.office import Office
from tests.service.test_console import check_page, open_page
from tests.service.test_grading_rules import RULES, publish_month
from tests.service.test_overrides import token_of


@pytest.fixture
def proposed(office: Office, tmp_path: Path) -> str:
    """A month in use, and a change proposed by 张三."""
    publish_month(office)
    path = tmp_path / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    return operations.propose(office.settings, path, by="张三", at=office.clock()).version


def act(browser: TestClient, version: str, name: str, *, reason: str = "可行") -> int:
    token = token_of(browser.get("/rules").text)
    form = {"token": token, "reason": reason}
    return browser.post(f"/rules/{version}/{name}", data=form).status_code


def test_before_anything_is_proposed_the_page_says_how(office: Office) -> None:
    page = open_page(office.sign_in(), "/rules")
    assert "xinheng rules propose" in page
    assert "法规与模型默认" in page


def test_from_proposal_to_force_and_back(office: Office, proposed: str) -> None:
    browser = office.sign_in(Scope.RULES_WRITE)
    assert "尚未模拟" in open_page(browser, "/rules")
    assert act(browser, proposed, "approve") == 422, "not before it was simulated"
    assert act(browser, proposed, "simulate") == 303
    page = open_page(browser, f"/rules/{proposed}")
    assert "↑ 10" in page, "from B to C"
    assert "0.2000" in page
    book = openpyxl.load_workbook(
        io.BytesIO(browser.get(f"/rules/{proposed}/simulation.xlsx").content)
    )
    assert book["变动企业"].max_row == 11
    assert act(browser, proposed, "approve", reason=" ") == 422, "nobody approves without reason"
    assert act(browser, proposed, "approve") == 303
    assert act(browser, proposed, "publish") == 303
    assert store.policy_in_force(office.settings).version == proposed
    who = [one["by"] for one in store.read_acts(office.settings)]
    assert who == ["张三", *["console-rules:write"] * 3], "named as the key is"
    assert act(browser, proposed, "withdraw") == 303
    assert store.policy_in_force(office.settings).version is None
    assert "已撤回" in open_page(browser, f"/rules/{proposed}")


def test_nobody_approves_what_he_proposed_at_the_console(office: Office) -> None:
    publish_month(office)
    browser = office.sign_in(Scope.RULES_WRITE)
    token = token_of(browser.get("/rules").text)
    form = {"token": token, "reason": "按检查力量划线", "chosen_by": "fixed", "bound_b": "0.1"}
    refused = browser.post("/rules", data={**form, "floor_months": "一年"})
    assert refused.status_code == 422
    assert "b &lt; c &lt; d" in refused.text
    assert "months" in refused.text, "every fault at once"
    assert 'value="0.1"' in refused.text, "what was typed is kept"
    check_page(refused.text)
    form |= {"bound_c": "0.2", "bound_d": "0.6", "margin": "30", "provincial": "true"}
    form |= {"direct_suspected_crime": "false", "floor_grade": "B", "floor_months": "18"}
    assert browser.post("/rules", data=form).headers["location"] == "/rules/R001"
    made = store.read_version(office.settings, "R001")
    assert made.by == "console-rules:write"
    assert made.changes == {
        "direct_rules": {"suspected_crime": False},
        "floor": {"grade": "B", "months": 18},
        "hysteresis_margin_per_mille": 30,
        "provincial_grade_decides": True,
    }
    assert act(browser, "R001", "simulate") == 303
    assert "须由另一人批准" in open_page(browser, "/rules/R001")
    own = browser.post("/rules/R001/approve", data={"token": token, "reason": "同意"})
    assert own.status_code == 422
    assert "另一人" in own.text


def test_a_key_without_the_scope_or_a_foreign_form_changes_nothing(
    office: Office, proposed: str
) -> None:
    looking = office.sign_in()
    assert "rules:write" in open_page(looking, f"/rules/{proposed}")
    assert act(looking, proposed, "simulate") == 403
    writing = office.sign_in(Scope.RULES_WRITE)
    assert writing.post(f"/rules/{proposed}/simulate", data={"token": "x"}).status_code == 403
    assert writing.post("/rules", data={"reason": "x", "margin": "30"}).status_code == 403
    form = {"token": token_of(looking.get("/rules").text), "reason": "x", "margin": "30"}
    assert looking.post("/rules", data=form).status_code == 403
    assert len(store.read_acts(office.settings)) == 1
    assert looking.get("/rules/R009", headers={"Accept": "text/html"}).status_code == 422


def test_cut_offs_of_another_model_are_told(office: Office, proposed: str) -> None:
    browser = office.sign_in(Scope.RULES_WRITE)
    for name in ("simulate", "approve", "publish"):
        assert act(browser, proposed, name) == 303
    assert "另一模型" not in open_page(browser, "/rules"), "no model is in use"
    key = signing.load_private(office.settings.keys_dir / MODEL_KEY)
    register = Register().with_trained(
        "model-2", folder="f", by="张三", reason="", at=office.clock(), key=key
    )
    (office.settings.models_dir / REGISTER).write_bytes(register.content)
    page = open_page(browser, "/rules")
    assert "另一模型" in page
    assert "model-1" in page
