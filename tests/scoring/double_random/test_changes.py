"""After the draw: reserves, substitutions, days and routes; what was drawn stays as it was."""

import hashlib
import json
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from scoring.double_random import ReadOut
from scoring.double_random.changes import Asked
from scoring.double_random.itinerary import hilbert_distance, hilbert_positions, plan_days
from scoring.double_random.randomness import read_instant
from scoring.errors import ChangeError, InspectorError, PlanError
from service.campaigns import operations
from service.campaigns.changes import change_round, load_changes, load_standing
from service.campaigns.errors import PackFolderError, RandomnessReusedError, RoundNotDrawnError
from service.campaigns.publication import write_itinerary, write_pack
from service.cli import campaigns

from .conftest import DRAWN_AT, FROZEN_AT, NAME, RANDOMNESS, make_wishes

READ_OUT = ReadOut(RANDOMNESS, NAME, read_instant("2026-11-30T21:15"))
ROUND = "2026-11"


def plan_and_freeze(home: Path, round_id: str) -> Path:
    campaigns = home / "campaigns"
    operations.plan_round(
        campaigns,
        home / "runs",
        wishes=make_wishes(round_id=round_id),
        hand_ins=operations.HandInPaths(home / "inspectors.csv"),
    )
    operations.freeze_round(campaigns, round_id, now=FROZEN_AT)
    return campaigns


@pytest.fixture
def drawn(home: Path) -> Path:
    """The campaigns folder with round 2026-11 drawn."""
    campaigns = plan_and_freeze(home, ROUND)
    operations.draw_round(campaigns, ROUND, READ_OUT, now=DRAWN_AT)
    return campaigns


def first_visit(campaigns: Path) -> tuple[str, tuple[str, ...]]:
    """A visited enterprise whose stratum has reserves, and its team."""
    standing = load_standing(campaigns, ROUND)
    uscc = next(uscc for uscc in sorted(standing.teams) if standing.reserves[uscc])
    return uscc, standing.teams[uscc]


def ask(uscc: str, inspector: str | None = None, **changes: str) -> Asked:
    fields = {"reason": "已注销", "by": "王五"} | changes
    return Asked(uscc=uscc, inspector_id=inspector, at=DRAWN_AT, **fields)


def test_a_second_round_needs_fresh_randomness(home: Path, drawn: Path) -> None:
    plan_and_freeze(home, "2026-11b")
    spaced = " ".join(RANDOMNESS)
    for value in (RANDOMNESS, spaced):
        with pytest.raises(RandomnessReusedError, match=ROUND):
            operations.draw_round(
                drawn, "2026-11b", ReadOut(value, NAME, READ_OUT.at), now=DRAWN_AT
            )
    other = ReadOut("12034785612903847560", NAME, READ_OUT.at)
    operations.draw_round(drawn, "2026-11b", other, now=DRAWN_AT)
    assert operations.verify_round(drawn, "2026-11b") == ()


def test_reserves_are_called_by_rank_with_a_team_and_the_original_stays(drawn: Path) -> None:
    before = operations.read_files(drawn / ROUND)
    uscc, team = first_visit(drawn)
    standing = load_standing(drawn, ROUND)
    expected = standing.reserves[uscc][0]
    change, after = change_round(drawn, ROUND, ask(uscc))
    assert (change.number, change.kind, change.replacement) == (1, "reserve", expected)
    assert uscc not in after.teams
    assert after.teams[expected] == change.inspectors
    assert len(set(change.inspectors)) == len(team)
    assert operations.read_files(drawn / ROUND) == before
    assert operations.verify_round(drawn, ROUND) == ()
    with pytest.raises(ChangeError, match="已由备选"):
        change_round(drawn, ROUND, ask(uscc))


def test_reserves_run_out(drawn: Path) -> None:
    uscc, _ = first_visit(drawn)
    reserves = len(load_standing(drawn, ROUND).reserves[uscc])
    for _ in range(reserves):
        change, _ = change_round(drawn, ROUND, ask(uscc))
        uscc = change.replacement
    with pytest.raises(ChangeError, match="已用完"):
        change_round(drawn, ROUND, ask(uscc))


