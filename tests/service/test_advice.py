"""The page on what would lower the risk: refusals, and what it says of a graded enterprise."""

from datetime import date

from models.rating.counterfactual import Advice, Outcome
from service.enterprises.advice import Told
from tests.service.office import ACME, UNKNOWN, Office, grade_row


def test_advice_says_what_is_missing_instead_of_failing(office: Office) -> None:
    page = f"/enterprises/{ACME}/advice"
    browser = office.sign_in()
    assert browser.get(page).status_code == 404  # nothing published
    office.publish([grade_row(ACME, grade="D", probability=0.4)], as_of=date(2026, 10, 31))
    without_model = browser.get(page)
    assert without_model.status_code in (404, 422, 503)
    assert "xinheng train" in without_model.text
    assert browser.get(f"/enterprises/{UNKNOWN}/advice").status_code == 404


def test_the_enterprise_s_page_leads_to_it(office: Office) -> None:
    browser = office.sign_in()
    office.publish([grade_row(ACME, grade="D", probability=0.4)], as_of=date(2026, 10, 31))
    assert f"/enterprises/{ACME}/advice" in browser.get(f"/enterprises/{ACME}").text


def test_acts_need_no_waiting() -> None:
    now = Outcome((), 0.3, 550, "C")
    told = Told(Advice(now, (), None, now), {}, {"as_of": date(2026, 10, 31)})
    assert told.latest_on(now) is None
