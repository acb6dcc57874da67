"""What a run depends on beside archive and model: last month, the province, overrides, rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from scoring.grading import GradeInputs
from scoring.statutory.statements import Statements
from service.db.connection import Database
from service.errors import RunUnusableError
from service.grades.folders import read_run
from service.grades.repository import run_before
from service.grading_rules.store import policy_in_force
from service.overrides.operations import in_force
from service.settings import Settings


def gather_inputs(
    settings: Settings,
    database: Database,
    *,
    statements: Statements,
    as_of: date,
    at: datetime,
    enterprise_ids: Sequence[str] | None = None,
) -> GradeInputs:
    """The inputs of a run as of a day that is made at an instant (naive UTC).

    What the province said is known as of the day, like every record. Last month is the newest run
    of an earlier day that is or was in use. Overrides and rules are those in force on the day the
    run is made: they are acts on the grade, not facts of the past.

    Parameters
    ----------
    enterprise_ids
        Whose grades of last month are wanted. Then they alone are read, and last month's file,
        which may have millions, is not compared with its hash: each batch does that.

    Raises
    ------
    RunUnusableError
        The folder of last month's run is gone or damaged.
    """
    with database.reading() as session:
        earlier = run_before(session, as_of=as_of)
        run_id = earlier["run_id"] if earlier else None
    inputs = GradeInputs(
        provincial=statements.general_grades(as_of),
        overrides=in_force(settings, at=at),
        policy=policy_in_force(settings),
        law_overlay=settings.law_overlay,
    )
    if run_id is None:
        return inputs
    return replace(
        inputs, previous=_previous(settings, run_id, enterprise_ids), previous_run=run_id
    )


def _previous(settings: Settings, run_id: str, enterprise_ids: Sequence[str] | None) -> pa.Table:
    try:
        grades = _grades(settings.runs_dir / run_id, enterprise_ids)
    except RunUnusableError as error:
        raise RunUnusableError(
            f"稳定带需要上一期批次：{error.zh} 或者用 xinheng runs withdraw 撤回该批次后再评级。",
            f"Hysteresis needs last month's run: {error.en}, or withdraw it first "
            "(xinheng runs withdraw).",
        ) from None
    settled = "settled_grade" if "settled_grade" in grades.column_names else "model_grade"
    return pa.table({"enterprise_id": grades["enterprise_id"], "grade": grades[settled]})


def _grades(folder: Path, enterprise_ids: Sequence[str] | None) -> pa.Table:
    wanted = ["enterprise_id", "settled_grade", "model_grade"]
    if enterprise_ids is not None:
        run = read_run(folder, whole=False)
        try:
            return run.rows_of(enterprise_ids, columns=run.present(wanted))
        except (OSError, pa.ArrowInvalid):
            pass  # the whole file compared with its hash says what is wrong
    return read_run(folder).grades(wanted)
