"""Measures of a run worked out once and kept, so that the console shows them at once.

``measures/of_runs/<run>/<instant>/``: tables as Parquet, the health index as Excel, and
``manifest.json`` with the counts. A folder appears when whole; working out again replaces it.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.folders import hold, publish
from law.files import write_atomically
from scoring.health_index import (
    HealthReport,
    health_workbook,
    rows,
    trend_headers,
    trend_rows,
)
from scoring.health_index import headers as health_headers
from scoring.key_supervision import fold, listed, read_acts
from scoring.measures import SupervisionPlan, count_by_area, count_measures
from scoring.measures.repeat_offenders import NO_CONSEQUENCE, RepeatOffenders
from scoring.measures.reports import table_rows
from service.errors import MeasuresDamagedError
from service.measures import operations
from service.measures.operations import Desk
from service.settings import Settings

PLAN, DEMANDS, OVERVIEW, TASKS, OFFENDERS = "plan", "demands", "overview", "tasks", "offenders"
MANIFEST = "manifest.json"
_OF_RUNS = "of_runs"
_ROW_GROUP = 65_536
_STEPS = 6


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


def compute_measures(desk: Desk, *, year: int, at: datetime) -> ComputedMeasures:
    """Work everything out for a run and keep it in the place of what was kept before.

    Raises
    ------
    scoring.errors.MeasuresError
        The year is out of the run's reach.
    """
    step = partial(desk.progress, "measures")
    step(0, _STEPS)
    plan = operations.make_plan(desk, year=year)
    step(1, _STEPS)
    tasks = operations.guidance(desk)
    step(2, _STEPS)
    view = operations.overview(desk)
    step(3, _STEPS)
    found = operations.offenders(desk.settings, as_of=desk.run.as_of)
    step(4, _STEPS)
    health = operations.health_reports(desk)
    step(5, _STEPS)
    on_list = listed(fold(read_acts(desk.settings.key_supervision_dir)))
    counts = count_measures(plan, tasks=tasks, key_supervised=[*on_list])
    manifest = {
        **_facts(plan, desk=desk, at=at),
        "counts": counts.to_pylist(),
        "by_area": count_by_area(view).to_pylist(),
        "offenders": found.rows.num_rows,
        "health": {by: _health(report) for by, report in health.items()},
    }
    tables = {
        PLAN: plan.rows,
        DEMANDS: plan.demands,
        OVERVIEW: view,
        TASKS: tasks,
        OFFENDERS: _with_consequences(found),
    }
    books = {f"health-{by}.xlsx": health_workbook(report) for by, report in health.items()}
    kept = _keep(desk.settings, manifest, tables, books)
    step(_STEPS, _STEPS)
    return kept


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


def _facts(plan: SupervisionPlan, *, desk: Desk, at: datetime) -> dict[str, Any]:
    rules = plan.rules
    return {
        "run_id": plan.run.run_id,
        "as_of": plan.run.as_of.isoformat(),
        "year": plan.year,
        "created_at": at.isoformat(),
        "archive_build": desk.archive.build_id,
        "has_statutory": plan.run.has_statutory,
        "not_in_business": plan.not_in_business,
        "cap": rules.cap,
        "cap_ground": rules.reader.ground("double_random.yearly_visit_cap"),
        "table": table_rows(rules),
        "unconfirmed": list(rules.reader.unconfirmed),
    }


def _with_consequences(found: RepeatOffenders) -> pa.Table:
    """The rows with legal consequence and ground in words, as the list shows them."""
    matters = found.rows["matter"].to_pylist()  # punished again and again: few
    told = [found.consequences.get(matter, NO_CONSEQUENCE) for matter in matters]
    grounds = [found.ground(matter) for matter in matters]
    return found.rows.append_column("consequence", pa.array(told, pa.string())).append_column(
        "ground", pa.array(grounds, pa.string())
    )


def _health(report: HealthReport) -> dict[str, Any]:
    return {
        "headers": health_headers(report),
        "rows": rows(report),
        "trend_headers": trend_headers(report),
        "trend_rows": trend_rows(report),
        "ground": report.definition.ground,
        "small_cell": report.definition.small_cell,
    }


def _keep(
    settings: Settings,
    manifest: Mapping[str, Any],
    tables: Mapping[str, pa.Table],
    books: Mapping[str, bytes],
) -> ComputedMeasures:
    home = settings.measures_dir / _OF_RUNS / str(manifest["run_id"])
    stamp = "".join(one for one in manifest["created_at"] if one.isdigit())
    with hold(home):
        before = _kept(home)
        for left in home.glob(".*.making"):  # of a killed process
            shutil.rmtree(left)
        making = home / f".{stamp}.making"
        making.mkdir()
        for name, table in tables.items():
            pq.write_table(
                table, making / f"{name}.parquet", compression="zstd", row_group_size=_ROW_GROUP
            )
        for name, content in books.items():
            write_atomically(making / name, content)
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        write_atomically(making / MANIFEST, text.encode())
        publish(making, home / stamp)
        for folder in before:
            shutil.rmtree(folder)
    return ComputedMeasures(home / stamp, manifest)


def _kept(home: Path) -> list[Path]:
    return sorted(path for path in home.glob("[!.]*") if path.is_dir())
