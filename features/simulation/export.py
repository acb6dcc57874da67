"""MAIN FLOW of the simulation: a city lives, its records are dirtied and written, truth beside."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from features.simulation import staff, writers
from features.simulation.city import City, live
from features.simulation.departments import Departments, departments_of
from features.simulation.dirt import KINDS, LATE_AFTER_DAYS, DirtyFile, dirtied
from features.simulation.errors import SimulationError
from features.simulation.mergers import merger_truth
from features.simulation.timeline import build_timeline
from features.simulation.truth import true_risk
from features.simulation.unidentified import NAME as UNIDENTIFIED_NAME

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps in all."""

FEWEST_ENTERPRISES = 50
MOST_YEARS = 20
_FILES = 28
_LAST_STEP = 1  # the truth
_README = """本文件夹内全部为模拟数据（汕头市仅作背景），不涉及任何真实企业、人员或机关行为。
truth/ 内是模拟时的真实风险、脏数据清单、无代码投诉的真实对象与合并情况，
只供检验，任何流程不得读取。

Everything in this folder is SIMULATED. Shantou is a backdrop only; no real enterprise, person or
act of an authority is described. truth/ holds the true risk, the list of planted faults, whom
complaints without a code really mean, and the mergers, for tests alone: no pipeline reads it.
"""


@dataclass(frozen=True)
class CitySummary:
    """What was written. `rows` counts data rows by file, `rejected_rows` those planted to fail.

    `unidentified_rows` counts the rows of the file that brings no credit codes.
    """

    folder: Path
    enterprises: int
    seed: int
    first_day: date
    last_day: date
    rows: dict[str, int]
    rejected_rows: dict[str, int]
    unidentified_rows: dict[str, int]
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
        sent = departments_of(city)
        dirty = _write_files(sent, city, building, progress=tell)
        truth_rows = _write_truth(city, building / "truth", sent=sent, dirty=dirty)
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
        unidentified_rows={UNIDENTIFIED_NAME: sent.unidentified.truth.num_rows},
        truth_rows=truth_rows,
    )


def _write_files(
    sent: Departments, city: City, folder: Path, *, progress: Callable[[int], None]
) -> list[DirtyFile]:
    dirty = []
    for done, file in enumerate(sent.files, start=1):
        spoilt = dirtied(file, seed=city.seed)
        writers.write_source(spoilt.file, folder)
        dirty.append(spoilt)
        progress(city.timeline.months + done)
    uncoded = writers.csv_bytes(sent.unidentified.columns, mark=True)
    writers.write_bytes(folder / UNIDENTIFIED_NAME, uncoded)
    progress(city.timeline.months + len(sent.files) + 1)
    writers.write_bytes(folder / "说明_SIMULATED.txt", _README.encode())
    return dirty


def _write_staff(city: City, folder: Path) -> None:
    people = staff.inspectors(city)
    pairs = staff.avoidance(city, people["inspector_id"])
    writers.write_bytes(folder / "inspectors.csv", writers.csv_bytes(people, mark=True))
    writers.write_bytes(folder / "avoidance.csv", writers.csv_bytes(pairs, mark=True))


def _write_truth(city: City, folder: Path, *, sent: Departments, dirty: list[DirtyFile]) -> int:
    """What no department knows; the number of rows of the true risk."""
    truth = true_risk(city.world, city.history, timeline=city.timeline, seed=city.seed)
    writers.write_bytes(folder / "true_risk.parquet", writers.parquet_bytes(truth))
    meant, merged = sent.unidentified.truth, merger_truth(city, sent.mergers)
    writers.write_bytes(folder / "unidentified_rows.parquet", writers.parquet_bytes(meant))
    writers.write_bytes(folder / "mergers.parquet", writers.parquet_bytes(merged))
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
