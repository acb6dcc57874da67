"""How soon an event is in a grade: `python -m benchmarks.regrade --folder DIR`.

A SIMULATED population is imported and built once and kept there. Then, several times: one penalty
is imported, the archive goes on, a grader that was kept warm follows it, and the enterprise is
graded; at the end its grade is compared with that of a grader made afresh.
"""

import argparse
import shutil
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.population import LAST_DAY, write_population
from benchmarks.simulated_model import simulated_model
from features.archive import Archive, build_archive, open_archive
from features.catalogue import record_schema
from features.engine import Engine
from features.errors import ArchiveMissingError, ArchiveOutdatedError
from features.intake.report import MANIFEST, ImportReport, write_report
from law.files import sha256_of
from scoring.grader import Grader

_EVENTS, _MET = 9, 200
_LIMIT, _THREADS = "1GB", 2


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--enterprises", type=int, default=1_000_000)
    asked = parser.parse_args()
    home = asked.folder / f"regrade-{asked.enterprises}"
    with Engine(memory_limit=_LIMIT, threads=_THREADS) as engine:
        archive = _first_archive(engine, home, asked.enterprises)
        model = simulated_model(archive, asked.folder)
        began = time.perf_counter()
        grader = Grader.prepare(engine, archive, model, as_of=LAST_DAY, region="440500")
        ids = _some(archive, number=_EVENTS)
        # Queries are written out when first needed; a server has met every kind of record soon.
        grader.grade(enterprise_ids=_some(archive, number=_MET))
        prepared = time.perf_counter() - began
        rows = []
        for number, identity in enumerate(ids):
            clock, used = [time.perf_counter()], time.process_time()
            _import_penalty(home, identity, number)
            clock.append(time.perf_counter())
            archive = _build(engine, home)
            clock.append(time.perf_counter())
            grader = grader.follow(archive)
            clock.append(time.perf_counter())
            grades = grader.grade(enterprise_ids=[identity])
            clock.append(time.perf_counter())
            rows.append([*np.diff(clock), clock[-1] - clock[0], time.process_time() - used])
        afresh = Grader.prepare(engine, archive, model, as_of=LAST_DAY, region="440500")
        assert afresh.grade(enterprise_ids=[ids[-1]]).equals(grades)
    print(f"SIMULATED, {archive.enterprises:,} enterprises, {len(model.used_names)} indicators\n")
    print(f"Making a grader warm, once a day: {prepared:.1f} s\n")
    print("| step | median, ms | longest, ms |")
    print("|---|---|---|")
    steps = ("import one penalty", "archive goes on", "grader follows", "grade with reasons")
    steps += ("all, from the import on", "all, CPU")
    measured = 1000 * np.array(rows)
    for step, column in zip(steps, measured.T, strict=True):
        print(f"| {step} | {np.median(column):.0f} | {column.max():.0f} |")


def _first_archive(engine: Engine, home: Path, enterprises: int) -> Archive:
    """The population as one import, built once; events of an earlier call are taken out."""
    for path in (home / "records").glob("event-*"):
        shutil.rmtree(path)
    if not (home / "records" / "population" / MANIFEST).is_file():
        _import_population(home, enterprises)
    try:
        found = open_archive(home / "archive")
    except (ArchiveMissingError, ArchiveOutdatedError):
        return _build(engine, home)
    return found if found.imports == ("population",) else _build(engine, home)


def _build(engine: Engine, home: Path) -> Archive:
    return build_archive(engine, records_dir=home / "records", archive_dir=home / "archive")


def _import_population(home: Path, enterprises: int) -> None:
    population = write_population(home / "population", enterprises=enterprises)
    folder = home / "records" / "population"
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    for kind, rows in population.rows.items():
        schema = record_schema(kind)
        with pq.ParquetWriter(folder / f"{kind}.parquet", schema, compression="zstd") as writer:
            for number in range(population.range_count):
                (path,) = population.source(kind, range_no=number)
                table = pq.read_table(path, columns=schema.names).select(schema.names)
                place = table.column_names.index("import_id")
                name = pa.repeat(pa.scalar("population"), table.num_rows)
                writer.write_table(table.set_column(place, "import_id", name).cast(schema))
        counts[kind] = rows
    _report(folder, counts, received_at=datetime(2010, 1, 1))
    shutil.rmtree(home / "population")


def _import_penalty(home: Path, identity: str, number: int) -> None:
    folder = home / "records" / f"event-{number}"
    folder.mkdir(parents=True)
    schema = record_schema("penalty")
    day = LAST_DAY - timedelta(days=3)
    known = {
        "record_id": f"{number:032x}",
        "enterprise_id": identity,
        "event_on": day,
        "known_at": datetime(day.year, day.month, day.day),
        "source": "simulated",
        "import_id": folder.name,
        "row_no": 1,
        "is_withdrawn": False,
        "decision_no": f"模拟〔2026〕{number} SIMULATED",
        "penalty_kinds": "fine",
    }
    row = {item.name: [known.get(item.name)] for item in schema}
    pq.write_table(pa.table(row, schema=schema), folder / "penalty.parquet")
    _report(folder, {"penalty": 1}, received_at=datetime(2010, 1, 2) + timedelta(days=number))


def _report(folder: Path, counts: dict[str, int], *, received_at: datetime) -> None:
    write_report(
        ImportReport(
            import_id=folder.name,
            source="simulated",
            file_name="SIMULATED",
            file_sha256="",
            mapping_sha256="",
            received_at=received_at,
            rows=sum(counts.values()),
            accepted=counts,
            rejected_rows=0,
            skipped_rows=0,
            duplicates=0,
            warnings=(),
            reject_file=None,
            files={f"{kind}.parquet": sha256_of(folder / f"{kind}.parquet") for kind in counts},
        ),
        folder,
    )


def _some(archive: Archive, *, number: int) -> Sequence[str]:
    listed = pq.read_table(archive.enterprise_files[0], columns=["enterprise_id"])
    rng = np.random.default_rng(20261122)
    return listed["enterprise_id"].take(rng.integers(0, listed.num_rows, number)).to_pylist()


if __name__ == "__main__":
    main()
