"""A round is planned from the grades that were published, not from the newest folder."""

import json
from datetime import date
from pathlib import Path

import pytest

from scoring.double_random.planning import PLAN
from service.campaigns.store import draft_folder
from service.cli import main
from tests.service.office import ACME, OTHER, Office, grade_row, write_run

ROSTER = """inspector_id,name,unit,certificate_no,certificate_valid_to,area_code,matters
P1,检查员1,执法大队,粤E0001,2027-12-31,,food
P2,检查员2,执法大队,粤E0002,2027-12-31,,food
"""


@pytest.fixture
def plan_arguments(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, ...]:
    monkeypatch.setenv("XINHENG_HOME", str(office.settings.home))
    monkeypatch.setenv("XINHENG_DATABASE_URL", office.settings.resolved_database_url)
    roster = tmp_path / "inspectors.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    return (
        *("campaign", "plan", "--round", "2026-12", "--items", "登记事项检查"),
        *("--from", "2026-12-01", "--to", "2026-12-31", "--randomness-name", "福彩3D第2026320期"),
        *("--inspectors", str(roster)),
    )


def planned_from(office: Office) -> str:
    plan = draft_folder(office.settings.campaigns_dir, "2026-12") / PLAN
    return str(json.loads(plan.read_bytes())["run_id"])


def run_command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["xinheng", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_a_plan_rests_on_the_run_in_use(
    office: Office, plan_arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [grade_row(ACME), grade_row(OTHER)]
    newer = write_run(office.settings.runs_dir, rows, as_of=date(2026, 11, 20))
    assert run_command(monkeypatch, *plan_arguments) == 0
    assert planned_from(office) == newer.name, "nothing was published: the newest"
    published = office.publish(rows, as_of=date(2026, 10, 31))
    assert run_command(monkeypatch, *plan_arguments) == 0
    assert planned_from(office) == published
    assert run_command(monkeypatch, *plan_arguments, "--run", newer.name) == 0
    assert planned_from(office) == newer.name
