"""A change of rules from file to force and back."""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from law.errors import NoValueError
from scoring.errors import CutOffsError, RuleFileError, RuleStateError
from service.cli import build_app
from service.errors import RunUnusableError
from service.grading_rules import operations as rules
from service.grading_rules import store
from tests.service.office import Office, grade_row

RULES = """
reason: 检查力量增加
cut_offs: {chosen_by: fixed, values: {b: 0.1, c: 0.2, d: 0.6}}
direct_rules: {registration_annulled: false}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A change that moves those between .2 and .3 from B to C."""
    path = tmp_path / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    return path


def publish_month(office: Office, *, as_of: date = date(2026, 10, 31)) -> None:
    office.publish(
        [
            grade_row(f"E{place:02}", probability=place / 100, grade="A" if place < 10 else "B")
            for place in range(30)
        ],
        as_of=as_of,
    )


def through(office: Office, file: Path) -> str:
    """Propose, try, approve and publish a version."""
    at = office.clock()
    made = rules.propose(office.settings, file, by="张三", at=at)
    rules.simulate(office.settings, made.version, by="张三", at=at)
    for kind in ("approved", "published"):
        rules.act_on(office.settings, made.version, kind=kind, by="李四", reason="可行", at=at)
    return made.version


def test_from_file_to_force_and_back(office: Office, file: Path) -> None:
    publish_month(office)
    assert store.policy_in_force(office.settings).version is None
    first = through(office, file)
    policy = store.policy_in_force(office.settings)
    assert policy.cut_offs is not None
    assert (policy.version, policy.cut_offs_version, policy.cut_offs.c) == ("R001", "C001", 0.2)
    assert policy.chosen_on_other("model-1") is None
    assert policy.chosen_on_other("model-2") == "model-1", "their probabilities do not compare"
    file.write_text("reason: 起评期延长\nfloor: {grade: B, months: 18}\n", encoding="utf-8")
    second = through(office, file)
    policy = store.policy_in_force(office.settings)
    assert policy.cut_offs_version == "C001", "what a file leaves out stays as it is"
    assert policy.changes == {
        "direct_rules": {"registration_annulled": False},
        "floor": {"grade": "B", "months": 18},
    }
    at, by = office.clock(), "李四"
    back = rules.act_on(office.settings, second, kind="withdrawn", by=by, reason="有误", at=at)
    assert back == first
    assert store.policy_in_force(office.settings).changes.keys() == {"direct_rules"}


def test_a_simulation_says_who_moves(office: Office, file: Path) -> None:
    publish_month(office)
    made = rules.propose(office.settings, file, by="张三", at=office.clock())
    tried = rules.simulate(office.settings, made.version, by="张三", at=office.clock())
    movement = tried.simulation.movement
    assert (movement.riskier, movement.safer) == (10, 0)
    (act,) = [act for act in store.read_acts(office.settings) if act["act"] == "simulated"]
    assert (act["riskier"], act["run_id"]) == (10, "2026-10-31-model-archive")


def test_bad_input_changes_nothing(office: Office, file: Path) -> None:
    with pytest.raises(RunUnusableError, match="xinheng score"):
        rules.propose(office.settings, file, by="张三", at=office.clock())
    publish_month(office)
    file.write_text(RULES.replace("c: 0.2", "c: 0.05"), encoding="utf-8")
    with pytest.raises(RuleFileError, match="b < c < d"):
        rules.propose(office.settings, file, by="张三", at=office.clock())
    file.write_text("reason: x\ncut_offs: {chosen_by: capacity, visits: 9999}", encoding="utf-8")
    with pytest.raises(CutOffsError, match="最多"):
        rules.propose(office.settings, file, by="张三", at=office.clock())
    assert store.read_acts(office.settings) == []
    assert not list(office.settings.cut_offs_dir.glob("*"))


def test_a_region_without_ratios_on_the_day_is_named(office: Office, file: Path) -> None:
    publish_month(office, as_of=date(2021, 12, 31))
    with pytest.raises(NoValueError, match=r"sampling_ratio_per_mille.*440500"):
        rules.propose(office.settings, file, by="张三", at=office.clock())
    assert store.read_acts(office.settings) == []


def test_an_office_sets_its_own_ratios(office: Office, file: Path) -> None:
    publish_month(office)
    folder = office.settings.home / "law" / "parameters" / "double_random"
    folder.mkdir(parents=True)
    (folder / "sampling_ratio_per_mille.yaml").write_text(
        "values:\n  - {from: 2026-01-01, region: '440500', value: {A: 0, B: 100, C: 500, D: 1000},"
        " status: unconfirmed, source: proposal, checked_on: null,"
        " reference: {act: 本局方案, number: null, article: null}}\n",
        encoding="utf-8",
    )
    made = rules.propose(office.settings, file, by="张三", at=office.clock())
    tried = rules.simulate(office.settings, made.version, by="张三", at=office.clock())
    assert tried.simulation.visits_before == {"A": 0.0, "B": 2.0, "C": 0.0, "D": 0.0}
    assert tried.simulation.visits_after == {"A": 0.0, "B": 1.0, "C": 5.0, "D": 0.0}


def test_a_stored_file_that_was_changed_is_refused(office: Office, file: Path) -> None:
    publish_month(office)
    through(office, file)
    path = office.settings.cut_offs_dir / "C001.json"
    content = json.loads(path.read_bytes())
    content["cut_offs"]["b"] = 0.9
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CutOffsError, match="次序有误"):
        store.policy_in_force(office.settings)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(RuleStateError, match="从备份恢复"):
        store.policy_in_force(office.settings)


def test_commands(
    office: Office, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_month(office)
    monkeypatch.setenv("XINHENG_HOME", str(office.settings.home))
    app = build_app("rules")

    def ask(*words: str) -> str:
        answer = CliRunner().invoke(app, ["rules", *words])
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        return answer.output

    assert "没有本局规则" in ask("list")
    assert "R001" in ask("propose", str(file), "--by", "张三")
    out = tmp_path / "simulation.html"
    assert "10" in ask("simulate", "R001", "--by", "张三", "--out", str(out))
    assert "规则变更模拟" in out.read_text(encoding="utf-8")
    assert "已批准" in ask("approve", "R001", "--by", "李四", "--reason", "可行")
    assert "已施行" in ask("publish", "R001", "--by", "李四", "--reason", "可行")
    assert "施行中" in ask("list")
    shown = ask("show", "R001")
    assert "C001" in shown
    assert "可行" in shown
    with pytest.raises(RuleStateError, match="R009"):
        ask("show", "R009")
    assert "法规与模型" in ask("withdraw", "R001", "--by", "李四", "--reason", "有误")
