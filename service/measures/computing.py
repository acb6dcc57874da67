"""All measures of a run worked out at once, and when that need not be done again."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

import law
from features.indicators import definitions_hash
from law.files import sha256_of
from scoring.health_index import (
    HealthReport,
    health_workbook,
    rows,
    trend_headers,
    trend_rows,
)
from scoring.health_index import headers as health_headers
from scoring.key_supervision import fold, listed, read_acts
from scoring.measures import (
    SupervisionPlan,
    count_by_area,
    count_measures,
    overrides_in_force,
    read_overrides,
)
from scoring.measures.facts import Progress, silent
from scoring.measures.repeat_offenders import NO_CONSEQUENCE, RepeatOffenders
from scoring.measures.reports import table_rows
from scoring.measures.zones import FILE as ZONES
from service.clock import office_day
from service.errors import MeasuresDamagedError
from service.grades.folders import MANIFEST as RUN_MANIFEST
from service.measures import operations
from service.measures.computed import (
    DEMANDS,
    OFFENDERS,
    OVERVIEW,
    PLAN,
    TASKS,
    ComputedMeasures,
    find_measures,
    keep_measures,
)
from service.measures.operations import Desk, open_desk
from service.settings import Settings

_STEPS = 7
# Who put objects forward where nobody is named.
SCREENING = "信衡（自动筛选）"


@dataclass(frozen=True)
class Followed:
    """What followed a run: its measures, whether they were worked out now, objects put forward."""

    computed: ComputedMeasures
    is_new: bool
    proposed: int


def follow_run(
    settings: Settings, run_id: str, *, at: datetime, progress: Progress = silent
) -> Followed:
    """Work out the measures of a run that was put into use, and propose key supervision.

    Done again it changes nothing: what is kept stays while all that it follows from is the same,
    and nobody is proposed twice.

    Raises
    ------
    scoring.errors.MeasuresError, law.errors.NoValueError
        The law has no measures of that time.
    features.errors.ArchiveMissingError, scoring.errors.UnknownRunError
    """
    with open_desk(settings, run_id=run_id, today=office_day(at), progress=progress) as desk:
        kept = _still_true(desk, year=desk.next_year)
        acts = read_acts(settings.key_supervision_dir)
        if kept is not None and any(act.run_id == run_id for act in acts):
            return Followed(kept, is_new=False, proposed=0)
        desk = operations.with_facts(desk)
        computed = kept or compute_measures(desk, year=desk.next_year, at=at)
        proposed = operations.propose_key_supervision(desk, by=SCREENING)
    return Followed(computed, is_new=kept is None, proposed=len(proposed))


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
    desk = operations.with_facts(desk)
    step(2, _STEPS)
    tasks = operations.guidance(desk)
    step(3, _STEPS)
    view = operations.overview(desk)
    step(4, _STEPS)
    found = operations.offenders(desk.settings, as_of=desk.run.as_of)
    step(5, _STEPS)
    health = operations.health_reports(desk)
    step(6, _STEPS)
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
    kept = keep_measures(desk.settings, manifest, tables, books=books)
    step(_STEPS, _STEPS)
    return kept


def _still_true(desk: Desk, *, year: int) -> ComputedMeasures | None:
    """What is kept of the run, where everything that it follows from is as it was."""
    try:
        kept = find_measures(desk.settings, desk.run.run_id)
    except MeasuresDamagedError:
        return None
    return kept if kept and kept.manifest.get("follows_from") == _digest(desk, year) else None


def _digest(desk: Desk, year: int) -> str:
    """SHA-256 of run, archive, law, and the registers as they are in force today."""
    settings = desk.settings
    levels = overrides_in_force(read_overrides(settings.measures_dir), on=desk.today)
    on_list = listed(fold(read_acts(settings.key_supervision_dir)))
    told = {
        "indicators": definitions_hash(),
        "run": sha256_of(settings.runs_dir / desk.run.run_id / RUN_MANIFEST),
        "runs_before": operations.runs_before(settings, desk.run),
        "archive": desk.archive.build_id,
        "year": year,
        "law": _files(Path(law.__file__).parent, "*.yaml"),
        "office_law": _files(settings.law_overlay, "*.yaml"),
        "zones": _files(settings.measures_dir, ZONES),
        "levels": sorted(str(asdict(one)) for one in levels),
        "on_list": sorted(on_list),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _files(folder: Path | None, pattern: str) -> dict[str, str]:
    """SHA-256 by name of the files of a folder; none where there is no folder."""
    if folder is None:
        return {}
    found = folder.rglob(pattern)
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in found}


def _facts(plan: SupervisionPlan, *, desk: Desk, at: datetime) -> dict[str, Any]:
    rules = plan.rules
    return {
        "run_id": plan.run.run_id,
        "as_of": plan.run.as_of.isoformat(),
        "year": plan.year,
        "created_at": at.isoformat(),
        "follows_from": _digest(desk, plan.year),
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