def test_a_substitute_is_drawn_afresh_among_the_least_loaded(drawn: Path) -> None:
    uscc, team = first_visit(drawn)
    standing = load_standing(drawn, ROUND)
    loads = dict.fromkeys(standing.roster.ids, 0)
    for people in standing.teams.values():
        for person in people:
            loads[person] += 1
    change, _ = change_round(drawn, ROUND, ask(uscc, team[0], reason="住院"))
    free = [person for person in loads if person not in team]
    least = min(loads[person] for person in free)

    def ticket(person: str) -> str:
        text = "\x1f".join((standing.seed, "substitute", "1", uscc, person))
        return hashlib.sha256(text.encode()).hexdigest()

    even = [person for person in free if loads[person] == least]
    assert change.replacement == min(even, key=ticket)
    assert change.ticket == ticket(change.replacement)
    assert set(change.inspectors) == {change.replacement, *team[1:]}


def test_nobody_comes_back_to_a_visit_and_in_the_end_nobody_is_left(drawn: Path) -> None:
    uscc, team = first_visit(drawn)
    seen, leaving = set(team), team[0]
    others = len(load_standing(drawn, ROUND).roster.ids) - len(team)
    for _ in range(others):
        change, _ = change_round(drawn, ROUND, ask(uscc, leaving, reason="回避申请"))
        assert change.replacement not in seen
        seen.add(change.replacement)
        leaving = change.replacement
    with pytest.raises(InspectorError, match=uscc):
        change_round(drawn, ROUND, ask(uscc, leaving, reason="回避申请"))
    assert seen == set(load_standing(drawn, ROUND).roster.ids)


def test_faulty_changes_are_refused(drawn: Path) -> None:
    uscc, team = first_visit(drawn)
    for asked, told in (
        (ask(uscc, reason=" "), "理由"),
        (ask(uscc, by=""), "经办人"),
        (ask("91NOBODY"), "未被抽中"),
        (ask(uscc, "Z99"), "Z99 不在"),
        (ask(uscc, team[0], reason="a\nb"), "不可见"),
    ):
        with pytest.raises(ChangeError, match=told):
            change_round(drawn, ROUND, asked)
    assert load_changes(drawn / ROUND) == []


def test_a_forged_or_removed_change_is_found(drawn: Path) -> None:
    uscc, team = first_visit(drawn)
    change_round(drawn, ROUND, ask(uscc, team[0], reason="住院"))
    change_round(drawn, ROUND, ask(uscc))
    path = drawn / ROUND / "changes" / "0001.json"
    whole = path.read_bytes()
    document = json.loads(whole)
    other = next(
        person
        for person in load_standing(drawn, ROUND).roster.ids
        if person not in (*team, document["replacement"])
    )
    path.write_bytes(whole.replace(document["replacement"].encode(), other.encode()))
    assert [found.file for found in operations.verify_round(drawn, ROUND)] == ["changes"]
    path.unlink()
    assert [found.file for found in operations.verify_round(drawn, ROUND)] == ["changes"]
    path.write_bytes(whole)
    assert operations.verify_round(drawn, ROUND) == ()


def test_days_hold_what_they_can_and_the_order_is_that_of_the_tickets() -> None:
    visits = [(f"{n:064x}", f"91{n:02d}", ("P1", "P2" if n % 2 else "P3")) for n in range(10)]
    days = [date(2026, 12, 1) + timedelta(days=n) for n in range(4)]
    positions = {f"91{n:02d}": -n for n in range(10)}
    stops = plan_days(visits, days, per_day=3, positions=positions)
    assert len(stops) == 20
    mine = [stop for stop in stops if stop.inspector_id == "P1"]
    assert [stop.uscc for stop in mine] == [f"91{n:02d}" for n in range(10)]
    assert [stop.order for stop in mine] == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1]
    assert [stop.stop for stop in mine] == [3, 2, 1, 3, 2, 1, 3, 2, 1, 1]
    with pytest.raises(PlanError, match="排不下 4 户"):
        plan_days(visits, days[:2], per_day=3, positions={})
    with pytest.raises(PlanError, match="不小于 1"):
        plan_days(visits, days, per_day=0, positions={})


