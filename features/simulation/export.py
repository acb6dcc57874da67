"""MAIN FLOW of the simulation: a city lives, its records are dirtied and written, truth beside."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from features.simulation import (
    annual_reports,
    complaints_honours,
    findings,
    inspections,
    licences,
    listings,
    penalties,
    registrations,
    staff,
    unit_records,
    writers,
)
from features.simulation.city import City, live
from features.simulation.dirt import KINDS, LATE_AFTER_DAYS, DirtyFile, dirtied
from features.simulation.errors import SimulationError
from features.simulation.source_file import SourceFile
from features.simulation.timeline import build_timeline
from features.simulation.truth import true_risk

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps in all."""

FEWEST_ENTERPRISES = 50
MOST_YEARS = 20
_FILES = 12
_LAST_STEP = 1  # the truth
_README = """本文件夹内全部为模拟数据（汕头市仅作背景），不涉及任何真实企业、人员或机关行为。
truth/ 内是模拟时的真实风险与脏数据清单，只供检验，任何流程不得读取。

Everything in this folder is SIMULATED. Shantou is a backdrop only; no real enterprise, person or
act of an authority is described. truth/ holds the true risk and the list of planted faults, for
tests alone: no pipeline reads it.
"""


@dataclass(frozen=True)
class CitySummary:
    """What was written. `rows` counts data rows by file, `rejected_rows` those planted to fail."""

    folder: Path
    enterprises: int
    seed: int
    first_day: date
    last_day: date
    rows: dict[str, int]
    rejected_rows: dict[str, int]
    truth_rows: int


def simulate(
    out: Path,
    *,
    enterprises: int,
    seed: int,
    last_day: date,
    years: int = 6,
    progress: Progress | None = None,
) -> CitySummary:
    """Write a SIMULATED city into the folder `out`.

    The same arguments give the same bytes, whatever the machine's clock says.

    Parameters
    ----------
    out
        A folder that does not exist or is empty. It appears whole or not at all.
    enterprises, seed
        How many enterprises there ever were, and where the randomness begins.
    last_day, years
        The day of the departments' exports, and how many years of records they hold.
    progress
        Called with the steps done and the steps in all: months, files, truth.

    Raises
    ------
    SimulationError
        The folder is not empty, or a number is out of range; all faults at once.
    """
    _check(out, enterprises=enterprises, years=years, seed=seed)
    timeline = build_timeline(last_day=last_day, years=years)
    steps = timeline.months + _FILES + _LAST_STEP

    def tell(done: int) -> None:
        if progress is not None:
            progress(done, steps)

    city = live(enterprises, timeline, seed=seed, progress=tell)
    out.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        dirty = _write_files(city, building, progress=tell)
        truth_rows = _write_truth(city, building / "truth", dirty=dirty)
        _write_staff(city, building / "staff")
        building.chmod(0o755)  # mkdtemp makes folders only their owner can read
        if out.exists():
            out.rmdir()
        building.replace(out)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    tell(steps)
    return CitySummary(
        folder=out,
        enterprises=enterprises,
        seed=seed,
        first_day=timeline.first_day.astype(date),
        last_day=last_day,
        rows={file.file.name: file.file.rows for file in dirty},
        rejected_rows={file.file.name: file.rejected_rows for file in dirty},
        truth_rows=truth_rows,
    )


def records_of(city: City) -> list[SourceFile]:
    """What each department would send, still clean."""
    decided = penalties.decide(city)
    visited = inspections.describe(city)
    reports = annual_reports.report(city)
    return [
        registrations.registration_file(city, registrations.describe(city)),
        *licences.licence_files(city, decided),
        penalties.penalty_file(city, decided),
        inspections.inspection_file(city, visited),
        findings.finding_file(city, visited),
        listings.list_file(city, reports=reports, inspections=visited, penalties=decided),
        annual_reports.annual_report_file(city, reports),
        complaints_honours.complaint_file(city),
        unit_records.unit_file(city),
        complaints_honours.honour_file(city),
    ]


def _write_files(city: City, folder: Path, *, progress: Callable[[int], None]) -> list[DirtyFile]:
    dirty = []
    for done, file in enumerate(records_of(city), start=1):
        spoilt = dirtied(file, seed=city.seed)
        writers.write_source(spoilt.file, folder)
        dirty.append(spoilt)
        progress(city.timeline.months + done)
    writers.write_bytes(folder / "说明_SIMULATED.txt", _README.encode())
    return dirty


def _write_staff(city: City, folder: Path) -> None:
    people = staff.inspectors(city)
    pairs = staff.avoidance(city, people["inspector_id"])
    writers.write_bytes(folder / "inspectors.csv", writers.csv_bytes(people, mark=True))
    writers.write_bytes(folder / "avoidance.csv", writers.csv_bytes(pairs, mark=True))


def _write_truth(city: City, folder: Path, *, dirty: list[DirtyFile]) -> int:
    """The true risk and the list of planted faults; the number of rows of the former."""
    truth = true_risk(city.world, city.history, timeline=city.timeline, seed=city.seed)
    writers.write_bytes(folder / "true_risk.parquet", writers.parquet_bytes(truth))
    writers.write_json(folder / "dirt.json", _manifest(dirty))
    return int(truth.num_rows)


def _manifest(dirty: list[DirtyFile]) -> dict[str, object]:
    """What is wrong with each file, for tests of the intake."""
    return {
        "simulated": True,
        "late_after_days": LATE_AFTER_DAYS,
        "effects": {kind.name: kind.effect for kind in KINDS},
        "files": {
            spoilt.file.name: {
                "source": spoilt.file.source,
                "rows": spoilt.file.rows,
                "rejected_rows": spoilt.rejected_rows,
                "duplicate_rows": spoilt.counts.get("duplicate_row", 0),
                "late_rows": spoilt.late_rows,
                "kinds": spoilt.counts,
            }
            for spoilt in dirty
        },
    }


def _check(out: Path, *, enterprises: int, years: int, seed: int) -> None:
    faults = []
    if enterprises < FEWEST_ENTERPRISES:
        faults.append(
            (
                f"企业数 {enterprises} 太少，至少 {FEWEST_ENTERPRISES}",
                f"{enterprises} enterprises are too few, give at least {FEWEST_ENTERPRISES}",
            )
        )
    if not 1 <= years <= MOST_YEARS:
        faults.append(
            (
                f"年数 {years} 应在 1 至 {MOST_YEARS} 之间",
                f"years is {years}, give 1 to {MOST_YEARS}",
            )
        )
    if seed < 0:
        faults.append((f"种子 {seed} 不得为负数", f"the seed {seed} must not be negative"))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        faults.append(
            (
                f"“{out}”已有内容；请换一个文件夹，或先清空它",
                f'"{out}" is not an empty folder; choose another or empty it first',
            )
        )
    if faults:
        raise SimulationError("；".join(f[0] for f in faults), "; ".join(f[1] for f in faults))
