"""What ``benchmarks.features`` measures, each in a process of its own.

CPU is user and system time of the task, after imports; the peak of memory is the whole process's.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.pandas_indicators import compute
from benchmarks.pandas_sheet import read_frames
from benchmarks.population import LAST_DAY
from benchmarks.read_columns import columns_read
from benchmarks.triage import TRIAGE_DAYS, write_triage_rows
from features.archive.files import Archive
from features.build import build_context, build_matrix
from features.engine import AnyEngine, Engine
from features.engine.lanes import in_lanes
from features.indicators.range_sums import with_range_sums

Figures = dict[str, float]
Names = Sequence[str] | None
# As an office's server would run it: the limit is DuckDB's own, the process needs more.
_LIMIT, _THREADS = "1GB", 2
_ASKED, _SEED = 200, 20261122


@dataclass
class Meter:
    """Wall and processor seconds since it was made, and those that the machine did not have.

    A virtual machine's host gives its cores to others meanwhile: "stolen" is that time, as if of
    all cores at once.
    """

    def __post_init__(self) -> None:
        self._wall, self._cpu, self._stolen = time.perf_counter(), _cpu(), _stolen()

    def read(self) -> Figures:
        """Seconds, and the peak of memory in GB."""
        kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "wall": time.perf_counter() - self._wall,
            "cpu": _cpu() - self._cpu,
            "stolen": _stolen() - self._stolen,
            "peak_gb": kibibytes * 1024 / 1e9,
        }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _stolen() -> float:
    """Seconds a core that the host took away since it started; 0 where nobody counts them."""
    try:
        _, *ticks = Path("/proc/stat").read_text().splitlines()[0].split()
        return int(ticks[7]) / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)
    except (OSError, IndexError):
        return 0.0


def scan(archive: Archive, names: Names) -> Figures:
    """The maximum of every column that the indicators read, and nothing else."""
    columns = columns_read(names, as_of=LAST_DAY)
    with Engine(memory_limit=_LIMIT, threads=_THREADS) as engine:
        meter = Meter()
        for kind, wanted in columns.items():
            files = archive.source(kind)
            if isinstance(files, tuple):
                table = engine.read_parquet(files)
                engine.to_arrow(table.aggregate(**{name: table[name].max() for name in wanted}))
        used = meter.read()
    return {**used, "columns": sum(map(len, columns.values())), "kinds": len(columns)}


def matrix(archive: Archive, names: Names) -> Figures:
    """The context and every range's matrix, two side by side, none kept."""
    meter = Meter()
    with (
        tempfile.TemporaryDirectory(dir=archive.folder) as folder,
        Engine(memory_limit=_LIMIT, threads=_THREADS, spill_folder=Path(folder)) as engine,
    ):
        context = build_context(engine, archive, as_of=LAST_DAY, names=names, folder=Path(folder))
        shared = meter.read()
        _tell(f"context {shared['wall']:.0f} s")
        context = with_range_sums(context, Path(folder) / "ranges")

        def rows_of(engine: AnyEngine, number: int) -> int:
            matrix = build_matrix(
                engine, archive, as_of=LAST_DAY, range_no=number, context=context, names=names
            )
            _tell(f"range {number + 1} of {archive.range_count}, {meter.read()['wall']:.0f} s")
            return int(matrix.num_rows)

        rows = sum(in_lanes(engine, rows_of, range(archive.range_count)))
    return {**meter.read(), "rows": rows, "context_cpu": shared["cpu"]}


def in_pandas(archive: Archive, names: Names) -> Figures:
    """Every kind's files read whole into pandas, then the indicators by identity."""
    return _pandas(archive, dict.fromkeys(sorted(archive.rows)), by_identity=True)


def in_pandas_numbers(archive: Archive, names: Names) -> Figures:
    """The same, by the integer that the archive gives every enterprise."""
    return _pandas(archive, dict.fromkeys(sorted(archive.rows)))


def in_pandas_columns(archive: Archive, names: Names) -> Figures:
    """By number, reading the columns that are needed alone."""
    found = columns_read(names, as_of=LAST_DAY)
    return _pandas(
        archive,
        {kind: [*found[kind], *_missing(found[kind])] for kind in found if kind in archive.rows},
    )


