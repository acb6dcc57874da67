"""Items of several departments on one ticket: nested draws, one visit with everything."""

import csv
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from scoring.double_random import (
    GradedLibrary,
    HandedIn,
    ReadOut,
    draw,
    freeze,
    make_manifest,
    make_plan,
    verify,
)
from scoring.double_random.documents import canonical_json
from scoring.double_random.randomness import read_instant
from scoring.double_random.rules import DrawRules
from scoring.errors import InspectorError, PlanError

from .conftest import DRAWN_AT, FROZEN_AT, NAME, RANDOMNESS, make_wishes

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_draw.py"
READ_OUT = ReadOut(RANDOMNESS, NAME, read_instant("2026-11-30T21:15"))
ITEMS = """item,department,matter,lead,ratio_A,ratio_B,ratio_C,ratio_D
公示信息检查,市场监管局,,是,,,,
消防检查,消防大队,,,5,20,100,1000
排污检查,生态环境局,,,,,,
"""
ROSTER = "inspector_id,name,unit,certificate_no,certificate_valid_to,area_code,matters\n" + "".join(
    f"P{n},员{n},{unit},E{n},2027-12-31,,\n"
    for n, unit in enumerate(["市场监管局"] * 4 + ["消防大队"] * 3 + ["生态环境局"] * 2)
)
# Half of the library discharges; the others are no objects of that item.
OBJECTS = "item,uscc\n" + "".join(f"排污检查,91440500MA{n:06d}XY\n" for n in range(0, 900, 2))


def handed_in(**changes: str) -> HandedIn:
    tables = {"inspectors": ROSTER, "items": ITEMS, "item_objects": OBJECTS} | changes
    return HandedIn(**{name: text.encode() for name, text in tables.items()})


@pytest.fixture(scope="module")
def evidence(library: GradedLibrary, rules: DrawRules) -> Mapping[str, bytes]:
    files = dict(make_plan(library, handed_in(), wishes=make_wishes(items=()), rules=rules).files)
    files |= freeze(files, salt_key="5a" * 32, frozen_at=FROZEN_AT)
    files |= draw(files, READ_OUT, drawn_at=DRAWN_AT)
    files["list.xlsx"] = b"not looked at here"
    return files | {"evidence.json": make_manifest(files, round_id="2026-11")}


def test_an_enterprise_is_visited_once_with_all_that_drew_it(evidence: Mapping[str, bytes]) -> None:
    listed = json.loads(evidence["list.json"])["objects"]
    assert len({entry["uscc"] for entry in listed}) == len(listed)
    assert any(len(entry["items"]) == 3 for entry in listed)
    assert verify(evidence) == ()
    strata = {cell["stratum"]: cell for cell in json.loads(evidence["plan.json"])["strata"]}
    rows = csv.DictReader(evidence["selected.csv"].decode().splitlines())
    rank = {row["uscc"]: (row["stratum"], int(row["rank"])) for row in rows}
    for entry in listed:
        name, place = rank[entry["uscc"]]
        cell = strata[name]
        for item, ratio in cell["item_ratios"].items():
            least = min(
                cell["population"], max(cell["floor"], -(-ratio * cell["population"] // 1000))
            )
            assert (item in entry["items"]) == (place <= least)


def test_every_item_has_its_objects_only_and_its_department_at_the_door(
    evidence: Mapping[str, bytes],
) -> None:
    department = {"公示信息检查": "市场监管局", "消防检查": "消防大队", "排污检查": "生态环境局"}
    for entry in json.loads(evidence["list.json"])["objects"]:
        if int(entry["uscc"][10:16]) % 2:
            assert "排污检查" not in entry["items"]
        units = {person["unit"] for person in entry["inspectors"]}
        assert {department[item] for item in entry["items"]} <= units
        assert len(entry["inspectors"]) >= 2
        lead = "市场监管局" if "公示信息检查" in entry["items"] else entry["lead_department"]
        assert entry["inspectors"][0]["unit"] == entry["lead_department"] == lead


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"items": ITEMS.replace(",是,", ",,")}, "发起"),
        ({"items": ITEMS.replace("1000", "1001")}, "ratio_D='1001'"),
        ({"item_objects": "item,uscc\n养老检查,91A\n"}, "养老检查"),
    ],
)
def test_faulty_items_are_refused(
    library: GradedLibrary, rules: DrawRules, changes: dict[str, str], told: str
) -> None:
    with pytest.raises(PlanError, match=told):
        make_plan(library, handed_in(**changes), wishes=make_wishes(items=()), rules=rules)


def test_items_are_named_in_one_place(library: GradedLibrary, rules: DrawRules) -> None:
    with pytest.raises(PlanError, match="只写一处"):
        make_plan(library, handed_in(), wishes=make_wishes(items=("别的",)), rules=rules)


def test_a_department_without_inspectors_stops_the_plan(
    library: GradedLibrary, rules: DrawRules
) -> None:
    roster = ROSTER.replace("生态环境局", "街道")
    with pytest.raises(InspectorError, match="生态环境局 0 名"):
        make_plan(library, handed_in(inspectors=roster), wishes=make_wishes(items=()), rules=rules)


def test_more_visits_than_inspectors_have_time_for_stop_the_plan(
    library: GradedLibrary, rules: DrawRules
) -> None:
    with pytest.raises(InspectorError, match="人次无人可派"):
        make_plan(library, handed_in(), wishes=make_wishes(items=(), most_visits=2), rules=rules)


def test_the_independent_script_checks_items_and_departments(
    evidence: Mapping[str, bytes], tmp_path: Path
) -> None:
    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(SCRIPT), str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    for name, content in evidence.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "changes").mkdir()
    assert run().returncode == 0
    listed, assignment = (json.loads(evidence[f"{name}.json"]) for name in ("list", "assignment"))
    entry = next(entry for entry in listed["objects"] if "消防检查" in entry["items"])
    team = ["P0", "P1"]
    entry["inspectors"] = [{"inspector_id": person} for person in team]
    visit = next(visit for visit in assignment["visits"] if visit["uscc"] == entry["uscc"])
    visit["inspectors"] = team
    (tmp_path / "list.json").write_bytes(canonical_json(listed))
    (tmp_path / "assignment.json").write_bytes(canonical_json(assignment))
    done = run()
    assert done.returncode == 1
    assert "消防大队" in done.stderr
