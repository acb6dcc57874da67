"""Measures of a run worked out once and kept, so that the console shows them at once.

``measures/of_runs/<run>/<number>/``: tables as Parquet, the health index as Excel, and
``manifest.json`` with the counts. A folder appears when whole, the highest number counts, and the
one before it stays until the next: a page that began with it can end with it.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.folders import hold, publish
from law.files import write_atomically
from service.errors import MeasuresDamagedError, MeasuresNotKeptError
from service.settings import Settings

PLAN, DEMANDS, OVERVIEW, TASKS, OFFENDERS = "plan", "demands", "overview", "tasks", "offenders"
MANIFEST = "manifest.json"
_OF_RUNS = "of_runs"
_ROW_GROUP = 65_536
# The run in use, those that withdrawing returns to, and one that was tried beside them.
_RUNS_KEPT = 4


@dataclass(frozen=True)
class ComputedMeasures:
    """Measures of one run, as they lie on disk."""

    folder: Path
    manifest: Mapping[str, Any]

    def table(self, name: str, *, enterprise_id: str | None = None, area: str = "") -> pa.Table:
        """One of the tables; of an enterprise or an area alone, where asked for.

        Raises
        ------
        MeasuresDamagedError
        """
        wanted = [("enterprise_id", "=", enterprise_id)] if enterprise_id is not None else []
        wanted += [("area_code", "=", area)] if area else []
        try:
            return pq.read_table(self.folder / f"{name}.parquet", filters=wanted or None)
        except (OSError, pa.ArrowInvalid) as error:
            raise MeasuresDamagedError(self.folder, str(self.manifest["run_id"])) from error

    def book(self, name: str) -> bytes:
        """One of the Excel files.

        Raises
        ------
        MeasuresDamagedError
        """
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise MeasuresDamagedError(self.folder, str(self.manifest["run_id"])) from error


def find_measures(settings: Settings, run_id: str) -> ComputedMeasures | None:
    """What is kept of a run; None where nothing was worked out.

    Raises
    ------
    MeasuresDamagedError
        The manifest cannot be read.
    """
    folders = _kept(settings.measures_dir / _OF_RUNS / run_id)
    if not folders:
        return None
    try:
        return ComputedMeasures(folders[-1], json.loads((folders[-1] / MANIFEST).read_bytes()))
    except (OSError, ValueError) as error:
        raise MeasuresDamagedError(folders[-1], run_id) from error


def keep_measures(
    settings: Settings,
    manifest: Mapping[str, Any],
    tables: Mapping[str, pa.Table],
    *,
    books: Mapping[str, bytes],
) -> ComputedMeasures:
    """Keep what was worked out of a run; it takes the place of what was kept of it before.

    Raises
    ------
    MeasuresNotKeptError
        The disk is full, say; what was kept is as it was.
    """
    run_id, of_runs = str(manifest["run_id"]), settings.measures_dir / _OF_RUNS
    home = of_runs / run_id
    with hold(of_runs):
        before = _kept(home)
        final = home / f"{_number(before[-1]) + 1 if before else 1:06d}"
        for left in of_runs.glob("*/.*.making"):  # of a killed process
            shutil.rmtree(left)
        making = home / f".{final.name}.making"
        try:
            making.mkdir(parents=True)
            _write(making, manifest, tables, books=books)
            publish(making, final)
        except OSError as error:
            shutil.rmtree(making, ignore_errors=True)
            reason = error.strerror or error
            raise MeasuresNotKeptError(home, run_id, reason=reason) from error
        _clear(of_runs, home, spare=before[-1:])
    return ComputedMeasures(final, manifest)


def _write(
    folder: Path,
    manifest: Mapping[str, Any],
    tables: Mapping[str, pa.Table],
    *,
    books: Mapping[str, bytes],
) -> None:
    for name, table in tables.items():
        pq.write_table(
            table, folder / f"{name}.parquet", compression="zstd", row_group_size=_ROW_GROUP
        )
    for name, content in books.items():
        write_atomically(folder / name, content)
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    write_atomically(folder / MANIFEST, text.encode())


def _clear(of_runs: Path, home: Path, *, spare: list[Path]) -> None:
    """Keep the newest of the newest runs, and `spare`."""
    newest = {run: _kept(run)[-1] for run in of_runs.glob("[!.]*") if _kept(run)}
    ranked = sorted(newest, key=lambda run: newest[run].stat().st_mtime_ns, reverse=True)
    stay = {home, *ranked[:_RUNS_KEPT]}
    for run in of_runs.glob("[!.]*"):
        if run not in stay:
            shutil.rmtree(run)
            continue
        for folder in _kept(run):
            if folder != newest[run] and folder not in spare:
                shutil.rmtree(folder)


def _kept(home: Path) -> list[Path]:
    """The folders of a run, the newest last."""
    return sorted((path for path in home.glob("[0-9]*") if path.is_dir()), key=_number)


def _number(folder: Path) -> int:
    return int(folder.name)
