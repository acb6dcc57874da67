"""Real registers of three cities and a province through the mappings alone."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from features.archive import Archive, build_archive, read_enterprise
from features.engine import Engine
from features.errors import MappingError
from features.intake import ImportReport, find_source, import_file, load_mapping, load_mappings
from features.mapping import SOURCES_FOLDER
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
        {"registration": 43048, "special_equipment_unit": 86096, "inspection": 43048},
        0,
        0,
    ),
    "chicago/complaint.parquet": (69598, {"area_event": 69574}, 24, 0),
    "chicago/burglary.parquet": (64325, {"area_event": 64325}, 0, 0),
    "tssa_elevators/licence.parquet": (
        43297,
        {"registration": 43297, "special_equipment_unit": 43297},
        0,
        0,
    ),
    "tssa_elevators/incident.parquet": (2446, {"accident": 2391}, 55, 0),
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
    _, archive = public
    sections = read_enterprise(archive, "20481", as_of=date(2012, 3, 1))
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
        ("nyc_elevators_devices", "device_status_description"),
        ("nyc_elevators_devices", "status_date"),
        ("tssa_licences", "license_status"),
        ("tssa_licences", "license_expiry_date"),
        ("tssa_incidents", "specific_root_cause"),
        ("chicago_complaints", "Status"),
        ("chicago_complaints", "Completion_Date"),
        ("chicago_burglaries", "Arrest"),
        ("chicago_burglaries", "Updated_On"),
    ],
)
def test_snapshots_are_declared(source: str, column: str) -> None:
    assert column in load_mappings()[source].snapshot_columns


def test_a_snapshot_cannot_be_used_by_anybody_who_edits_the_mapping(tmp_path: Path) -> None:
    text = (SOURCES_FOLDER / "tssa_licences.yaml").read_text(encoding="utf-8")
    path = tmp_path / "tssa_licences.yaml"
    path.write_text(
        text.replace("status: {constant: active}", "status: {column: license_status}"),
        encoding="utf-8",
    )
    with pytest.raises(MappingError, match="license_status") as caught:
        load_mapping(path)
    assert "later than the incidents" in caught.value.en


def test_the_survivors_of_ontario_are_told_as_such() -> None:
    mapping = load_mappings()["tssa_licences"]
    assert "此前报废的不在其中" in mapping.zh
    assert "survivors" in mapping.en


def test_events_lie_in_the_cell_of_their_coordinates(public: tuple[Engine, Archive]) -> None:
    engine, archive = public
    events = engine.to_arrow(archive.table(engine, "area_event")).to_pandas()
    cells = events["enterprise_id"].str.extract(r"^@(-?\d+),(-?\d+)$").astype(int)
    assert (cells[0] == np.floor(events["latitude"] * 100)).all()
    assert (cells[1] == np.floor(events["longitude"] * 100)).all()
    assert set(events["category"]) == {"sanitation_complaint", "burglary"}


def test_incidents_are_of_devices_of_the_fleet(public: tuple[Engine, Archive]) -> None:
    engine, archive = public
    accidents = archive.table(engine, "accident")
    fleet = archive.table(engine, "registration").filter(lambda t: t.source == "tssa_licences")
    gone = accidents.anti_join(fleet, "enterprise_id").count().name("rows").as_table()
    assert engine.to_arrow(gone)["rows"][0].as_py() < 50
    hurt = engine.to_arrow(accidents.aggregate(d=accidents.deaths.sum(), i=accidents.injured.sum()))
    assert hurt["d"][0].as_py() == 6
    assert 900 <= hurt["i"][0].as_py() <= 927


def test_elevators_lie_in_a_borough(public: tuple[Engine, Archive]) -> None:
    engine, archive = public
    table = archive.table(engine, "registration").filter(
        lambda t: t.source == "nyc_elevators_devices"
    )
    areas = engine.to_arrow(table.select("area_code"))["area_code"]
    assert areas.null_count == 2
    assert len(set(areas.to_pylist()) - {None}) == 5
