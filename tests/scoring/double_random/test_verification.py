"""The evidence of a real draw: three ways to recompute it, and every tampering found."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.double_random import (
    GradedLibrary,
    HandedIn,
    ReadOut,
    draw,
    freeze,
    make_manifest,
    make_plan,
    make_workbook,
    verify,
)
from scoring.double_random.commitment import frame_root
from scoring.double_random.documents import canonical_json
from scoring.double_random.frame import build_frame
from scoring.double_random.randomness import read_instant
from scoring.double_random.rules import DrawRules
from scoring.errors import EvidenceError, RandomnessError, ScoringError

from .conftest import DRAWN_AT, FROZEN_AT, NAME, RANDOMNESS, make_wishes

REPOSITORY = Path(__file__).parents[3]
SCRIPT = REPOSITORY / "docs" / "verify_draw.py"
GUIDE = REPOSITORY / "docs" / "draw.md"
READ_OUT = ReadOut(RANDOMNESS, NAME, read_instant("2026-11-30T21:15"))
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def frozen(library: GradedLibrary, handed_in: HandedIn, rules: DrawRules) -> Files:
    planned = make_plan(library, handed_in, wishes=make_wishes(), rules=rules)
    files = dict(planned.files)
    return files | freeze(files, salt_key="5a" * 32, frozen_at=FROZEN_AT)


@pytest.fixture(scope="module")
def evidence(frozen: Files) -> Files:
    files = frozen | draw(frozen, READ_OUT, drawn_at=DRAWN_AT)
    files["list.xlsx"] = make_workbook(json.loads(files["list.json"]), area_names={})
    return files | {"evidence.json": make_manifest(files, round_id="2026-11")}


def write(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def run_script(folder: Path, *published: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(SCRIPT), str(folder), *published]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def resealed(files: Files) -> Files:
    """As a forger would leave them: with a manifest that fits."""
    rest = {name: content for name, content in files.items() if name != "evidence.json"}
    return rest | {"evidence.json": make_manifest(rest, round_id="2026-11")}


def test_untouched_evidence_is_verified_by_both(evidence: Files, tmp_path: Path) -> None:
    assert verify(evidence) == ()
    commitment = json.loads(evidence["commitment.json"])
    published = (commitment["frame_root"], commitment["plan_hash"])
    done = run_script(write(tmp_path, evidence), *published)
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["OK", "2026-11"]), done.stderr
    wrong = run_script(tmp_path, "0" * 64)
    assert wrong.returncode == 1
    assert "published" in wrong.stderr


def test_the_script_is_short_and_imports_nothing_of_ours() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    imported = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))
    assert imported <= sys.stdlib_module_names


def test_the_statement_of_sql_selects_the_same_rows(evidence: Files, tmp_path: Path) -> None:
    statement = (REPOSITORY / "docs" / "verify_draw.sql").read_text(encoding="utf-8")
    folder = write(tmp_path, evidence)
    query = re.sub(r"'(\w+\.(?:json|txt))'", lambda found: f"'{folder / found[1]}'", statement)
    with duckdb.connect() as connection:
        rows = connection.execute(query).fetchall()
    lines = [",".join(map(str, row)) for row in rows]
    assert lines == evidence["selected.csv"].decode().splitlines()[1:]


def test_tickets_and_hashes_are_what_a_shell_prints(evidence: Files, tmp_path: Path) -> None:
    folder = write(tmp_path, evidence)
    for row in evidence["selected.csv"].decode().splitlines()[1:4]:
        uscc, *_, ticket = row.split(",")
        seed = json.loads(evidence["draw.json"])["seed"]
        script = r'printf "%s\x1f%s" "$1" "$2" | sha256sum'
        done = subprocess.run(
            ["bash", "-c", script, "-", seed, uscc], capture_output=True, text=True, check=True
        )
        assert done.stdout.split()[0] == ticket
    done = subprocess.run(
        ["sha256sum", "plan.json"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == json.loads(evidence["commitment.json"])["plan_hash"]


def test_the_guide_leads_by_hand_to_leaf_node_and_root(evidence: Files) -> None:
    """The shell lines of docs/draw.md, run as they stand, give the root of a frame of two."""
    block = next(
        text
        for text in re.findall(r"```\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
        if "LEAF=" in text
    )
    salt, leaf, node = block.strip().splitlines()
    script = f"""
        leaf() {{ {salt}; {leaf}; echo $LEAF; }}
        USCC=91A; STRATUM=440507.A.due; LEFT=$(leaf)
        USCC=91B; STRATUM=440507.D.due; RIGHT=$(leaf)
        {node}; echo $NODE"""
    if subprocess.run(
        ["bash", "-c", "command -v xxd"], capture_output=True, check=False
    ).returncode:
        script = script.replace("xxd -r -p", "perl -pe 's/(..)/chr(hex($1))/ge'")
    done = subprocess.run(
        ["bash", "-c", script],
        env={"KEY": "5a" * 32, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    frame = build_frame(["91A", "91B"], ["440507.A.due", "440507.D.due"])
    assert done.stdout.split() == [frame_root(frame, salt_key="5a" * 32)]


FILES = (
    "plan.json",
    "frame.txt",
    "salt.txt",
    "objects.parquet",
    "inspectors.csv",
    "avoidance.csv",
    "exclusions.csv",
    "rested.csv",
    "items.csv",
    "item_objects.csv",
    "commitment.json",
    "draw.json",
    "selected.csv",
    "assignment.json",
    "list.json",
    "list.xlsx",
    "public.json",
    "evidence.json",
)
MISSING_BY_SCRIPT = ("frame.txt", "draw.json", "list.xlsx")  # a process each: three will do


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_of_any_file_is_found_by_both(
    evidence: Files, tmp_path: Path, name: str
) -> None:
    content = bytearray(evidence[name])
    place = len(content) // 2
    content[place] = ord("7") if content[place] != ord("7") else ord("8")
    changed = evidence | {name: bytes(content)}
    # A changed manifest shows as a file that doesn't have its hash.
    assert any(name in f"{difference.file} {difference.zh}" for difference in verify(changed))
    done = run_script(write(tmp_path, changed))
    assert done.returncode == 1
    assert "DIFFERS" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(evidence: Files, tmp_path: Path, name: str) -> None:
    rest = {other: content for other, content in evidence.items() if other != name}
    assert name in {difference.file for difference in verify(rest)}
    if name in MISSING_BY_SCRIPT:
        done = run_script(write(tmp_path, rest))
        assert done.returncode == 1
        assert "DIFFERS" in done.stdout + done.stderr


def test_every_file_is_in_the_lists_above(evidence: Files) -> None:
    assert sorted(evidence) == sorted(FILES)


def edit(name: str, change: Callable[[Any], Any]) -> Callable[[Files], Files]:
    """A forgery of one JSON document that stays canonical."""

    def forge(files: Files) -> Files:
        document = json.loads(files[name])
        change(document)
        return files | {name: canonical_json(document)}

    return forge


def swap_drawn_with_reserve(files: Files) -> Files:
    text = files["selected.csv"].decode()
    lines = text.splitlines()
    drawn = next(n for n, line in enumerate(lines) if ",drawn," in line)
    lines[drawn] = lines[drawn].replace(",drawn,", ",reserve,")
    return files | {"selected.csv": "".join(f"{line}\n" for line in lines).encode()}


def drop_last_selected(files: Files) -> Files:
    lines = files["selected.csv"].splitlines(keepends=True)
    return files | {"selected.csv": b"".join(lines[:-1])}


def send_one_inspector(document: Any) -> None:
    document["visits"][0]["inspectors"] = document["visits"][0]["inspectors"][:1]


def send_the_unqualified(document: Any) -> None:
    document["visits"][0]["inspectors"] = ["P00", "X01"]


def leave_out_a_visit(document: Any) -> None:
    document["visits"].pop()


def leave_out_an_object(document: Any) -> None:
    document["objects"].pop()


@pytest.mark.parametrize(
    ("forge", "file"),
    [
        (swap_drawn_with_reserve, "selected.csv"),
        (drop_last_selected, "selected.csv"),
        (edit("draw.json", lambda d: d.update(seed="0" * 64)), "draw.json"),
        (edit("draw.json", lambda d: d.update(randomness=RANDOMNESS[::-1])), "draw.json"),
        (edit("draw.json", lambda d: d.update(randomness=int(RANDOMNESS))), "draw.json"),
        (edit("draw.json", lambda d: d.update(randomness_name="别的来源")), "draw.json"),
        (edit("draw.json", lambda d: d.update(randomness_at="2026-11-01T00:00:00Z")), "draw.json"),
        (edit("draw.json", lambda d: d["strata"][0].update(drawn=0)), "draw.json"),
        (edit("commitment.json", lambda d: d.update(frame_root="0" * 64)), "commitment.json"),
        (edit("commitment.json", lambda d: d.update(plan_hash="0" * 64)), "commitment.json"),
        (edit("plan.json", lambda d: d["strata"][0].update(floor=40)), "commitment.json"),
        (edit("plan.json", lambda d: d["strata"].pop(0)), "commitment.json"),
        (edit("plan.json", lambda d: d["files"].pop("inspectors.csv")), "inspectors.csv"),
        (edit("assignment.json", send_one_inspector), "assignment.json"),
        (edit("assignment.json", send_the_unqualified), "assignment.json"),
        (edit("assignment.json", leave_out_a_visit), "assignment.json"),
        (edit("list.json", leave_out_an_object), "list.json"),
    ],
)
def test_a_forgery_with_a_fitting_manifest_is_found_by_both(
    evidence: Files, tmp_path: Path, forge: Callable[[Files], Files], file: str
) -> None:
    forged = resealed(forge(evidence))
    assert file in {difference.file for difference in verify(forged)}
    done = run_script(write(tmp_path, forged))
    assert done.returncode == 1, done.stdout
    assert "DIFFERS" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "team",
    [["P01"], ["P01", "P01"], ["P01", "X01"], ["P01", "X02"], ["P00", "P01"], ["P01", "Z99"]],
    ids=["alone", "twice the same", "expired", "no certificate", "must keep away", "unknown"],
)
def test_the_script_holds_the_rules_for_inspectors(
    evidence: Files, tmp_path: Path, team: list[str]
) -> None:
    """Even where the sampling list was forged with the assignment."""
    assignment, listed = (json.loads(evidence[f"{name}.json"]) for name in ("assignment", "list"))
    visit = next(v for v in assignment["visits"] if v["uscc"] < "91440500MA000450XY")
    visit["inspectors"] = team
    entry = next(entry for entry in listed["objects"] if entry["uscc"] == visit["uscc"])
    entry["inspectors"] = [{"inspector_id": person} for person in team]
    forged = evidence | {
        "assignment.json": canonical_json(assignment),
        "list.json": canonical_json(listed),
    }
    done = run_script(write(tmp_path, resealed(forged)))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    text = done.stdout + done.stderr
    assert "assignment.json" in text or "Z99" in text


def test_our_verification_names_the_row(evidence: Files) -> None:
    forged = resealed(swap_drawn_with_reserve(evidence))
    (difference,) = verify(forged)
    assert (difference.file, difference.row) == ("selected.csv", 2)
    assert "reserve" in difference.zh
    assert "drawn" in difference.en


def test_names_and_public_part_are_recomputed_too(evidence: Files) -> None:
    for name in ("list.json", "public.json"):
        forged = resealed(evidence | {name: evidence[name].replace("模拟企业".encode(), b"X", 1)})
        assert [difference.file for difference in verify(forged)] == [name]


def test_a_frame_changed_together_with_its_hashes_shows_against_the_published_root(
    evidence: Files, frozen: Files, tmp_path: Path
) -> None:
    """Only what was published can catch a forger who does everything anew."""
    published = json.loads(evidence["commitment.json"])["frame_root"]
    planned = {
        name: content
        for name, content in frozen.items()
        if name not in ("commitment.json", "salt.txt")
    }
    forged = planned | freeze(planned, salt_key="6b" * 32, frozen_at=FROZEN_AT)
    forged |= draw(forged, READ_OUT, drawn_at=DRAWN_AT)
    forged = resealed(forged | {"list.xlsx": evidence["list.xlsx"]})
    assert verify(forged) == ()
    assert run_script(write(tmp_path, forged)).returncode == 0
    assert run_script(tmp_path, published).returncode == 1


def test_no_grade_leaves_the_office(evidence: Files) -> None:
    for name in ("list.json", "public.json"):
        text = evidence[name].decode()
        assert not re.search(r'"(grade|stratum|strata|probability|rank|reserve)', text)
        assert not re.search(r"4405\d\d\.[ABCD]", text)


def test_the_same_frame_and_randomness_give_the_same_bytes(frozen: Files, evidence: Files) -> None:
    again = draw(frozen, READ_OUT, drawn_at=DRAWN_AT)
    assert {name: evidence[name] for name in again} == again


def test_inclusion_probabilities_are_two_whole_numbers_for_every_stratum(evidence: Files) -> None:
    record, plan = json.loads(evidence["draw.json"]), json.loads(evidence["plan.json"])
    assert [cell["stratum"] for cell in record["strata"]] == [
        cell["stratum"] for cell in plan["strata"]
    ]
    for cell in record["strata"]:
        assert type(cell["drawn"]) is type(cell["population"]) is int
        assert 0 <= cell["drawn"] <= cell["population"]
        assert cell["drawn"] or not cell["population"]


@pytest.mark.parametrize("name", ["plan.json", "frame.txt", "salt.txt", "commitment.json"])
def test_a_round_whose_root_does_not_match_is_not_drawn(frozen: Files, name: str) -> None:
    changed = frozen | {name: frozen[name].replace(b"5", b"6", 1)}
    assert changed[name] != frozen[name]
    with pytest.raises(ScoringError):
        draw(changed, READ_OUT, drawn_at=DRAWN_AT)


def test_a_root_that_does_not_match_is_told_with_both_values(frozen: Files) -> None:
    document = json.loads(frozen["commitment.json"])
    true_root = document["frame_root"]
    forged = frozen | {"commitment.json": canonical_json({**document, "frame_root": "0" * 64})}
    with pytest.raises(EvidenceError, match=f"frame_root 为 0+，复算为 {true_root}"):
        draw(forged, READ_OUT, drawn_at=DRAWN_AT)


@pytest.mark.parametrize(
    "read_out",
    [
        ReadOut(int(RANDOMNESS), NAME, READ_OUT.at),
        ReadOut(RANDOMNESS[:19], NAME, READ_OUT.at),
        ReadOut(RANDOMNESS, "别的来源", READ_OUT.at),
        ReadOut(RANDOMNESS, NAME, FROZEN_AT),
        ReadOut(RANDOMNESS, NAME, DRAWN_AT + timedelta(minutes=1)),
    ],
)
def test_bad_randomness_draws_nothing(frozen: Files, read_out: ReadOut) -> None:
    with pytest.raises(RandomnessError):
        draw(frozen, read_out, drawn_at=DRAWN_AT)


def test_a_document_in_another_form_is_refused(evidence: Files) -> None:
    compact = json.dumps(json.loads(evidence["draw.json"])).encode()
    (difference,) = verify(resealed(evidence | {"draw.json": compact}))
    assert difference.file == "draw.json"
    assert "规范格式" in difference.zh


def test_the_plan_has_the_hashes_of_its_files(evidence: Files) -> None:
    hashes = json.loads(evidence["plan.json"])["files"]
    assert {"frame.txt", "inspectors.csv", "avoidance.csv", "exclusions.csv"} < set(hashes)
    for name, digest in hashes.items():
        assert hashlib.sha256(evidence[name]).hexdigest() == digest


def test_the_library_is_frozen_without_grades(evidence: Files) -> None:
    table = pq.read_table(pa.BufferReader(evidence["objects.parquet"]))
    assert table.column_names == ["uscc", "name", "address", "area_code"]
    assert table.num_rows == 900