def test_neighbours_on_the_curve_are_neighbours_on_the_map() -> None:
    """The first 256 places of the curve are one connected walk through a square."""
    by_place = {hilbert_distance(x, y): (x, y) for x in range(16) for y in range(16)}
    assert sorted(by_place) == list(range(256))
    steps = [
        abs(by_place[n][0] - by_place[n + 1][0]) + abs(by_place[n][1] - by_place[n + 1][1])
        for n in range(255)
    ]
    assert set(steps) == {1}
    table = pd.DataFrame(
        {"uscc": ["a", "b"], "longitude": ["116.6", "116.6"], "latitude": ["23.3", "23.3"]}
    )
    assert hilbert_positions(table) == {"a": 0, "b": 0}


def test_the_itinerary_follows_the_changes(drawn: Path, tmp_path: Path) -> None:
    uscc, _ = first_visit(drawn)
    change, standing = change_round(drawn, ROUND, ask(uscc))
    out = tmp_path / "days.xlsx"
    stops = write_itinerary(drawn, ROUND, out, per_day=6, coordinates=None)
    assert len(stops) == sum(map(len, standing.teams.values()))
    assert {stop.day.weekday() for stop in stops} <= {0, 1, 2, 3, 4}
    sheet = openpyxl.load_workbook(BytesIO(out.read_bytes()))["人员日程"]
    codes = {row[5].value for row in sheet.iter_rows(min_row=2)}
    assert change.replacement in codes
    assert uscc not in codes


def test_a_pack_is_written_once_and_only_of_a_drawn_round(home: Path, drawn: Path) -> None:
    names = write_pack(drawn, ROUND, home / "pack", guarded=False)
    assert sorted(path.name for path in (home / "pack").iterdir()) == names
    with pytest.raises(PackFolderError):
        write_pack(drawn, ROUND, home / "pack", guarded=True)
    plan_and_freeze(home, "other")
    with pytest.raises(RoundNotDrawnError):
        write_pack(drawn, "other", home / "pack2", guarded=False)


def test_the_commands_after_a_draw(
    home: Path, drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINHENG_HOME", str(home))
    app = typer.Typer()
    campaigns.register(app)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    uscc, team = first_visit(drawn)
    shared = ("--round", ROUND, "--uscc", uscc, "--by", "王五")
    assert "没有变更" in run("campaign", "changes", "--round", ROUND).output
    done = run("campaign", "substitute", *shared, "--inspector", team[0], "--reason", "住院")
    assert f"{team[0]} →" in done.output
    assert "计入分母" in run("campaign", "reserve", *shared, "--reason", "已注销").output
    assert "住院" in run("campaign", "changes", "--round", ROUND).output
    coordinates = home / "coordinates.csv"
    coordinates.write_text(f"uscc,longitude,latitude\n{uscc},116.7,23.4\n")
    days = ("campaign", "itinerary", "--round", ROUND, "--out", str(home / "days.csv"))
    assert "日程" in run(*days, "--coordinates", str(coordinates)).output
    assert (home / "days.csv").read_text(encoding="utf-8-sig").startswith("inspector_id,day")
    opened = run("campaign", "opening", "--round", ROUND, "--uscc", uscc)
    assert '"salt"' in opened.output
    packed = run("campaign", "pack", "--round", ROUND, "--out", str(home / "pack"), "--guarded")
    assert packed.exit_code == 0, packed.output
    for what in (ROUND, str(drawn / ROUND)):
        verified = run("verify", what)
        assert (verified.exit_code, "核验通过" in verified.output) == (0, True)
    root = operations.load_commitment(drawn, ROUND).frame_root
    assert run("verify", ROUND, "--root", root).exit_code == 0
    wrong = run("verify", ROUND, "--root", "0" * 64)
    assert (wrong.exit_code, "不符" in wrong.output) == (1, True)
