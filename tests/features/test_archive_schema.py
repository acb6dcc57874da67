"""An archive and imports of a time when the record kinds had other columns."""

import json
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.archive import Archive, build_archive, open_archive, read_enterprise
from features.archive.files import CURRENT, MANIFEST, must_be_rewritten
from features.build import build_matrix
from features.catalogue import arrow_schema, schema_digest
from features.engine import Engine
from features.errors import ArchiveOutdatedError
from features.identity.deciding import Office, Signature, Verdict, decide
from features.intake.stored import stored_tables
from tests.features.random_records import random_tables, table_of, write_import

DAY = date(2025, 6, 30)
STRAY = "~" + "0" * 24
LATER_COLUMNS = ["campaign_round", "critical_count"]


def visit(enterprise_id: str, number: str) -> pa.Table:
    row = {
        "enterprise_id": enterprise_id,
        "record_id": f"visit-{number}",
        "inspection_no": number,
        "event_on": "2025-03-01",
        "campaign_round": f"round-{number}",
        "critical_count": 2,
    }
    return table_of("inspection", row)


def older(table: pa.Table) -> pa.Table:
    return table.drop_columns(LATER_COLUMNS)


def build(engine: Engine, folder: Path, name: str = "archive", *, linked: bool = False) -> Archive:
    return build_archive(
        engine,
        records_dir=folder / "records",
        archive_dir=folder / name,
        identity_dir=folder / "identity" if linked else None,
        range_size=60,
    )


@pytest.fixture(scope="module")
def registrations() -> pa.Table:
    return random_tables(enterprises=100, records=600, seed=3)["registration"]


@pytest.mark.parametrize("linked", [False, True])
def test_what_older_imports_lack_is_null(
    tmp_path: Path, engine: Engine, registrations: pa.Table, linked: bool
) -> None:
    records = tmp_path / "records"
    visits = pa.concat_tables([visit("E0000003", "旧1"), visit(STRAY, "旧2")])
    first = {"registration": registrations, "inspection": older(visits)}
    write_import(records / "import0", first, 0)
    if linked:
        decide(
            Office(tmp_path / "identity", frozenset({"E0000005"}), frozenset({STRAY})),
            [Verdict(STRAY, "E0000005", accepted=True)],
            signature=Signature("张三", "核对无误", datetime(2025, 6, 1)),
        )
    alone = build(engine, tmp_path, linked=linked)
    for name in LATER_COLUMNS:
        column = engine.to_arrow(alone.table(engine, "inspection"))[name]
        assert (column.type, column.null_count) == (arrow_schema("inspection").field(name).type, 2)
    write_import(records / "import1", {"inspection": visit("E0000003", "新")}, 1)
    grown = build(engine, tmp_path, linked=linked)
    assert grown.based_on == alone.build_id
    for archive in (grown, build(engine, tmp_path, "whole", linked=linked)):
        rows = engine.to_arrow(archive.table(engine, "inspection")).to_pylist()
        told = {row["inspection_no"]: [row[name] for name in LATER_COLUMNS] for row in rows}
        assert told == {"旧1": [None, None], "旧2": [None, None], "新": ["round-新", 2]}
    shown = read_enterprise(grown, "E0000003", as_of=DAY)["operating"]
    assert [row["campaign_round"] for row in shown if row["kind"] == "inspection"]
    names = ["inspections_36m"]
    rows = build_matrix(engine, grown, as_of=DAY, enterprise_ids=["E0000003"], names=names)
    assert rows.num_rows == 1


def test_reports_on_records_read_older_imports(tmp_path: Path, engine: Engine) -> None:
    write_import(tmp_path / "import0", {"inspection": older(visit("E0000003", "旧"))}, 0)
    table = engine.to_arrow(stored_tables(engine, tmp_path)["inspection"])
    assert table["campaign_round"].to_pylist() == [None]


@pytest.mark.parametrize("schema", ["0" * 64, None])
def test_an_archive_of_other_record_kinds_is_refused_and_written_anew(
    tmp_path: Path, engine: Engine, schema: str | None
) -> None:
    write_import(tmp_path / "records" / "import0", {"inspection": visit("E0000003", "一")}, 0)
    archive = build(engine, tmp_path)
    assert not must_be_rewritten(tmp_path / "archive")
    # As an earlier release left it: another name, fewer columns, another or no digest.
    earlier = archive.folder.rename(archive.folder.with_name("earlier"))
    (tmp_path / "archive" / CURRENT).write_text("earlier\n")
    manifest = json.loads((earlier / MANIFEST).read_text()) | {"build_id": "earlier"}
    del manifest["schema"]
    if schema is not None:
        manifest["schema"] = schema
    (earlier / MANIFEST).write_text(json.dumps(manifest))
    file = earlier / "range-0000" / "inspection.parquet"
    pq.write_table(older(pq.read_table(file)), file)
    with pytest.raises(ArchiveOutdatedError, match="xinheng archive build") as refused:
        open_archive(tmp_path / "archive")
    assert "xinheng archive build" in refused.value.zh
    assert must_be_rewritten(tmp_path / "archive")
    write_import(tmp_path / "records" / "import1", {"inspection": visit("E0000004", "二")}, 1)
    rewritten = build(engine, tmp_path)
    assert (rewritten.based_on, rewritten.schema) == (None, schema_digest())
    assert open_archive(tmp_path / "archive") == rewritten
    told = engine.to_arrow(rewritten.table(engine, "inspection"))["campaign_round"].to_pylist()
    assert told == ["round-一", "round-二"]
