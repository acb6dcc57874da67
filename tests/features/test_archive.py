"""The archive: ranges, versions, what was known when, damage, killed builds."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.archive import Archive, build_archive, open_archive, read_enterprise
from features.catalogue import arrow_schema, record_kinds
from features.engine import Engine
from features.errors import ArchiveDamagedError, ArchiveMissingError
from features.identifiers import uscc_with_check
from features.intake import Mapping, undo_import
from tests.features.departments import (
    GOOD,
    ROW,
    bring_in,
    instant,
    penalty_source,
    save_mapping,
    write_csv,
)


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    return save_mapping(tmp_path, penalty_source())


def ledger_row(**cells: str) -> list[str]:
    names = ("id", "no", "on", "known", "fine", "kinds", "matter")
    return [cells.get(name, value) for name, value in zip(names, ROW, strict=True)]


def build(engine: Engine, folder: Path, **changes: Any) -> Archive:
    return build_archive(
        engine, records_dir=folder / "records", archive_dir=folder / "archive", **changes
    )


def many(count: int) -> list[list[str]]:
    """A ledger of as many enterprises, in an order that is not theirs."""
    codes = [uscc_with_check(f"91440500MA4T{number:05d}") for number in range(count)]
    return [ledger_row(id=codes[(7 * n) % count], no=str(n)) for n in range(count)]


def test_ranges_hold_every_enterprise_once_and_sorted(
    tmp_path: Path, mapping: Mapping, engine: Engine
) -> None:
    bring_in(write_csv(tmp_path / "处罚.csv", many(25)), mapping)
    seen: list[tuple[int, int]] = []
    archive = build(engine, tmp_path, range_size=10, progress=lambda *done: seen.append(done))
    assert (archive.range_count, archive.enterprises, archive.rows) == (3, 25, {"penalty": 25})
    assert seen == [(1, 3), (2, 3), (3, 3)]
    parts = [
        engine.to_arrow(archive.table(engine, "penalty", range_no=number))["enterprise_id"]
        for number in range(3)
    ]
    ids = [value for part in parts for value in part.to_pylist()]
    assert [len(part) for part in parts] == [10, 10, 5]
    assert ids == sorted(row[0] for row in many(25))
    for number, part in enumerate(parts):
        assert {archive.range_of(value) for value in part.to_pylist()} == {number}
    assert archive.latest_known_at == instant("2024-01-08T16:00")


@pytest.mark.parametrize("kind", ["penalty", "licence"])
def test_tables_have_every_column_even_without_records(
    tmp_path: Path, mapping: Mapping, engine: Engine, kind: str
) -> None:
    bring_in(write_csv(tmp_path / "处罚.csv", [ROW]), mapping)
    archive = build(engine, tmp_path)
    for range_no in (None, 0):
        table = engine.to_arrow(archive.table(engine, kind, range_no=range_no))
        assert table.schema.names == arrow_schema(kind).names
        assert [field.type for field in table.schema] == [
            field.type for field in arrow_schema(kind)
        ]


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Archive]]:
    """Decisions that came in more than once, each in its own way."""
    folder = tmp_path_factory.mktemp("corrected")
    mapping = save_mapping(folder, penalty_source())
    january, march = "2024-01-09", "2024-03-01"
    files = {
        "2024-06-01T02:00": [
            ledger_row(no="again", known=january),
            ledger_row(no="new day", known=january),
            ledger_row(no="old day", known=january),
            ledger_row(no="old file", known=march, fine="2"),
        ],
        "2024-08-01T02:00": [
            ledger_row(no="again", known=january),
            ledger_row(no="new day", known=march, fine="2"),
            ledger_row(no="old day", known=january, fine="2"),
            ledger_row(no="old file", known=january),
        ],
    }
    for received, rows in files.items():
        path = write_csv(folder / "处罚.csv", rows)
        bring_in(path, mapping, received_at=instant(received))
    with Engine() as engine:
        yield engine, build(engine, folder)


def versions_of(corrected: tuple[Engine, Archive], no: str) -> list[dict[str, Any]]:
    engine, archive = corrected
    rows = engine.to_arrow(archive.table(engine, "penalty")).to_pylist()
    return [row for row in rows if row["decision_no"] == no]


def fine_on(corrected: tuple[Engine, Archive], day: str, *, no: str) -> Decimal | None:
    _, archive = corrected
    rows = read_enterprise(archive, GOOD, as_of=date.fromisoformat(day))["warning"]
    found = [row["fine_cny"] for row in rows if row["decision_no"] == no]
    assert len(found) <= 1
    return found[0] if found else None


def test_a_record_sent_again_is_one_record_known_at_its_first_time(
    corrected: tuple[Engine, Archive],
) -> None:
    (row,) = versions_of(corrected, "again")
    assert row["known_at"] == instant("2024-01-08T16:00")
    assert row["superseded_at"] is None


def test_a_correction_counts_from_the_day_it_was_known(corrected: tuple[Engine, Archive]) -> None:
    assert fine_on(corrected, "2024-01-08", no="new day") is None
    assert fine_on(corrected, "2024-01-09", no="new day") == 15000
    assert fine_on(corrected, "2024-02-29", no="new day") == 15000
    assert fine_on(corrected, "2024-03-01", no="new day") == 20000


def test_a_ledger_corrected_without_a_new_day_is_known_when_it_was_received(
    corrected: tuple[Engine, Archive],
) -> None:
    assert fine_on(corrected, "2024-07-31", no="old day") == 15000
    assert fine_on(corrected, "2024-08-01", no="old day") == 20000
    both = versions_of(corrected, "old day")
    assert len(both) == 2
    assert len({row["record_id"] for row in both}) == 1


def test_an_old_file_loaded_late_does_not_undo_a_correction(
    corrected: tuple[Engine, Archive],
) -> None:
    assert fine_on(corrected, "2024-02-01", no="old file") == 15000
    assert fine_on(corrected, "2024-09-01", no="old file") == 20000


Version = tuple[datetime, datetime, int, str]  # known, received, row, fine


def expected_fine(versions: list[Version], day: date) -> list[Decimal]:
    """The rule of versions, one record at a time, in plain Python."""
    limit = datetime.combine(day + timedelta(days=1), datetime.min.time()) - timedelta(hours=8)
    visible: list[Decimal] = []
    before: Version | None = None
    for version in sorted(versions):
        known, received, _, fine = version
        effective = known if before is None or known > before[0] else max(known, received)
        if (before is None or fine != before[3]) and effective < limit:
            visible = [Decimal(fine) * 10000]
        before = version
    return visible


@pytest.mark.slow
def test_any_order_of_corrections_shows_exactly_one_version(
    tmp_path: Path, mapping: Mapping, engine: Engine
) -> None:
    rng = np.random.default_rng(7)
    histories: dict[str, list[Version]] = {str(number): [] for number in range(120)}
    for file in range(3):
        received = instant(f"2024-0{6 + int(rng.integers(0, 4))}-0{1 + file}T02:00")
        rows = []
        for place in range(200):
            no, fine = str(rng.integers(0, 120)), str(rng.integers(1, 3))
            known = date(2024, 1, 9) + timedelta(days=int(rng.integers(0, 6)) * 20)
            rows.append(ledger_row(no=no, fine=fine, known=known.isoformat()))
            known_at = datetime.combine(known, datetime.min.time()) - timedelta(hours=8)
            histories[no].append((known_at, received, place + 2, fine))
        bring_in(write_csv(tmp_path / "处罚.csv", rows), mapping, received_at=received)
    archive = build(engine, tmp_path)
    for day in (date(2024, 1, 8), date(2024, 2, 20), date(2024, 7, 1), date(2024, 12, 1)):
        rows_seen = read_enterprise(archive, GOOD, as_of=day)["warning"]
        seen = {row["decision_no"]: row["fine_cny"] for row in rows_seen}
        assert len(seen) == len(rows_seen)
        expected = {no: expected_fine(history, day) for no, history in histories.items()}
        assert seen == {no: fines[0] for no, fines in expected.items() if fines}


def test_an_enterprise_by_section_newest_first(
    tmp_path: Path, mapping: Mapping, engine: Engine
) -> None:
    rows = [ledger_row(no=str(day), on=f"2024-01-0{day}") for day in (3, 1, 2)]
    bring_in(write_csv(tmp_path / "处罚.csv", rows), mapping)
    archive = build(engine, tmp_path)
    sections = read_enterprise(archive, GOOD, as_of=date(2024, 5, 1))
    assert list(sections) == ["basic", "operating", "good", "warning"]
    assert [row["decision_no"] for row in sections["warning"]] == ["3", "2", "1"]
    assert sections["warning"][0]["kind"] == "penalty"
    nobody = read_enterprise(archive, "nobody", as_of=date(2024, 5, 1))
    assert nobody == {"basic": [], "operating": [], "good": [], "warning": []}


def test_nothing_to_build_or_to_open(tmp_path: Path, mapping: Mapping, engine: Engine) -> None:
    with pytest.raises(ArchiveMissingError, match="xinheng import"):
        build(engine, tmp_path)
    with pytest.raises(ArchiveMissingError, match="xinheng archive"):
        open_archive(tmp_path / "archive")
    bring_in(write_csv(tmp_path / "处罚.csv", [["x", *ROW[1:]]]), mapping)  # all rejected
    with pytest.raises(ArchiveMissingError):
        build(engine, tmp_path)


def test_same_imports_same_build(tmp_path: Path, mapping: Mapping, engine: Engine) -> None:
    bring_in(write_csv(tmp_path / "处罚.csv", many(5)), mapping)
    first = build(engine, tmp_path, range_size=3)
    changed = [path.stat().st_mtime_ns for path in sorted(first.folder.rglob("*.parquet"))]
    assert build(engine, tmp_path, range_size=3) == first == open_archive(tmp_path / "archive")
    assert [p.stat().st_mtime_ns for p in sorted(first.folder.rglob("*.parquet"))] == changed
    assert build(engine, tmp_path, range_size=4).build_id != first.build_id


def test_the_archive_follows_imports_and_their_undoing(
    tmp_path: Path, mapping: Mapping, engine: Engine
) -> None:
    bring_in(write_csv(tmp_path / "处罚.csv", [ROW]), mapping)
    first = build(engine, tmp_path)
    added = bring_in(write_csv(tmp_path / "处罚.csv", [ledger_row(no="2")]), mapping)
    second = build(engine, tmp_path)
    assert (open_archive(tmp_path / "archive").build_id, second.rows) == (
        second.build_id,
        {"penalty": 2},
    )
    assert second.imports != first.imports
    assert first.folder.is_dir()  # a reader of the build before is not disturbed
    undo_import(added.import_id, records_dir=tmp_path / "records")
    assert build(engine, tmp_path).build_id == first.build_id
    bring_in(write_csv(tmp_path / "处罚.csv", [ledger_row(no="3")]), mapping)
    third = build(engine, tmp_path)
    kept = {path.parent.name for path in (tmp_path / "archive").glob("*/manifest.json")}
    assert len(kept) == 2
    assert third.build_id in kept


def test_damage_is_found_and_named(tmp_path: Path, mapping: Mapping, engine: Engine) -> None:
    bring_in(write_csv(tmp_path / "处罚.csv", many(5)), mapping)
    archive = build(engine, tmp_path, range_size=3)
    archive.verify()
    path = archive.folder / "range-0001" / "penalty.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    with pytest.raises(ArchiveDamagedError, match=r"range-0001/penalty\.parquet"):
        archive.verify()
    path.unlink()
    with pytest.raises(ArchiveDamagedError, match="不见了"):
        archive.verify()
    with pytest.raises(ArchiveDamagedError, match=r"range-0001/penalty\.parquet"):
        archive.table(engine, "penalty")
    (archive.folder / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ArchiveDamagedError, match="清单缺失或损坏"):
        open_archive(tmp_path / "archive")


_KILLED = """
import os, sys
from pathlib import Path
from features.archive import build_archive
from features.engine import Engine
folder = Path(sys.argv[1])
with Engine() as engine:
    build_archive(engine, records_dir=folder / "records", archive_dir=folder / "archive",
                  range_size=10, progress=lambda done, total: done == 2 and os._exit(9))
