"""The life of a version of the rules and of an override, read from their acts."""

from dataclasses import replace
from datetime import date

import pytest

from scoring.errors import OverrideError, RuleStateError
from scoring.grading.overrides import (
    Proposal,
    check_approval,
    check_proposal,
    check_revocation,
    overrides_table,
    read_overrides,
)
from scoring.grading.rule_history import check_act, in_force, states

ON = date(2026, 11, 22)


def acts(*told: str) -> list[dict[str, str]]:
    return [
        {"version": version, "act": act, "by": "张三" if act == "proposed" else "李四"}
        for version, act in (one.split(" ") for one in told)
    ]


LIFE = ("proposed", "simulated", "approved", "published")
BOTH = acts(*(f"R001 {act}" for act in LIFE), *(f"R002 {act}" for act in LIFE))


def test_publishing_supersedes_and_withdrawing_returns() -> None:
    assert states(BOTH) == {"R001": "superseded", "R002": "published"}
    back = [*BOTH, *acts("R002 withdrawn")]
    assert in_force(back) == "R001"
    assert in_force([*back, *acts("R001 withdrawn")]) is None
    below = [*BOTH, *acts("R001 withdrawn", "R002 withdrawn")]
    assert in_force(below) is None, "what was withdrawn before does not come back"


def test_trying_a_version_in_force_changes_no_state() -> None:
    assert states([*BOTH, *acts("R002 simulated")])["R002"] == "published"


@pytest.mark.parametrize(
    ("kind", "told", "by", "expected"),
    [
        ("approved", ["R001 proposed"], "李四", "simulate"),
        ("approved", ["R001 proposed", "R001 simulated"], " 张 三", "另一人"),
        ("published", ["R001 proposed", "R001 simulated"], "李四", "approve"),
        ("published", [f"R001 {act}" for act in LIFE], "李四", "施行中"),
        ("withdrawn", ["R001 proposed", "R001 withdrawn"], "李四", "已撤回"),
        ("published", ["R001 proposed"], "", "经办人"),
        ("simulated", [], "李四", "没有规则版本"),
    ],
)
def test_an_act_out_of_turn_is_refused(kind: str, told: list[str], by: str, expected: str) -> None:
    with pytest.raises(RuleStateError, match=expected):
        check_act(acts(*told), kind=kind, version="R001", by=by, reason="理由")


PROPOSAL = Proposal("E1", "C", "投诉待核", "汕市监函〔2026〕1号", date(2027, 1, 31), "张三")
RULES = {"suspected_crime": "D"}


def line(act: str, by: str, number: str = "T00001") -> dict[str, str]:
    return {"override_id": number, "act": act, "by": by, "reason": "同意"} | (
        {
            "enterprise_id": "E1",
            "grade": "C",
            "reason": "投诉待核",
            "evidence": "汕市监函〔2026〕1号",
            "expires_on": "2027-01-31",
        }
        if act == "proposed"
        else {}
    )


def check(proposal: Proposal, known: list[dict[str, str]]) -> None:
    check_proposal(proposal, read_overrides(known), on=ON, direct_rules=RULES, longest_months=12)


def test_a_proposal_in_order_passes() -> None:
    check(PROPOSAL, [])
    check(replace(PROPOSAL, grade="", rule="suspected_crime"), [])
    check(PROPOSAL, [line("proposed", "张三"), line("revoked", "李四")])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"expires_on": None}, "不能长期有效"),
        ({"expires_on": date(2026, 11, 21)}, "早于今天"),
        ({"expires_on": date(2027, 11, 23)}, "超过 12 个月"),
        ({"grade": "E"}, "不是 A、B、C、D"),
        ({"rule": "bad"}, "没有直接判定规则"),
        ({"reason": " ", "evidence": ""}, "理由.*证据"),
    ],
)
def test_a_faulty_proposal_is_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(OverrideError, match=told):
        check(replace(PROPOSAL, **changes), [])


def test_a_second_one_beside_it_is_refused() -> None:
    with pytest.raises(OverrideError, match="T00001"):
        check(PROPOSAL, [line("proposed", "张三")])


def test_approval_expiry_and_revocation() -> None:
    waiting = read_overrides([line("proposed", "张三")])["T00001"]
    with pytest.raises(OverrideError, match="另一人"):
        check_approval(waiting, by="张 三", reason="同意", on=ON)
    with pytest.raises(OverrideError, match="已到期"):
        check_approval(waiting, by="李四", reason="同意", on=date(2027, 2, 1))
    check_approval(waiting, by="李四", reason="同意", on=ON)
    known = read_overrides([line("proposed", "张三"), line("approved", "李四")])
    (row,) = overrides_table(known, on=date(2027, 1, 31)).to_pylist()
    assert (row["enterprise_id"], row["grade"]) == ("E1", "C")
    assert "批准：李四" in row["ground"]
    assert overrides_table(known, on=date(2027, 2, 1)).num_rows == 0
    with pytest.raises(OverrideError, match="有效"):
        check_approval(known["T00001"], by="李四", reason="同意", on=ON)
    over = read_overrides([line("proposed", "张三"), line("revoked", "李四")])["T00001"]
    with pytest.raises(OverrideError, match="无需撤销"):
        check_revocation(over, by="李四", reason="x", on=ON)
