"""A simulated city, written, imported and in memory, once for all tests of this room."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.intake import import_file, load_mappings
from features.intake.report import ImportReport
from features.mapping import find_source
from features.simulation import CitySummary, simulate
from features.simulation.city import City, live
from features.simulation.departments import Departments, departments_of
from features.simulation.timeline import build_timeline

LAST_DAY = date(2026, 10, 31)
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Written:
    """A city on disk, imported with the built-in mappings."""

    folder: Path
    summary: CitySummary
    progress: list[tuple[int, int]]
    dirt: dict[str, Any]
    reports: dict[str, ImportReport]
    records: Path


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """1,000 enterprises: what was written, and what its import gave."""
    folder, records = tmp_path_factory.mktemp("city") / "out", tmp_path_factory.mktemp("records")
    progress: list[tuple[int, int]] = []
    summary = simulate(
        folder,
        enterprises=1_000,
        seed=11,
        last_day=LAST_DAY,
        progress=lambda done, total: progress.append((done, total)),
    )
    mappings = load_mappings()
    reports = {
        name: import_file(
            folder / name,
            mapping=find_source(folder / name, mappings),
            records_dir=records,
            received_at=RECEIVED,
            person_key=b"0" * 32,
        )
        for name in summary.rows
    }
    dirt = json.loads((folder / "truth" / "dirt.json").read_text("utf-8"))
    return Written(folder, summary, progress, dirt, reports, records)


@pytest.fixture(scope="session")
def city() -> City:
    """A larger city in memory, without files."""
    timeline = build_timeline(last_day=LAST_DAY, years=6)
    return live(4_000, timeline, seed=5, progress=lambda months: None)


@pytest.fixture(scope="session")
def departments(city: City) -> Departments:
    """What the departments of the larger city would send."""
    return departments_of(city)


@pytest.fixture(scope="session")
def sent(departments: Departments) -> dict[str, pd.DataFrame]:
    """The same, without dirt, by source."""
    return {file.source: pd.DataFrame(file.columns) for file in departments.files}


def records(written: Written, kind: str) -> pd.DataFrame:
    """The imported records of a kind."""
    tables = [pq.read_table(path).to_pandas() for path in written.records.glob(f"*/{kind}.parquet")]
    return pd.concat(tables, ignore_index=True)