"""


@pytest.mark.slow
def test_a_killed_build_leaves_the_one_before_and_goes_on_at_its_range(
    tmp_path: Path, mapping: Mapping, engine: Engine
) -> None:
    bring_in(write_csv(tmp_path / "处罚.csv", [ROW]), mapping)
    before = build(engine, tmp_path, range_size=10)
    bring_in(write_csv(tmp_path / "处罚.csv", many(25)), mapping)
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False)
    assert killed.returncode == 9
    assert open_archive(tmp_path / "archive") == before
    (stage,) = (tmp_path / "archive").glob(".building-*")
    written = {p: p.stat().st_ino for p in stage.glob("range-*/penalty.parquet")}
    assert len(written) == 2
    archive = build(engine, tmp_path, range_size=10)
    archive.verify()
    assert archive.rows == {"penalty": 26}
    for path, inode in written.items():
        assert (archive.folder / path.relative_to(stage)).stat().st_ino == inode
    assert not list((tmp_path / "archive").glob(".building-*"))


def test_the_manifest_names_what_went_in(tmp_path: Path, mapping: Mapping, engine: Engine) -> None:
    report = bring_in(write_csv(tmp_path / "处罚.csv", many(5)), mapping)
    archive = build(engine, tmp_path, range_size=3)
    manifest = json.loads((archive.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["imports"] == [report.import_id]
    assert manifest["range_size"] == 3
    assert set(manifest["files"]) == {
        f"range-000{n}/{name}.parquet" for n in (0, 1) for name in ("enterprises", "penalty")
    }
    assert set(manifest["rows"]) <= set(record_kinds())
