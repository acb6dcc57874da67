"""What the last simulation of every version of the rules found, kept beside the version.

``grading_rules/simulations/R001.json`` has what the console shows, ``R001.xlsx`` all who move.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from law.files import write_atomically
from scoring.errors import RuleStateError
from scoring.grading.reports import Report, report_workbook
from scoring.grading.simulation import Simulation
from service.settings import Settings

_FOLDER = "simulations"
_SHOWN = 20
# A workbook is made in memory; of more movers the command line writes one on demand.
_MOST_IN_EXCEL = 200_000
_COLUMNS = ("enterprise_id", "name", "area_code", "grade", "grade_after", "basis_after")


def keep_simulation(
    settings: Settings,
    version: str,
    found: Simulation,
    *,
    report: Report,
    run: Mapping[str, Any],
    by: str,
    at: datetime,
) -> None:
    """Write the files of a version in the place of those of its simulation before.

    Parameters
    ----------
    run
        Manifest of the run that it was tried on.
    """
    movers = found.movers
    content = {
        "version": version,
        "by": by,
        "at": at.isoformat(),
        "run_id": run["run_id"],
        "as_of": run["as_of"],
        "model_version": run["model_version"],
        "matrix": found.movement.matrix,
        "riskier": found.movement.riskier,
        "safer": found.movement.safer,
        "total": found.movement.total,
        "visits_before": dict(found.visits_before),
        "visits_after": dict(found.visits_after),
        "groups": {
            name: [asdict(group) for group in groups]
            for name, groups in found.movement.groups.items()
        },
        "movers": {"riskier": _first(movers, pc.greater), "safer": _first(movers, pc.less)},
        "has_book": movers.num_rows <= _MOST_IN_EXCEL,
    }
    folder = settings.grading_rules_dir / _FOLDER
    if content["has_book"]:
        write_atomically(folder / f"{version}.xlsx", report_workbook(report))
    text = json.dumps(content, ensure_ascii=False, indent=1)
    write_atomically(folder / f"{version}.json", text.encode())


def read_simulation(settings: Settings, version: str) -> dict[str, Any] | None:
    """The last simulation of a version; None where it was never tried, or before they were kept.

    Raises
    ------
    RuleStateError
        The file is damaged.
    """
    path = _path(settings, version, ".json")
    if not path.is_file():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _unreadable(path, version, error) from None
    return content


def read_book(settings: Settings, version: str) -> bytes:
    """The Excel file of the last simulation of a version.

    Raises
    ------
    RuleStateError
        There is none.
    """
    path = _path(settings, version, ".xlsx")
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, version, error) from None


def _first(movers: pa.Table, moves: Any) -> list[dict[str, Any]]:
    """The first of those who move one way, those by most grades before the others."""
    chosen = movers.filter(moves(movers["grade_after"], movers["grade"])).select(list(_COLUMNS))
    order = [("grade_after", "descending"), ("grade", "ascending")]
    if moves is pc.less:
        order = [("grade_after", "ascending"), ("grade", "descending")]
    return list(chosen.sort_by(order).slice(0, _SHOWN).to_pylist())


def _path(settings: Settings, version: str, suffix: str) -> Path:
    return settings.grading_rules_dir / _FOLDER / f"{version}{suffix}"


def _unreadable(path: Path, version: str, error: Exception) -> RuleStateError:
    return RuleStateError(
        f"模拟结果 {path} 无法读取（{type(error).__name__}），请重新模拟 {version}",
        f"the simulation {path} cannot be read ({type(error).__name__}); simulate {version} again",
    )
