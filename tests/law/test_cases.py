"""Worked examples of tests/law_cases/*.yaml, one test each.

A case asks exactly one thing:

ask            value of a parameter on a `day` in a `region`: `value`, `status`, `from_region`,
               or `none: true` where nothing is in force
working_days   add `days` working days to `from`: `day`, `provisional`
period         a period of days, months or years from a day: `day`
between        working days after `from` up to `to`: `count`, `provisional`
code           a code of a table: `in_force` on a day, `attributes`
listing        rules that reach an application of a listed subject: `outcomes`, and of the only
               rule reached `article`, `status`, `must_also_apply_for`
person         the same for a barred person in a role
bar            a bar on a person counted from a day: `barred` true, false, or null (no such bar)
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import law
from law.errors import NoValueError
from law.registration import Rule

CASES = Path(__file__).parents[1] / "law_cases"

Case = dict[str, Any]


def read_cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}-{number}")
        for path in sorted(CASES.glob("*.yaml"))
        for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), start=1)
    ]


def check_value(case: Case) -> set[str]:
    place = {"on": case["day"], "region": case.get("region", law.NATIONWIDE)}
    if case.get("none"):
        with pytest.raises(NoValueError, match=str(case["day"])):
            law.lookup(case["ask"], **place)
        return {"ask", "day", "region", "none"}
    found = law.lookup(case["ask"], **place)
    assert found.value == case["value"]
    assert found.status == case.get("status", found.status)
    assert found.region == case.get("from_region", found.region)
    return {"ask", "day", "region", "value", "status", "from_region"}


def check_working_days(case: Case) -> set[str]:
    asked = case["working_days"]
    found = law.calendar.add_working_days(asked["from"], asked["days"])
    assert (found.on, found.provisional) == (case["day"], case["provisional"])
    return {"working_days", "day", "provisional"}


def check_period(case: Case) -> set[str]:
    asked = dict(case["period"])
    assert law.calendar.end_of_period(asked.pop("from"), **asked).on == case["day"]
    return {"period", "day"}


def check_between(case: Case) -> set[str]:
    found = law.calendar.working_days_between(case["between"]["from"], case["between"]["to"])
    assert (found.count, found.provisional) == (case["count"], case["provisional"])
    return {"between", "count", "provisional"}


def check_code(case: Case) -> set[str]:
    asked = case["code"]
    codes = law.codes(asked["table"], on=asked.get("day"))
    assert (asked["code"] in codes) is case.get("in_force", True)
    for name, wanted in case.get("attributes", {}).items():
        assert codes[asked["code"]].attributes[name] == wanted
    return {"code", "in_force", "attributes"}


def check_listing(case: Case) -> set[str]:
    asked = case["listing"]
    return check_rules(
        case,
        lambda rule: rule.reaches_listing(
            list_name=asked["list"], list_ground=asked["ground"], **application(asked)
        ),
    ) | {"listing"}


def check_person(case: Case) -> set[str]:
    asked = case["person"]
    return check_rules(
        case, lambda rule: rule.reaches_person(role=asked["role"], **application(asked))
    ) | {"person"}


def application(asked: Case) -> Case:
    return {
        "subject_kind": asked["subject"],
        "application_kind": asked["application"],
        "change_items": asked.get("change_items", []),
    }


def check_rules(case: Case, reaches: Callable[[Rule], bool]) -> set[str]:
    rules = law.registration.rules(on=case["day"], region=case["region"])
    reached = [rule for rule in rules if reaches(rule)]
    assert [rule.outcome for rule in reached] == case["outcomes"]
    for rule in reached:
        assert rule.ground.effective_from <= case["day"]
        assert rule.ground.reference.article == case.get("article", rule.ground.reference.article)
        assert rule.ground.status == case.get("status", rule.ground.status)
        assert list(rule.must_also_apply_for) == case.get("must_also_apply_for", [])
    return {"day", "region", "outcomes", "article", "status", "must_also_apply_for"}


def check_bar(case: Case) -> set[str]:
    bars = {bar.bar: bar for bar in law.registration.person_bars(on=case["day"])}
    bar = bars.get(case["bar"]["name"])
    found = bar and bar.is_barred(case["day"], counted_from=case["bar"]["counted_from"])
    assert found is case["barred"]
    return {"bar", "day", "barred"}


CHECKS: dict[str, Callable[[Case], set[str]]] = {
    "ask": check_value,
    "working_days": check_working_days,
    "period": check_period,
    "between": check_between,
    "code": check_code,
    "listing": check_listing,
    "person": check_person,
    "bar": check_bar,
}


@pytest.mark.parametrize("case", read_cases())
def test_case(case: Case) -> None:
    asked = [name for name in CHECKS if name in case]
    assert len(asked) == 1, f"a case asks one thing, this one asks {asked}"
    used = CHECKS[asked[0]](case)
    assert set(case) <= {"case", *used}, "a key of the case was not checked"
