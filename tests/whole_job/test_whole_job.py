"""From a department's files to a grade, a draw, a sampling list and a credit check."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.archive import open_archive
from features.engine import Engine
from features.intake import list_imports
from models.errors import ChangedFileError
from models.rating.cutoffs import GRADES
from scoring.grader import Grader
from service.measures.computed import PLAN, find_measures
from service.measures.key_supervision import objects_of
from service.pipeline import operations
from tests.whole_job.conftest import LAST_DAY, WholeJob

pytestmark = pytest.mark.slow
UNIDENTIFIED = "模拟_12315无代码投诉.csv"
VERIFIER = Path(__file__).parents[2] / "docs" / "verify_draw.py"


def test_exactly_the_dirty_rows_come_back(whole_job: WholeJob) -> None:
    dirt = json.loads((whole_job.city / "truth" / "dirt.json").read_text("utf-8"))
    rejected = {report.file_name: report.rejected_rows for report in whole_job.outcome.imports}
    assert sum(rejected.values()) > 0
    planted = {name: file["rejected_rows"] for name, file in dirt["files"].items()}
    # Rows that lack a credit code are no mistake: they are waiting to be recognised.
    assert rejected == {UNIDENTIFIED: 0, **planted}


def test_importing_the_same_files_again_changes_nothing(whole_job: WholeJob) -> None:
    before = open_archive(whole_job.settings.archive_dir).build_id
    for item in operations.files_to_import([whole_job.city]):
        assert operations.import_one(item, whole_job.settings).already_imported
    assert operations.rebuild_archive(whole_job.settings).build_id == before
    assert len(list_imports(whole_job.settings.records_dir)) == len(whole_job.outcome.imports)


def test_every_enterprise_has_a_grade_a_basis_and_its_reasons(whole_job: WholeJob) -> None:
    grades = pq.read_table(whole_job.outcome.run.grades_file)
    assert grades.num_rows == whole_job.outcome.run.manifest["enterprises"] > 1_000
    assert set(grades["grade"].unique().to_pylist()) <= set(GRADES)
    assert grades["probability"].null_count == 0
    assert pc.min_max(grades["probability"]).as_py()["max"] <= 1
    assert set(grades["basis"].unique().to_pylist()) <= {
        "model",
        "hysteresis",
        "direct_rule",
        "floor",
    }
    risky = grades.filter(pc.is_in(grades["grade"], pa.array(["C", "D"])))
    assert pc.mean(pc.list_value_length(risky["reasons"])).as_py() > 1


def test_measures_follow_the_run_and_key_supervision_is_proposed(whole_job: WholeJob) -> None:
    settings, run = whole_job.settings, whole_job.outcome.run
    kept = find_measures(settings, run.run_id)
    assert kept is not None
    assert 0 < kept.table(PLAN).num_rows < run.manifest["enterprises"]
    assert {one.state for one in objects_of(settings).values()} == {"proposed"}


def test_direct_determination_stands_above_the_model(whole_job: WholeJob) -> None:
    grades = pq.read_table(whole_job.outcome.run.grades_file)
    revoked = grades.filter(pc.equal(grades["status"], "revoked"))
    assert revoked.num_rows > 0
    assert set(revoked["grade"].to_pylist()) == {"D"}
    assert set(revoked["basis"].to_pylist()) == {"direct_rule"}


def test_reasons_name_records_that_are_in_the_archive(whole_job: WholeJob) -> None:
    grades = pq.read_table(whole_job.outcome.run.grades_file)
    reasons = pc.list_flatten(grades["reasons"]).to_pylist()
    referenced = [reason for reason in reasons if reason["reference"]]
    assert len(referenced) > 100
    assert all(reason["event_on"] <= LAST_DAY for reason in referenced)
    assert all(reason["points"] <= 0 for reason in reasons)


def test_one_enterprise_alone_is_graded_as_in_the_batch(whole_job: WholeJob) -> None:
    settings = whole_job.settings
    batch = pq.read_table(whole_job.outcome.run.grades_file)
    some = batch["enterprise_id"].to_pylist()[:: batch.num_rows // 5]
    with Engine() as engine:
        grader = Grader.prepare(
            engine,
            open_archive(settings.archive_dir),
            operations.champion(settings),
            as_of=LAST_DAY,
            region=settings.region,
        )
        for one in some:
            (alone,) = grader.grade(enterprise_ids=[one]).to_pylist()
            (row,) = batch.filter(pc.equal(batch["enterprise_id"], one)).to_pylist()
            if row["grade"] in "AB":  # the batch tells the reasons of C and D only
                assert row.pop("reasons") == []
                alone.pop("reasons")
            assert alone == row


def test_the_batch_gives_the_same_bytes_twice(whole_job: WholeJob) -> None:
    before = whole_job.outcome.run.manifest["files"]["grades.parquet"]
    afresh = operations.ScoreOptions(afresh=True, publish=False)
    again = operations.score(whole_job.settings, as_of=LAST_DAY, options=afresh)
    assert again.manifest["files"]["grades.parquet"] == before


def test_the_workbook_opens_with_text_codes(whole_job: WholeJob) -> None:
    folder = whole_job.outcome.run.folder / "excel"
    book = openpyxl.load_workbook(min(folder.glob("*.xlsx")), read_only=True)
    assert book.sheetnames == ["说明", "分级结果"]
    rows = book["分级结果"].iter_rows(min_row=1, max_row=2, values_only=True)
    header, first = next(rows), next(rows)
    assert header[0] == "统一社会信用代码"
    assert isinstance(first[0], str)
    assert len(first[0]) == 18


def test_a_model_with_a_changed_byte_is_refused(whole_job: WholeJob) -> None:
    path = operations.champion_folder(whole_job.settings) / "scorecard.json"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"0", b"1", 1))
    try:
        with pytest.raises(ChangedFileError, match=r"scorecard\.json"):
            operations.champion(whole_job.settings)
    finally:
        path.write_bytes(whole)


def test_a_stranger_verifies_the_draw(whole_job: WholeJob) -> None:
    assert whole_job.outcome.differences == 0
    folder = whole_job.outcome.drawn.folder
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_sha256sum_gives_an_enterprises_ticket(whole_job: WholeJob) -> None:
    folder = whole_job.outcome.drawn.folder
    listed = json.loads((folder / "list.json").read_bytes())["objects"][0]
    told = subprocess.run(
        f"printf '%s\\x1f%s' {whole_job.outcome.drawn.record.seed} {listed['uscc']} | sha256sum",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split()[0] == listed["ticket"]
    text = f"{whole_job.outcome.drawn.record.seed}\x1f{listed['uscc']}"
    assert hashlib.sha256(text.encode()).hexdigest() == listed["ticket"]


def test_every_visit_has_two_inspectors_and_nobody_avoided(whole_job: WholeJob) -> None:
    listed = json.loads((whole_job.outcome.drawn.folder / "list.json").read_bytes())["objects"]
    avoided = {
        tuple(line.split(",")[:2])
        for line in (whole_job.city / "staff" / "avoidance.csv")
        .read_text("utf-8-sig")
        .splitlines()[1:]
    }
    for visit in listed:
        team = [person["inspector_id"] for person in visit["inspectors"]]
        assert len(set(team)) >= 2
        assert not {(person, visit["uscc"]) for person in team} & avoided


def test_an_as_of_day_beyond_the_archive_is_refused(whole_job: WholeJob) -> None:
    with pytest.raises(Exception, match="2027") as told:
        operations.score(whole_job.settings, as_of=date(2027, 6, 30))
    assert "--as-of" in str(told.value) or "导入" in str(told.value)


def _run_notebook(name: str, whole_job: WholeJob, *arguments: str) -> str:
    root = VERIFIER.parents[1]
    places = {"XINHENG_HOME": str(whole_job.settings.home), "XINHENG_CITY": str(whole_job.city)}
    done = subprocess.run(
        [sys.executable, str(root / "notebooks" / f"{name}.py"), *arguments],
        env={**os.environ, **places, "PYTHONPATH": "."},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "name", ["reading_a_grade", "how_the_general_card_is_built", "the_simulated_citys_truth"]
)
def test_a_notebook_runs_on_a_finished_job(whole_job: WholeJob, name: str) -> None:
    told = _run_notebook(name, whole_job)
    assert name.startswith("how") or whole_job.outcome.run.run_id in told


def test_a_round_is_estimated_with_its_truth_beside(whole_job: WholeJob, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    told = _run_notebook("a_round_with_its_truth", whole_job, str(whole_job.city), str(page))
    assert whole_job.outcome.round_id in told
    assert "SIMULATED" in told
    # One draw may be unlucky; over many throws of the dice the interval must keep its promise.
    assert float(told.split("coverage ")[1].split()[0]) >= 0.9
    assert "本轮已完成" in page.read_text("utf-8")
