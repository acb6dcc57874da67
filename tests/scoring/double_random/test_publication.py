"""What is published proves the draw and gives no grade away."""

import csv
import hashlib
import io
import json
import re
import subprocess
from pathlib import Path

import pytest

from scoring.double_random import GradedLibrary, HandedIn, ReadOut, draw, freeze, make_plan
from scoring.double_random.commitment import Proof, frame_proofs, frame_root, root_of_proof
from scoring.double_random.frame import build_frame
from scoring.double_random.publication import make_pack, open_row
from scoring.double_random.randomness import read_instant
from scoring.double_random.rules import DrawRules
from scoring.errors import EvidenceError

from .conftest import DRAWN_AT, FROZEN_AT, NAME, RANDOMNESS, make_wishes

KEY = "5a" * 32
READ_OUT = ReadOut(RANDOMNESS, NAME, read_instant("2026-11-30T21:15"))


@pytest.fixture(scope="module")
def files(library: GradedLibrary, handed_in: HandedIn, rules: DrawRules) -> dict[str, bytes]:
    planned = dict(make_plan(library, handed_in, wishes=make_wishes(), rules=rules).files)
    frozen = planned | freeze(planned, salt_key=KEY, frozen_at=FROZEN_AT)
    return frozen | draw(frozen, READ_OUT, drawn_at=DRAWN_AT)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 100, 129])
def test_every_proof_leads_to_the_root_and_a_foreign_leaf_does_not(size: int) -> None:
    frame = build_frame([f"91{n:04d}" for n in range(size)], ["440507.A.due"] * size)
    root = frame_root(frame, salt_key=KEY)
    for proof in frame_proofs(frame, range(size), salt_key=KEY):
        assert root_of_proof(proof) == root
        assert root_of_proof(Proof(proof.index, "0" * 64, proof.path)) != root


@pytest.mark.parametrize("guarded", [False, True])
def test_no_grade_stands_in_any_file_of_the_pack(files: dict[str, bytes], guarded: bool) -> None:
    pack = make_pack(files, guarded=guarded)
    salt = files["salt.txt"].decode().strip()
    grades = set(re.findall(r"\x1f(\S+)", files["frame.txt"].decode()))
    for name, content in pack.items():
        text = content.decode()
        assert not re.search(r'"(grade|stratum|strata|rank|reserve|probability|salt)', text), name
        assert not [grade for grade in grades if grade in text], name
        assert salt not in text, name
        assert "检查员" not in text, name


def test_a_guarded_pack_lets_nobody_compute_a_ticket(files: dict[str, bytes]) -> None:
    pack = make_pack(files, guarded=True)
    together = b"".join(pack.values()).decode()
    public = json.loads(files["public.json"])
    assert public["seed"] not in together
    assert public["plan_hash"] not in together
    assert "commitment.json" not in pack
    assert "commitment.json" not in together
    closed = json.loads(pack["public.json"])
    assert closed["seed"] == {"sha256": hashlib.sha256(public["seed"].encode()).hexdigest()}
    assert closed["drawn"] == public["drawn"]


def test_the_pack_proves_every_drawn_enterprise(files: dict[str, bytes]) -> None:
    pack = make_pack(files)
    proofs = json.loads(pack["proofs.json"])
    rows = list(csv.DictReader(io.StringIO(pack["drawn.csv"].decode())))
    drawn = [line for line in files["selected.csv"].decode().splitlines() if ",drawn," in line]
    assert {row["uscc"] for row in rows} == {line.split(",")[0] for line in drawn}
    assert {entry["uscc"] for entry in proofs["proofs"]} == {row["uscc"] for row in rows}
    seed = json.loads(files["draw.json"])["seed"]
    for row in rows:
        text = f"{seed}\x1f{row['uscc']}".encode()
        assert row["ticket"] == hashlib.sha256(text).hexdigest()
    for entry in proofs["proofs"]:
        proof = Proof(entry["index"], entry["leaf"], tuple(entry["path"]))
        assert root_of_proof(proof) == json.loads(files["commitment.json"])["frame_root"]


def test_sha256sum_accepts_the_pack_and_its_seed(files: dict[str, bytes], tmp_path: Path) -> None:
    for name, content in make_pack(files).items():
        (tmp_path / name).write_bytes(content)
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)
    readme = (tmp_path / "README.txt").read_text(encoding="utf-8")
    command = re.search(r"    (printf 'xinheng.*?sha256sum)", readme, re.DOTALL)
    assert command
    done = subprocess.run(["bash", "-c", command[1]], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == json.loads(files["draw.json"])["seed"]


def test_an_opening_is_what_the_leaf_was_made_of(files: dict[str, bytes]) -> None:
    uscc = files["frame.txt"].decode().split("\x1f")[0]
    opened = open_row(files, uscc)
    row = f"{opened['salt']}{uscc}\x1f{opened['stratum']}".encode()
    assert hashlib.sha256(b"\x00" + row).hexdigest() == opened["leaf"]
    proof = Proof(opened["index"], opened["leaf"], tuple(opened["path"]))
    assert root_of_proof(proof) == opened["frame_root"]
    with pytest.raises(EvidenceError, match="没有企业 91NOBODY"):
        open_row(files, "91NOBODY")


def test_a_round_that_is_not_drawn_has_no_pack(files: dict[str, bytes]) -> None:
    rest = {name: content for name, content in files.items() if name != "public.json"}
    with pytest.raises(EvidenceError, match="尚未抽取"):
        make_pack(rest)


def test_the_shell_lines_of_the_citizens_page_follow_a_proof(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    page = (Path(__file__).parents[3] / "docs" / "check_a_draw.md").read_text(encoding="utf-8")
    lines = next(text for text in re.findall(r"```\n(.*?)```", page, re.DOTALL) if "LEAF" in text)
    proofs = json.loads(make_pack(files)["proofs.json"])
    entry = proofs["proofs"][3]
    (tmp_path / "path.txt").write_text("".join(f"{step}\n" for step in entry["path"]))
    done = subprocess.run(
        ["bash", "-c", lines],
        cwd=tmp_path,
        env={"LEAF": entry["leaf"], "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == proofs["frame_root"]
