"""The same file twice, a killed import, an import taken back."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from features.errors import SourceFileError, UnknownImportError
from features.intake import Mapping, list_imports, read_report, undo_import
from tests.features.departments import (
    GOOD,
    OTHER,
    ROW,
    bring_in,
    penalty_rule,
    penalty_source,
    records_of,
    save_mapping,
    write_csv,
)


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    return save_mapping(tmp_path, penalty_source())


def state_of(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file below a folder with the time of its last change and its hash."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_the_same_file_twice_changes_nothing_and_says_so(tmp_path: Path, mapping: Mapping) -> None:
    path = write_csv(tmp_path / "处罚.csv", [ROW, ["x", *ROW[1:]]])
    first = bring_in(path, mapping)
    before = state_of(tmp_path / "records")
    renamed = path.rename(tmp_path / "处罚 2.csv")
    second = bring_in(renamed, mapping)
    assert state_of(tmp_path / "records") == before
    assert second.already_imported
    assert not first.already_imported
    assert second.import_id == first.import_id
    assert second.reject_file == first.reject_file
    assert "未作任何改动" in second.describe().zh
    assert "nothing was changed" in second.describe().en


def test_a_report_is_kept_with_the_records(tmp_path: Path, mapping: Mapping) -> None:
    report = bring_in(write_csv(tmp_path / "处罚.csv", [ROW]), mapping)
    assert read_report(tmp_path / "records" / report.import_id) == report
    assert "共 1 行：记录 penalty 1；退回 0 行，跳过 0 行" in report.describe().zh


def test_another_version_of_the_mapping_imports_again_and_warns(
    tmp_path: Path, mapping: Mapping
) -> None:
    path = write_csv(tmp_path / "处罚.csv", [ROW])
    first = bring_in(path, mapping)
    rule = penalty_rule(violation={"column": "种类"})
    second = bring_in(path, save_mapping(tmp_path, penalty_source(records=[rule])))
    assert second.import_id != first.import_id
    assert first.import_id in second.warnings[0].zh
    assert [r.import_id for r in list_imports(tmp_path / "records")] == sorted(
        [first.import_id, second.import_id]
    )


def test_an_import_is_taken_back(tmp_path: Path, mapping: Mapping) -> None:
    records = tmp_path / "records"
    kept = bring_in(write_csv(tmp_path / "处罚.csv", [ROW]), mapping)
    path = write_csv(tmp_path / "处罚 2.csv", [[OTHER, *ROW[1:]]])
    undone = bring_in(path, mapping)
    assert undo_import(undone.import_id, records_dir=records).import_id == undone.import_id
    assert [report.import_id for report in list_imports(records)] == [kept.import_id]
    with pytest.raises(UnknownImportError, match=undone.import_id):
        undo_import(undone.import_id, records_dir=records)
    assert not bring_in(path, mapping).already_imported


def test_undo_does_not_leave_the_records(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UnknownImportError):
        undo_import("..", records_dir=tmp_path / "records")
    with pytest.raises(UnknownImportError):
        undo_import("../..", records_dir=tmp_path / "records")
    assert (tmp_path / "manifest.json").exists()


_KILLED = """
import os, sys
from pathlib import Path
from tests.features.departments import bring_in
from features.intake import load_mapping
folder = Path(sys.argv[1])
bring_in(folder / "处罚.csv", load_mapping(folder / "test_penalties.yaml"),
         progress=lambda done, total: os._exit(9))
"""


@pytest.mark.slow
def test_a_killed_import_leaves_nothing_and_runs_again(tmp_path: Path, mapping: Mapping) -> None:
    path = write_csv(tmp_path / "处罚.csv", [ROW, ["x", *ROW[1:]]])
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False)
    assert killed.returncode == 9
    assert list(tmp_path.glob("records/.importing-*"))
    assert list_imports(tmp_path / "records") == []
    report = bring_in(path, mapping)
    assert report.accepted == {"penalty": 1}
    assert not list(tmp_path.glob("records/.importing-*"))


def test_an_error_half_way_leaves_nothing(tmp_path: Path, mapping: Mapping) -> None:
    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    progress: Callable[[int, int | None], None] = stop
    with pytest.raises(KeyboardInterrupt):
        bring_in(write_csv(tmp_path / "处罚.csv", [ROW]), mapping, progress=progress)
    assert [path.name for path in (tmp_path / "records").iterdir()] == [".lock"]


def test_identity_of_a_record(tmp_path: Path, mapping: Mapping) -> None:
    rows = [ROW, [OTHER, *ROW[1:]], [*ROW[:4], "9", *ROW[5:]]]
    report = bring_in(write_csv(tmp_path / "处罚.csv", rows), mapping)
    first, other, repeated = records_of(report, tmp_path)
    text = "\x1f".join(["penalty", "test_penalties", GOOD, "粤〔2024〕1号"])
    assert first["record_id"] == hashlib.sha256(text.encode()).hexdigest()[:32]
    assert other["record_id"] != first["record_id"] == repeated["record_id"]
    assert report.duplicates == 1


def test_identity_counts_days_and_empty_fields(tmp_path: Path) -> None:
    rule = {
        "kind": "registration",
        "enterprise_id": {"column": "统一社会信用代码"},
        "event_on": {"column": "决定日期"},
        "fields": {
            "event": {"constant": "change"},
            "status": {"constant": "active"},
            "name": {"column": "文号"},
        },
    }
    ignored = ["归集日期", "罚款（万元）", "种类", "领域"]
    mapping = save_mapping(tmp_path, penalty_source(records=[rule], ignore=ignored))
    report = bring_in(write_csv(tmp_path / "处罚.csv", [ROW]), mapping)
    key = ["change", "2024-01-05", "active", "粤〔2024〕1号", ""]
    text = "\x1f".join(["registration", "test_penalties", GOOD, *key])
    (record,) = records_of(report, tmp_path, "registration")
    assert record["record_id"] == hashlib.sha256(text.encode()).hexdigest()[:32]


def test_persons_need_a_key_of_the_office(tmp_path: Path) -> None:
    rule = penalty_rule(violation={"column": "文号", "hash": "person"})
    mapping = save_mapping(tmp_path, penalty_source(records=[rule]))
    path = write_csv(tmp_path / "处罚.csv", [ROW])
    with pytest.raises(SourceFileError, match="密钥"):
        bring_in(path, mapping, person_key=b"short")
