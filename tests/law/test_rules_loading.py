"""The rule tables of registration are checked as strictly as plain values."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import law
from law.errors import ParameterFileError

RULE: dict[str, Any] = {
    "rule": "some_rule",
    "zh": "规则",
    "en": "rule",
    "trigger": "list",
    "lists": ["abnormal_operations_list"],
    "subject_kinds": ["company"],
    "application_kinds": ["change"],
    "outcome": "refuse",
    "remedy": {"zh": "改正", "en": "correct it"},
}
BAR: dict[str, Any] = {
    "bar": "some_bar",
    "zh": "限制",
    "en": "bar",
    "roles": ["director"],
    "term": {"years": 3},
    "counted_from": {"zh": "之日", "en": "that day"},
}


def overlay_with(tmp_path: Path, parameter: str, rows: list[dict[str, Any]]) -> Path:
    value = {
        "from": "2026-06-01",
        "value": rows,
        "status": "confirmed",
        "source": "checked",
        "checked_on": "2026-05-01",
        "reference": {"act": "办法", "article": "第一条"},
    }
    path = tmp_path / "parameters" / "registration" / f"{parameter}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump({"values": [value]}, allow_unicode=True), encoding="utf-8")
    return tmp_path


def test_good_rows_are_read(tmp_path: Path) -> None:
    law.load(overlay_with(tmp_path, "must_also_apply", [RULE]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lists": ["blacklist"]}, "unknown code 'blacklist'"),
        ({"list_grounds": ["99"]}, "unknown code '99'"),
        ({"subject_kinds": []}, "must be a list that is not empty"),
        ({"subject_kinds": ["company", "company"]}, "repeats a word"),
        ({"cured_by": ["adress"]}, "unknown code 'adress'"),
        ({"outcome": "reject"}, "outcome is 'reject'"),
        ({"outcome": "must_also_apply"}, "must_also_apply_for belongs to"),
        ({"must_also_apply_for": ["address"]}, "must_also_apply_for belongs to"),
        ({"remedy": {"zh": "改正"}}, "en is missing"),
        ({"roles": ["current_legal_representative"]}, "unknown key 'roles'"),
        ({"trigger": "person_bar"}, "roles is missing"),
        ({"article": "第三条"}, "an article needs the act"),
        ({"status": "unconfirmed"}, "the list has an unconfirmed item"),
        ({"severity": "high"}, "unknown key 'severity'"),
    ],
)
def test_broken_rule_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterFileError) as caught:
        law.load(overlay_with(tmp_path, "must_also_apply", [RULE | change]))
    assert message in caught.value.en


def test_rule_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterFileError, match="rule is repeated"):
        law.load(overlay_with(tmp_path, "must_also_apply", [RULE, RULE]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"term": "forever"}, "term must be"),
        ({"term": {"years": 0}}, "term must be"),
        ({"roles": ["boss"]}, "unknown code 'boss'"),
        ({"counted_from": "that day"}, "counted_from must have zh and en"),
    ],
)
def test_broken_bar_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterFileError) as caught:
        law.load(overlay_with(tmp_path, "person_bars", [BAR | change]))
    assert message in caught.value.en
