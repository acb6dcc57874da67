"""Real registers of three cities through the mappings alone."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from features.archive import Archive, build_archive, read_enterprise
from features.engine import Engine
from features.intake import ImportReport, find_source, import_file, load_mappings
from features.point_in_time import visible
from tests.features.departments import instant

pytestmark = [pytest.mark.public_data, pytest.mark.slow]

# Rows of the file, records by kind, rows rejected, rows skipped.
EXPECTED: dict[str, tuple[int, dict[str, int], int, int]] = {
    "chicago/inspection.parquet": (24518, {"registration": 11831, "inspection": 24518}, 0, 0),
    "chicago/violation.parquet": (24518, {"finding": 101473}, 0, 620),
    "chicago/licence.parquet": (17173, {"registration": 11374, "licence": 25065}, 0, 0),
    "sf_food/business.parquet": (6253, {"registration": 5481}, 0, 772),
    "sf_food/inspection.parquet": (16315, {"inspection": 15768}, 0, 547),
    "sf_food/violation.parquet": (24749, {"finding": 24749}, 0, 0),
    "nyc_elevators/device.parquet": (
        43048,
        {"registration": 43048, "special_equipment_unit": 43048, "inspection": 43048},
        0,
        0,
    ),
}


@pytest.fixture(scope="module")
def data() -> Path:
    folder = os.environ.get("XINHENG_PUBLIC_DATA")
    if not folder:
        pytest.skip("XINHENG_PUBLIC_DATA names no folder with the public registers")
    return Path(folder)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("public")


@pytest.fixture(scope="module")
def reports(data: Path, home: Path) -> dict[str, ImportReport]:
    mappings = load_mappings()
    return {
        name: import_file(
            data / name,
            mapping=find_source(data / name, mappings),
            records_dir=home / "records",
            received_at=instant("2026-01-01T00:00"),
            person_key=b"",
        )
        for name in EXPECTED
    }


@pytest.fixture(scope="module")
def public(home: Path, reports: dict[str, ImportReport]) -> Iterator[tuple[Engine, Archive]]:
    assert reports
    with Engine() as engine:
        yield (
            engine,
            build_archive(
                engine,
                records_dir=home / "records",
                archive_dir=home / "archive",
                range_size=20_000,
            ),
        )


@pytest.mark.parametrize("name", EXPECTED)
def test_every_row_is_accounted_for(name: str, reports: dict[str, ImportReport]) -> None:
    report = reports[name]
    counts = (report.rows, dict(report.accepted), report.rejected_rows, report.skipped_rows)
    assert counts == EXPECTED[name]


def test_findings_agree_with_the_counts_the_city_published(public: tuple[Engine, Archive]) -> None:
    engine, archive = public
    findings = archive.table(engine, "finding")
    ours = findings.filter(findings.source == "chicago_violations", findings.severity == "critical")
    visits = archive.table(engine, "inspection")
    visits = visits.filter(visits.source == "chicago_inspections")
    found = engine.to_arrow(ours.select("inspection_no").distinct())["inspection_no"].to_pylist()
    published = engine.to_arrow(visits.filter(visits.critical_count > 0).select("inspection_no"))[
        "inspection_no"
    ].to_pylist()
    assert sorted(found) == sorted(published)


def test_nothing_is_known_before_it_happened(public: tuple[Engine, Archive]) -> None:
    engine, archive = public
    for kind in archive.rows:
        table = visible(archive.table(engine, kind), date(2014, 1, 1))
        latest = engine.to_arrow(table.aggregate(day=table.event_on.max()))["day"][0].as_py()
        assert latest is None or latest <= date(2014, 1, 1)


def test_one_establishment(public: tuple[Engine, Archive]) -> None:
    engine, archive = public
    sections = read_enterprise(engine, archive, "20481", as_of=date(2012, 3, 1))
    assert {row["event_on"] for row in sections["warning"]} == {date(2012, 2, 17)}
    assert sections["basic"][0]["attribute_2"] == "Risk 1 (High)"


def test_no_inspector_is_recorded(public: tuple[Engine, Archive]) -> None:
    engine, archive = public
    for kind in archive.rows:
        assert not {name for name in archive.table(engine, kind).columns if "inspector" in name}


@pytest.mark.parametrize(
    ("source", "column"),
    [
        ("chicago_licences", "LICENSE_STATUS"),
        ("nyc_elevators_devices", "device_status"),
        ("nyc_elevators_devices", "status_date"),
    ],
)
def test_snapshots_are_declared(source: str, column: str) -> None:
    assert column in load_mappings()[source].snapshot_columns
