"""What grading everybody costs: `python -m benchmarks.batch --folder DIR`.

The whole batch (indicators, three models, rules, reasons of C and D, Parquet and the exchange file)
beside its own indicator step, at 1, 5 and 18 million SIMULATED enterprises: one archive is written
once, range by range (about 0.6 GB a million), and the smaller sizes are its first ranges. Every
measurement is a process of its own with two threads; its run is deleted at the end. "Stolen" is
wall time in which the host of a virtual machine gave its cores to others.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from benchmarks.chosen_indicators import CHOSEN
from benchmarks.feature_tasks import Figures, Meter, matrix
from benchmarks.population import LAST_DAY, write_population
from benchmarks.simulated_model import simulated_model
from features.archive.files import Archive, open_archive
from features.engine import Engine
from features.errors import ArchiveMissingError
from scoring.batch import grade_population
from scoring.outputs import ExcelChoice

SIZES = (1_000_000, 5_000_000, 18_000_000)
_LIMIT, _THREADS = "1GB", 2
_MICRO = 1e6
_GOALS = {"ratio": 3.0, "flat": 1.2, "minutes": 10.0, "gb": 4.0}


def first_ranges(archive: Archive, enterprises: int) -> Archive:
    """The archive of its first ranges only, as many as hold so many enterprises."""
    count = -(-enterprises // archive.range_size)
    return replace(
        archive,
        build_id=f"{archive.build_id}-{count}",
        boundaries=archive.boundaries[: count - 1],
        range_enterprises=archive.range_enterprises[:count],
    )


def indicators(archive: Archive, folder: Path, names: Sequence[str]) -> Figures:
    """The context and every range's matrix of the model's indicators, two ranges side by side."""
    return {**matrix(archive, tuple(names)), "indicators": len(names)}


def batch(archive: Archive, folder: Path, names: Sequence[str]) -> Figures:
    """Everything that `xinheng score` does but loading the database."""
    model = simulated_model(archive, folder)
    runs = folder / "runs"
    shutil.rmtree(runs, ignore_errors=True)
    runs.mkdir(parents=True)
    with Engine(memory_limit=_LIMIT, threads=_THREADS, spill_folder=folder / "spill") as engine:
        meter = Meter()
        run = grade_population(
            engine,
            archive,
            model,
            as_of=LAST_DAY,
            region="440500",
            runs_dir=runs,
            created_at=datetime(2026, 11, 1),
            also=names,
            excel=ExcelChoice(grades=frozenset()),
            progress=lambda step, done, of: print(step, done, of, file=sys.stderr),
        )
        used = meter.read()
    written = sum(path.stat().st_size for path in run.folder.rglob("*") if path.is_file())
    shutil.rmtree(runs)
    return {
        **used,
        "rows": float(run.manifest["enterprises"]),
        "indicators": len(run.manifest["indicators"]),
        "written_gb": written / 1e9,
    }


TASKS: dict[str, Callable[[Archive, Path, Sequence[str]], Figures]] = {
    "indicators": indicators,
    "batch": batch,
}


def _measure(task: str, folder: Path, *, size: int, whole: bool) -> Figures:
    command = [sys.executable, "-m", "benchmarks.batch", "--child", task, "--folder", str(folder)]
    command += ["--sizes", str(size), *(["--all-120"] if whole else [])]
    print(f"{task} {size:,}", file=sys.stderr)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Figures = json.loads(done.stdout)
    return found


def _archive(folder: Path, largest: int) -> Archive:
    try:
        found = open_archive(folder / "population")
    except ArchiveMissingError:
        found = None
    if found is None or found.enterprises < largest:
        print(f"writing {largest:,} SIMULATED enterprises", file=sys.stderr)
        found = write_population(folder / "population", enterprises=largest)
    return found


def report(folder: Path, sizes: Sequence[int], *, whole: bool) -> None:
    """Print the table, and how it compares with the goals."""
    _archive(folder, max(sizes))
    print(
        "| enterprises graded | indicators | task | wall, s | of it stolen, s | CPU, s |"
        " µs each, wall | µs each, CPU | peak memory, GB | wall to indicators | CPU to indicators |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    each: dict[int, float] = {}
    for size in sizes:
        base = _measure("indicators", folder, size=size, whole=whole)
        used = _measure("batch", folder, size=size, whole=whole)
        each[size] = used["wall"] / used["rows"]
        for task, figures in (("indicators", base), ("batch", used)):
            rows = figures["rows"]
            print(
                f"| {rows:,.0f} | {figures['indicators']:.0f} | {task} | {figures['wall']:.1f} |"
                f" {figures['stolen']:.1f} | {figures['cpu']:.1f} |"
                f" {_MICRO * figures['wall'] / rows:.1f} | {_MICRO * figures['cpu'] / rows:.1f} |"
                f" {figures['peak_gb']:.2f} | {figures['wall'] / base['wall']:.2f} |"
                f" {figures['cpu'] / base['cpu']:.2f} |"
            )
    smallest, largest = min(each), max(each)
    print(
        f"\nGoals: batch at most {_GOALS['ratio']:g} times its indicators at 1 million; time an"
        f" enterprise flat within {_GOALS['flat']:g} (here"
        f" {each[largest] / each[smallest]:.2f} from {smallest:,} to {largest:,}); 18 million in"
        f" {_GOALS['minutes']:g} minutes and {_GOALS['gb']:g} GB (at the largest size's rate:"
        f" {each[largest] * 18e6 / 60:.1f} minutes)."
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the archive is kept")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument(
        "--all-120", action="store_true", help="all 120 indicators, not the model's own alone"
    )
    parser.add_argument("--child", choices=TASKS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child is None:
        simulated_model(_archive(asked.folder, max(asked.sizes)), asked.folder)
        print(f"SIMULATED enterprises, two threads, DuckDB limit {_LIMIT}\n")
        report(asked.folder, asked.sizes, whole=asked.all_120)
        return
    archive = first_ranges(open_archive(asked.folder / "population"), asked.sizes[0])
    names = CHOSEN if asked.all_120 else simulated_model(archive, asked.folder).used_names
    print(json.dumps(TASKS[asked.child](archive, asked.folder, names)))


if __name__ == "__main__":
    main()
