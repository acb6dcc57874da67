"""What indicators cost: `python -m benchmarks.features --enterprises 250000 --folder DIR`.

Beside a bare scan of the same columns, beside pandas, beside Triage's task, one enterprise alone,
and ten times the size. SIMULATED archives are written under the folder once and kept there. Every
task runs in a process of its own. `--check` compares the values with pandas instead.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.chosen_indicators import CHOSEN
from benchmarks.feature_tasks import TASKS, Figures, compare
from benchmarks.population import write_population
from benchmarks.triage import write_events
from features.archive.files import Archive, open_archive
from features.errors import ArchiveMissingError

# Rows a second that Triage was measured at on a machine of this class.
TRIAGE_ROWS = 13_600
_MILLION = 1_000_000
_CHECKED = 20_000
_TRIAGE = "triage"


class Bench:
    """Archives under a folder, and tasks run over them."""

    def __init__(self, folder: Path, indicators: Path | None) -> None:
        self._folder, self._indicators = folder, indicators

    def archive(self, enterprises: int | None) -> Archive:
        """The archive of that many enterprises, or Triage's events; written when it is missing."""
        folder = self._folder / str(enterprises or _TRIAGE)
        try:
            return open_archive(folder)
        except ArchiveMissingError:
            print(f"writing {folder.name}", file=sys.stderr)
        if enterprises is None:
            return write_events(folder)
        return write_population(folder, enterprises=enterprises)

    def run(self, task: str, enterprises: int | None = None, *, whole: bool = False) -> Figures:
        """Run one task in a new process; `whole` for the whole catalogue."""
        archive = self.archive(enterprises)
        command = [sys.executable, "-m", "benchmarks.features", "--child", task]
        command += ["--folder", str(archive.folder.parent)]
        command += ["--whole"] if whole else []
        command += ["--indicators", str(self._indicators)] if self._indicators else []
        print(f"{task} {archive.folder.name}", file=sys.stderr)
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found: Figures = json.loads(done.stdout)
        return found


def report_costs(bench: Bench, enterprises: int, tasks: list[str]) -> None:
    """The table of scan, matrix and pandas, as far as they are asked for."""
    found = {task: bench.run(task, enterprises) for task in tasks}
    ours = found.get("matrix")
    print(
        "| task | wall, s | CPU, s | peak memory, GB | matrix CPU to its | matrix memory to its |"
    )
    print("|---|---|---|---|---|---|")
    for task, used in found.items():
        ratios = ("-", "-")
        if ours is not None and task != "matrix":
            ratios = (
                f"{ours['cpu'] / used['cpu']:.2f}",
                f"{ours['peak_gb'] / used['peak_gb']:.2f}",
            )
        print(
            f"| {task} | {used['wall']:.1f} | {used['cpu']:.1f} | {used['peak_gb']:.2f} |"
            f" {ratios[0]} | {ratios[1]} |"
        )
    if "scan" in found:
        scanned = found["scan"]
        print(f"\nscan: {scanned['columns']:.0f} columns of {scanned['kinds']:.0f} record kinds")
    if ours is not None:
        print(
            f"\nmatrix: {ours['rows']:,.0f} rows; CPU of the context: {ours['context_cpu']:.1f} s"
        )


def report_triage(bench: Bench) -> None:
    """Entity-days a second beside Triage's."""
    used = bench.run(_TRIAGE)
    print("| seconds of | entity-days a second | times Triage's 13,600 |")
    print("|---|---|---|")
    for name in ("wall", "cpu"):
        speed = used["rows"] / used[name]
        print(f"| {name} | {speed:,.0f} | {speed / TRIAGE_ROWS:.1f} |")
    print(f"\n{used['rows']:,.0f} entity-days, peak {used['peak_gb']:.2f} GB")


def report_one(bench: Bench, enterprises: int) -> None:
    """Milliseconds for one enterprise."""
    print("| indicators | first call | wall, median | wall, 90 % | CPU, median | CPU, 90 % |")
    print("|---|---|---|---|---|---|")
    for label, whole in ((f"the {len(CHOSEN)}", False), ("the whole catalogue", True)):
        used = bench.run("one", enterprises, whole=whole)
        print(
            f"| {label} | {used['first']:.0f} | {used['wall_median']:.0f} | {used['wall_90']:.0f} |"
            f" {used['cpu_median']:.0f} | {used['cpu_90']:.0f} |"
        )


def report_memory(bench: Bench, enterprises: int) -> None:
    """Peak memory and CPU an enterprise, beside those of a million."""
    sizes = sorted({min(_MILLION, enterprises), enterprises})
    found = {size: bench.run("matrix", size) for size in sizes}
    base = found[sizes[0]]["cpu"] / sizes[0]
    print("| enterprises | wall, s | CPU, s | CPU seconds a million | ratio | peak memory, GB |")
    print("|---|---|---|---|---|---|")
    for size, used in found.items():
        each = used["cpu"] / size
        print(
            f"| {size:,} | {used['wall']:.0f} | {used['cpu']:.0f} | {each * _MILLION:.0f} |"
            f" {each / base:.2f} | {used['peak_gb']:.2f} |"
        )


def check_values(bench: Bench) -> None:
    """Compare with pandas; exit with the differences if there are any."""
    wrong = compare(bench.archive(_CHECKED), CHOSEN)
    if wrong:
        raise SystemExit("\n".join(wrong))
    print(f"{len(CHOSEN)} indicators of {_CHECKED:,} SIMULATED enterprises agree to 1e-9")


_COSTS = ["scan", "matrix", "pandas", "pandas-numbers", "pandas-columns"]


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    reports: dict[str, Callable[[Bench, int], None]] = {
        "all": lambda bench, size: report_costs(bench, size, _COSTS),
        "costs": lambda bench, size: report_costs(bench, size, _COSTS),
        **{
            task: lambda bench, size, task=task: report_costs(bench, size, [task])  # type: ignore[misc]
            for task in _COSTS
        },
        _TRIAGE: lambda bench, size: report_triage(bench),
        "one": report_one,
        "memory": report_memory,
    }
    parser.add_argument("--task", choices=reports, default="all")
    parser.add_argument("--enterprises", type=int, default=_MILLION)
    parser.add_argument("--folder", type=Path, required=True, help="where archives are kept")
    parser.add_argument("--indicators", type=Path, help="a file of names, instead of the 120")
    parser.add_argument("--check", action="store_true", help="compare the values with pandas")
    parser.add_argument("--child", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--whole", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        names = asked.indicators.read_text("utf-8").split() if asked.indicators else CHOSEN
        found = TASKS[asked.child](open_archive(asked.folder), None if asked.whole else names)
        print(json.dumps(found))
        return
    bench = Bench(asked.folder, asked.indicators)
    if asked.check:
        check_values(bench)
        return
    print(f"SIMULATED, {asked.enterprises:,} enterprises, {len(CHOSEN)} indicators\n")
    reports[asked.task](bench, asked.enterprises)
    if asked.task == "all":
        print()
        report_triage(bench)
        print()
        report_one(bench, asked.enterprises)


if __name__ == "__main__":
    main()
