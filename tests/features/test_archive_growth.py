"""A build that goes on from the one before holds what a build of everything would hold."""

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.archive import Archive, build_archive, open_archive, view_enterprise
from features.archive import range as archive_range
from features.archive.files import ENTERPRISES
from features.build import build_context, build_matrix, follow_context
from features.catalogue import ENTERPRISE_NO, SEQUENCE
from features.engine import Engine
from features.errors import ArchiveDamagedError
from features.identity.deciding import Office, Signature, Verdict, decide
from features.intake import undo_import
from tests.features.random_records import random_tables, table_of, write_import

RANGE = 60
DAY = date(2025, 6, 30)


def bring(folder: Path, *imports: dict[str, pa.Table], first: int = 0) -> None:
    for number, tables in enumerate(imports, start=first):
        write_import(folder / "records" / f"import{number}", tables, number)


def build(engine: Engine, folder: Path, name: str = "archive", **more: Any) -> Archive:
    return build_archive(
        engine,
        records_dir=folder / "records",
        archive_dir=folder / name,
        range_size=more.pop("range_size", RANGE),
        keep_builds=9,
        **more,
    )


def contents(archive: Archive, engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every kind, without the numbers of enterprises."""
    found = {}
    for kind in archive.rows:
        rows = engine.to_arrow(archive.table(engine, kind).drop(ENTERPRISE_NO))
        found[kind] = sorted(
            rows.to_pylist(),
            key=lambda row: (row["enterprise_id"], row["record_id"], row[SEQUENCE]),
        )
    return found


def penalty(enterprise_id: str, number: str, day: str = "2025-03-01", **more: Any) -> pa.Table:
    row = {
        "enterprise_id": enterprise_id,
        "record_id": f"penalty-{number}",
        "decision_no": number,
        "event_on": day,
        "matter": "food",
    }
    return {"penalty": table_of("penalty", {**row, **more})}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a large archive, most kinds of a range lie in several files."""
    monkeypatch.setattr(archive_range, "PIECE_ROWS", 25)


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    every = random_tables(enterprises=200, records=2500, seed=7)
    kinds = ("registration", "penalty", "inspection", "finding", "honour", "list_entry")
    return {kind: every[kind] for kind in kinds}


def test_months_of_imports_give_what_one_build_gives(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table]
) -> None:
    thirds = [
        {kind: table.slice(n * len(table) // 3, len(table) // 3) for kind, table in tables.items()}
        for n in range(3)
    ]
    for number, third in enumerate(thirds):
        bring(tmp_path, third, first=number)
        grown = build(engine, tmp_path)
        grown.verify()
    whole = build(engine, tmp_path, "whole", range_size=75)
    assert grown.based_on is not None
    assert whole.based_on is None
    assert grown.range_count > 1
    assert (grown.enterprises, grown.rows, grown.latest_known_at) == (
        whole.enterprises,
        whole.rows,
        whole.latest_known_at,
    )
    assert contents(grown, engine) == contents(whole, engine)


def test_only_the_touched_files_are_written(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table]
) -> None:
    bring(tmp_path, tables)
    before = build(engine, tmp_path)
    someone = before.boundaries[0]  # the first of the second range
    bring(tmp_path, penalty(someone, "新1"), first=1)
    after = build(engine, tmp_path)
    assert len(before.pieces("penalty", 1)) > 1
    assert written_since(before, after) == {"range-0001/penalty.parquet", "changed.parquet"}
    assert after.changed_file is not None
    assert pq.read_table(after.changed_file)["enterprise_id"].to_pylist() == [someone]
    assert after.boundaries == before.boundaries


def written_since(before: Archive, after: Archive) -> set[str]:
    return {
        name
        for name in after.files
        if name not in before.files or not (after.folder / name).samefile(before.folder / name)
        if name.endswith(".parquet") and not name.endswith(ENTERPRISES)
    }


def test_an_enterprise_is_found_in_one_file_of_a_kind(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table]
) -> None:
    bring(tmp_path, tables)
    before = build(engine, tmp_path)
    *_, last = names = before.pieces("penalty", 1)
    someone = before.starts[last]
    bring(tmp_path, penalty(someone, "新5"), first=1)
    after = build(engine, tmp_path)
    assert written_since(before, after) == {last, "changed.parquet"}
    assert after.starts == before.starts
    seen: set[str] = set()
    for name in names:
        theirs = set(pq.read_table(after.folder / name)["enterprise_id"].to_pylist())
        assert not seen & theirs  # cut between enterprises
        assert all(after.pieces("penalty", 1, [one]) == (name,) for one in theirs)
        seen |= theirs
    view = view_enterprise(after, someone, as_of=DAY)
    assert "新5" in {row.get("decision_no") for row in view.sections["warning"]}