def _missing(columns: Sequence[str]) -> list[str]:
    """The order of records, which a database needs less often than pandas."""
    return [] if "sequence" in columns else ["sequence"]


def _pandas(
    archive: Archive, kinds: dict[str, list[str] | None], *, by_identity: bool = False
) -> Figures:
    meter = Meter()
    frames = read_frames(archive, as_of=LAST_DAY, kinds=kinds, by_identity=by_identity)
    read = meter.read()
    rows = len(compute(frames, as_of=LAST_DAY))
    return {**meter.read(), "rows": rows, "read_cpu": read["cpu"]}


def one(archive: Archive, names: Names) -> Figures:
    """Enterprises one after the other, the context given; milliseconds."""
    ids = _some_enterprises(archive)
    with Engine(threads=1) as engine:
        context = build_context(engine, archive, as_of=LAST_DAY, names=names)
        first = 0.0
        walls: list[float] = []
        cpus: list[float] = []
        for place, identity in enumerate(ids):
            meter = Meter()
            build_matrix(
                engine,
                archive,
                as_of=LAST_DAY,
                enterprise_ids=[identity],
                context=context,
                names=names,
            )
            used = meter.read()
            if place:  # the first one prepares the queries
                walls.append(used["wall"] * 1000)
                cpus.append(used["cpu"] * 1000)
            else:
                first = used["wall"] * 1000
    return {
        "first": first,
        "wall_median": float(np.median(walls)),
        "wall_90": float(np.percentile(walls, 90)),
        "cpu_median": float(np.median(cpus)),
        "cpu_90": float(np.percentile(cpus, 90)),
        "peak_gb": used["peak_gb"],
    }


def _some_enterprises(archive: Archive) -> list[str]:
    """Random ones, and one before them to warm up."""
    rng = np.random.default_rng(_SEED)
    found: list[str] = []
    for number in rng.integers(0, archive.range_count, _ASKED + 1):
        listed = pq.read_table(archive.enterprise_files[number], columns=["enterprise_id"])
        found.append(listed["enterprise_id"][int(rng.integers(0, listed.num_rows))].as_py())
    return found


def triage(archive: Archive, names: Names) -> Figures:
    """56 aggregates of every entity on 4 days."""
    meter = Meter()
    with Engine(memory_limit=_LIMIT, threads=_THREADS) as engine:

        def rows_of(engine: AnyEngine, day: date) -> int:
            return write_triage_rows(engine, archive, as_of=day)

        rows = sum(in_lanes(engine, rows_of, TRIAGE_DAYS))
    return {**meter.read(), "rows": rows}


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


TASKS: dict[str, Callable[[Archive, Names], Figures]] = {
    "scan": scan,
    "matrix": matrix,
    "pandas": in_pandas,
    "pandas-numbers": in_pandas_numbers,
    "pandas-columns": in_pandas_columns,
    "one": one,
    "triage": triage,
}


def compare(archive: Archive, names: Sequence[str], *, as_of: date = LAST_DAY) -> list[str]:
    """What pandas says otherwise, a line an indicator; empty where all values agree to 1e-9."""
    frames = read_frames(archive, as_of=as_of, kinds=dict.fromkeys(sorted(archive.rows)))
    theirs = compute(frames, as_of=as_of)
    with Engine() as engine:
        ours = build_matrix(engine, archive, as_of=as_of, names=names).to_pandas()
    ours = ours.set_index("enterprise_id")
    if not ours.index.equals(theirs.index):
        return [f"pandas has {len(theirs)} enterprises, the matrix {len(ours)}"]
    wrong = []
    for name in names:
        left, right = ours[name].to_numpy(float), theirs[name].to_numpy(float)
        differs = ~np.isclose(left, right, rtol=1e-9, atol=1e-9, equal_nan=True)
        if differs.any():
            place = int(np.flatnonzero(differs)[0])
            wrong.append(
                f"{name}: {differs.sum()} of {len(ours)} differ, for instance of"
                f" {ours.index[place]}: matrix {left[place]}, pandas {right[place]}"
            )
    return wrong
