"""The batch: whole or not there, taken up after a kill, the same bytes whatever happened."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.archive import Archive
from features.build import build_matrix
from features.engine import Engine
from features.errors import AsOfError
from features.profile import build_profile
from models.learning.scorecard import add_up
from models.rating.distribution import group_counts
from models.rating.sectors import members_of
from scoring.batch import grade_population
from scoring.errors import NoRoomError
from scoring.exchange import HEADERS
from scoring.grader import Grader
from scoring.grading import GradeInputs, GradingPolicy
from scoring.outputs import ExcelChoice
from scoring.run_folder import Run, UnfinishedRun, read_run
from tests.scoring.small_model import AS_OF, small_archive, small_model

ROOT = Path(__file__).parents[2]
NOW = datetime(2025, 7, 1)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return small_archive(tmp_path_factory.mktemp("batch"))


@pytest.fixture(scope="module")
def shared_engine() -> Iterator[Engine]:
    """One engine for the module: its queries are written out once."""
    with Engine(memory_limit="1GB", threads=1) as opened:
        yield opened


def grade(engine: Engine, archive: Archive, runs_dir: Path, **options: Any) -> Run:
    settings = {"as_of": AS_OF, "region": "440500", "created_at": NOW} | options
    return grade_population(engine, archive, small_model(), runs_dir=runs_dir, **settings)


@pytest.fixture(scope="module")
def undisturbed(
    shared_engine: Engine, archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    return grade(shared_engine, archive, tmp_path_factory.mktemp("undisturbed"))


def contents(run: Run) -> dict[str, str]:
    files = [path for path in sorted(run.folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(run.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.mark.slow
def test_a_killed_batch_goes_on_and_gives_the_same_bytes(
    shared_engine: Engine, archive: Archive, undisturbed: Run, tmp_path: Path
) -> None:
    assert archive.range_count == 10
    # Anywhere: the seed of the moment is not fixed.
    last = int(np.random.default_rng().integers(1, archive.range_count))
    for finished in (0, last):
        kill_after(archive, tmp_path, finished=finished)
        assert not list(tmp_path.glob("[!.]*"))  # nothing that looks finished
    told: list[int] = []
    run = grade(
        shared_engine,
        archive,
        tmp_path,
        progress=lambda step, done, of: told.append(done) if step == "grade" else None,
    )
    assert told[0] >= last  # finished ranges were not graded again
    assert told[-1] == 10
    assert contents(run) == contents(undisturbed)
    assert not list(tmp_path.glob(".*.unfinished"))


def kill_after(archive: Archive, runs_dir: Path, *, finished: int) -> None:
    script = [sys.executable, "-W", "ignore", "-m", "tests.scoring.killed_batch"]
    running = subprocess.Popen(
        [*script, str(archive.folder.parent), str(runs_dir)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert running.stdout is not None
    for line in running.stdout:
        step, done = line.split()
        if step == "grade" and int(done) >= finished:
            break
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL


def test_ranges_side_by_side_give_the_same_bytes(
    archive: Archive, undisturbed: Run, tmp_path: Path
) -> None:
    with Engine(memory_limit="1GB", threads=2) as engine:
        with engine.side_by_side() as engines:
            assert len(engines) == 2
        run = grade(engine, archive, tmp_path)
    assert contents(run) == contents(undisturbed)


def test_a_finished_run_is_not_made_again_but_a_changed_one_is(
    shared_engine: Engine, archive: Archive, undisturbed: Run
) -> None:
    steps: list[str] = []
    again = grade(
        shared_engine,
        archive,
        undisturbed.folder.parent,
        created_at=datetime(2025, 8, 1),
        progress=lambda step, done, of: steps.append(step),
    )
    assert (again.manifest, steps) == (undisturbed.manifest, [])
    before = contents(undisturbed)
    with undisturbed.grades_file.open("r+b") as stream:
        stream.write(b"damage")
    mended = grade(shared_engine, archive, undisturbed.folder.parent)
    assert contents(mended) == before


def test_cut_offs_of_another_model_are_a_stated_fact(
    shared_engine: Engine, archive: Archive, tmp_path: Path
) -> None:
    model = small_model()
    policy = GradingPolicy("R001", model.cut_offs, "C001", cut_offs_model="another")
    run = grade(shared_engine, archive, tmp_path, inputs=GradeInputs(policy=policy))
    assert run.manifest["cut_offs_chosen_on_other_model"] == "another"
    assert run.manifest["policy"]["cut_offs_model"] == "another"
    assert policy.chosen_on_other("another") is None


def test_an_unfinished_run_of_other_inputs_is_cleared(
    shared_engine: Engine, archive: Archive, tmp_path: Path
) -> None:
    other = {
        "as_of": "2025-06-30",
        "model_version": "another",
        "archive_build": archive.build_id,
        "policy": {"version": None},
    }
    left = UnfinishedRun.take_up(tmp_path, other, now=NOW).folder
    assert left.is_dir()
    run = grade(shared_engine, archive, tmp_path, explained="ABCD")
    assert not left.exists()
    assert run.manifest["explained"] == ["A", "B", "C", "D"]


def test_reasons_are_told_of_c_and_d_or_of_all(
    shared_engine: Engine, archive: Archive, undisturbed: Run, tmp_path: Path
) -> None:
    some = pq.read_table(undisturbed.grades_file).to_pylist()
    everybody = pq.read_table(
        grade(shared_engine, archive, tmp_path, explained="ABCD").grades_file
    ).to_pylist()
    assert {row["grade"] for row in some} == set("ABCD")
    assert any(row["reasons"] for row in everybody if row["grade"] == "A")
    assert any(reason["reference"] for row in some for reason in row["reasons"])
    for row, full in zip(some, everybody, strict=True):
        assert row == full | ({} if row["grade"] in "CD" else {"reasons": []})


def test_one_enterprise_alone_is_its_row_in_the_batch(
    shared_engine: Engine, archive: Archive, undisturbed: Run
) -> None:
    rows = pq.read_table(undisturbed.grades_file).to_pylist()
    grader = Grader.prepare(
        shared_engine,
        archive,
        small_model(),
        as_of=AS_OF,
        region="440500",
        folder=undisturbed.folder / "context",
    )
    for row in rows[::40] + [row for row in rows if row["grade"] == "D"][:2]:
        (alone,) = grader.grade(enterprise_ids=[row["enterprise_id"]]).to_pylist()
        assert alone == (row if row["grade"] in "CD" else row | {"reasons": alone["reasons"]})


def test_rating_is_scoring_without_contributions(shared_engine: Engine, archive: Archive) -> None:
    model = small_model()
    matrix = build_matrix(shared_engine, archive, as_of=AS_OF, names=model.names)
    profile = build_profile(shared_engine, archive, as_of=AS_OF)
    rated, scored = model.rate(matrix, profile), model.score(matrix, profile)
    assert (rated.general_log_odds == scored.general_log_odds).all()
    assert (rated.sector == scored.sector).all()
    assert set(rated.sector) == {"general", "food"}
    assert (rated.log_odds == scored.log_odds).all()
    assert (rated.points == scored.points).all()
    assert "address_enterprises" not in model.used_names
    used = matrix.select(model.used_names)
    fewer = model.rate(used, profile)
    assert (fewer.probability == rated.probability).all()
    rows = np.arange(0, matrix.num_rows, 7)
    base, contributions = model.explain(used, fewer, rows=rows)
    assert (contributions == scored.contributions[rows]).all()
    assert (base == scored.base[rows]).all()
    assert (add_up(base, contributions) == rated.log_odds[rows]).all()


def test_the_manifest_counts_and_hashes(undisturbed: Run) -> None:
    manifest, rows = undisturbed.manifest, pq.read_table(undisturbed.grades_file)
    assert sum(manifest["grades"].values()) == manifest["enterprises"] == rows.num_rows
    assert json.loads((undisturbed.folder / "manifest.json").read_bytes()) == manifest
    told = rows.schema.field("statutory").type.value_type
    assert told.field("zh").type == pa.string()  # whoever reads the file finds plain texts
    found = contents(undisturbed)
    assert all(found[name] == digest for name, digest in manifest["files"].items())
    counted = pq.read_table(undisturbed.folder / "distribution.parquet")
    assert counted.schema == pa.schema(
        [("name", pa.string()), ("bin", pa.int32()), ("rows", pa.int64())]
    )
    groups = group_counts(counted)
    assert {int(one.sum()) for one in groups["general"].values()} == {rows.num_rows}
    for sector, members in members_of(rows["sectors"]).items():
        assert {int(one.sum()) for one in groups[sector].values()} == {int(members.sum())}


def test_the_exchange_file_has_everybody_and_nothing_it_should_not(undisturbed: Run) -> None:
    path = undisturbed.folder / "exchange.csv"
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    listed = path.with_name("exchange.csv.sha256").read_text().split()
    assert listed == [hashlib.sha256(content).hexdigest(), "exchange.csv"]
    rows = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    graded = pq.read_table(undisturbed.grades_file).to_pylist()
    assert tuple(rows[0]) == HEADERS
    assert [row[0] for row in rows[1:]] == [row["enterprise_id"] for row in graded]
    assert [row[9] for row in rows[1:]] == [row["grade"] for row in graded]
    assert {row[13] for row in rows[1:]} == {undisturbed.run_id}


def test_excel_files_hold_their_area(undisturbed: Run) -> None:
    graded = pq.read_table(undisturbed.grades_file).to_pylist()
    found: list[str] = []
    for path in (undisturbed.folder / "excel").glob("*.xlsx"):
        sheet = openpyxl.load_workbook(path, read_only=True)["分级结果"]
        ids = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
        area = None if path.stem == "unknown" else path.stem
        assert ids == [row["enterprise_id"] for row in graded if row["area_code"] == area]
        found += ids
    assert sorted(found) == sorted(row["enterprise_id"] for row in graded)


def test_excel_is_left_out_for_a_province() -> None:
    choice = ExcelChoice()
    assert choice.for_population(200_000) == set("ABCD")
    assert choice.for_population(1_000_000) == set("CD")
    assert choice.for_population(18_000_000) == set()
    assert ExcelChoice(areas=frozenset(["440507"])).for_population(18_000_000) == set("ABCD")


def test_a_day_beyond_the_archive_leaves_nothing(
    shared_engine: Engine, archive: Archive, tmp_path: Path
) -> None:
    with pytest.raises(AsOfError):
        grade(shared_engine, archive, tmp_path, as_of=date(2029, 1, 1))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_run_goes_on_later(archive: Archive, tmp_path: Path) -> None:
    script = (
        "import resource, signal, runpy, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))\n"
        f"sys.argv = ['x', {str(archive.folder.parent)!r}, {str(tmp_path)!r}]\n"
        "runpy.run_module('tests.scoring.killed_batch', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert NoRoomError.__name__ in done.stderr
    assert "磁盘空间不足" in done.stderr
    assert not list(tmp_path.glob("[!.]*"))
    assert list(tmp_path.glob(".*.unfinished/ranges/*.arrow"))


def test_a_run_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_run(tmp_path) is None