def test_an_enterprise_of_very_many_records_stays_in_one_file(
    tmp_path: Path, engine: Engine
) -> None:
    rows = [penalty("B", f"b{n}")["penalty"] for n in range(80)]
    rows += [penalty(f"{who}{n}", f"{who}{n}")["penalty"] for who in "AC" for n in range(30)]
    bring(tmp_path, {"penalty": pa.concat_tables(rows)})
    archive = build(engine, tmp_path, range_size=1000)
    held = [pq.read_table(archive.folder / name) for name in archive.pieces("penalty", 0)]
    assert [table.num_rows for table in held] == [25, 5, 80, 25, 5]
    assert archive.rows == {"penalty": 140}


def test_a_build_that_was_taken_away_does_not_matter_to_the_next(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table]
) -> None:
    bring(tmp_path, tables)
    before = build(engine, tmp_path)
    asked: dict[str, Any] = {"as_of": DAY, "enterprise_ids": [before.boundaries[0]]}
    names = ["penalties_12m", "inspections_12m"]
    seen = build_matrix(engine, before, names=names, **asked)
    bring(tmp_path, penalty(before.boundaries[0], "新6"), first=1)
    after = build(engine, tmp_path)
    shutil.rmtree(before.folder)
    then = build_matrix(engine, after, names=names, **asked)
    assert then["penalties_12m"][0].as_py() == seen["penalties_12m"][0].as_py() + 1
    assert then["inspections_12m"] == seen["inspections_12m"]


def test_a_newcomer_is_numbered_after_the_others(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table]
) -> None:
    bring(tmp_path, tables)
    before = build(engine, tmp_path)
    bring(tmp_path, penalty("E0000000a", "新2"), first=1)
    after = build(engine, tmp_path)
    old, new = (
        dict(
            zip(
                *[
                    pq.read_table(archive.enterprise_files[0])[name].to_pylist()
                    for name in ("enterprise_id", ENTERPRISE_NO)
                ],
                strict=True,
            )
        )
        for archive in (before, after)
    )
    assert new.pop("E0000000a") == max(old.values()) + 1
    assert new == old
    assert after.kinds_of(["E0000000a"]) == {"penalty"}
    assert after.kinds_of(["nobody"]) == frozenset()


def test_the_first_record_of_a_kind_leaves_the_kinds_of_all_others_right(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table]
) -> None:
    few = {kind: tables[kind] for kind in ("registration", "penalty", "list_entry")}
    bring(tmp_path, few)
    before = build(engine, tmp_path)
    ids = [pq.read_table(path)["enterprise_id"].to_pylist() for path in before.enterprise_files]
    one = tables["honour"].slice(0, 1)
    bring(tmp_path, {"honour": one}, first=1)  # its name sorts before those of the others
    after, whole = build(engine, tmp_path), build(engine, tmp_path, "whole", afresh=True)
    assert after.based_on == before.build_id
    for someone in [*(range_ids[0] for range_ids in ids), one["enterprise_id"][0].as_py()]:
        assert after.kinds_of([someone]) == whole.kinds_of([someone])


def test_a_damaged_file_is_not_gone_on_from(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table]
) -> None:
    bring(tmp_path, tables)
    before = build(engine, tmp_path)
    file = before.folder / "range-0001" / "penalty.parquet"
    file.write_bytes(file.read_bytes()[:-9])
    bring(tmp_path, penalty(before.boundaries[0], "新9"), first=1)
    with pytest.raises(ArchiveDamagedError, match="afresh"):
        build(engine, tmp_path)
    assert open_archive(tmp_path / "archive") == before


def test_what_is_undone_is_gone(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table]
) -> None:
    bring(tmp_path, tables)
    before = build(engine, tmp_path)
    bring(tmp_path, penalty("E0000003", "新3"), first=1)
    build(engine, tmp_path)
    undo_import("import1", records_dir=tmp_path / "records")
    bring(tmp_path, penalty("E0000004", "新4"), first=2)
    after = build(engine, tmp_path)
    numbers = [row["decision_no"] for row in contents(after, engine)["penalty"]]
    assert "新3" not in numbers
    assert "新4" in numbers
    assert after.rows["penalty"] == before.rows["penalty"] + 1


def test_ranges_are_cut_anew_when_one_outgrows_the_others(tmp_path: Path, engine: Engine) -> None:
    few = [penalty(f"A{n}", f"a{n}")["penalty"] for n in range(4)]
    bring(tmp_path, {"penalty": pa.concat_tables(few)})
    first = build(engine, tmp_path, range_size=4)
    assert first.range_count == 1
    more = [penalty(f"B{n}", f"b{n}")["penalty"] for n in range(5)]
    bring(tmp_path, {"penalty": pa.concat_tables(more)}, first=1)
    second = build(engine, tmp_path, range_size=4)
    assert (second.based_on, second.range_count) == (None, 3)


def test_links_move_records_in_a_build_that_goes_on(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table]
) -> None:
    stray = "~" + "0" * 24
    bring(tmp_path, tables, penalty(stray, "无码1"))
    identity = tmp_path / "identity"
    before = build(engine, tmp_path, identity_dir=identity)
    assert before.kinds_of([stray]) == {"penalty"}
    decide(
        Office(identity, frozenset({"E0000005"}), frozenset({stray})),
        [Verdict(stray, "E0000005", accepted=True)],
        signature=Signature("张三", "核对无误", datetime(2025, 6, 1)),
    )
    after = build(engine, tmp_path, identity_dir=identity)
    assert after.based_on == before.build_id
    whole = build(engine, tmp_path, "whole", identity_dir=identity)
    assert contents(after, engine) == contents(whole, engine)
    (moved,) = [r for r in contents(after, engine)["penalty"] if r["decision_no"] == "无码1"]
    assert (moved["enterprise_id"], moved["known_at"]) == ("E0000005", datetime(2025, 6, 1))


def test_a_damaged_archive_is_written_afresh(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table]
) -> None:
    bring(tmp_path, tables)
    before = build(engine, tmp_path)
    (before.folder / "range-0000" / "penalty.parquet").unlink()
    bring(tmp_path, {"honour": tables["honour"].slice(0, 1)}, first=1)
    with pytest.raises(ArchiveDamagedError, match="afresh"):
        build(engine, tmp_path)
    after = build(engine, tmp_path, afresh=True)
    after.verify()
    assert after.based_on is None


@pytest.mark.parametrize("in_files", [False, True])
def test_what_changed_is_graded_as_everybody_would_be(
    tmp_path: Path, engine: Engine, tables: dict[str, pa.Table], in_files: bool
) -> None:
    bring(tmp_path, tables)
    before = build(engine, tmp_path)
    folder = tmp_path / "context" if in_files else None
    context = build_context(engine, before, as_of=DAY, folder=folder)
    bring(tmp_path, penalty("E0000006", "新6"), first=1)
    moved = tables["registration"].slice(0, 1).to_pylist()[0] | {
        "record_id": "moved",
        "address_key": "a1",
        "event_on": date(2025, 6, 1),
        "known_at": datetime(2025, 6, 2),
    }
    schema = tables["registration"].schema
    bring(tmp_path, {"registration": pa.Table.from_pylist([moved], schema=schema)}, first=2)
    after = build(engine, tmp_path)
    assert after.changed_file is not None
    changed = pq.read_table(after.changed_file)["enterprise_id"].to_pylist()
    assert sorted(changed) == sorted({"E0000006", moved["enterprise_id"]})
    followed = follow_context(
        engine,
        context,
        before=before,
        after=after,
        as_of=DAY,
        enterprise_ids=changed,
        folder=folder,
    )
    fresh = build_context(engine, after, as_of=DAY)
    expected = build_matrix(engine, after, as_of=DAY, context=fresh, with_evidence=True)
    found = build_matrix(engine, after, as_of=DAY, context=followed, with_evidence=True)
    assert [name for name in expected.column_names if found[name] != expected[name]] == []
    one = build_matrix(
        engine,
        after,
        as_of=DAY,
        context=followed,
        enterprise_ids=["E0000006"],
        with_evidence=True,
    )
    assert one == expected.filter(pc.equal(expected["enterprise_id"], "E0000006"))
    stale = build_matrix(engine, after, as_of=DAY, context=context)
    assert stale != build_matrix(engine, after, as_of=DAY, context=fresh)
