"""What changed between two monthly runs, and whether what was foretold came true.

Pure: two runs, the inspections known since the first one, and thresholds in; a report out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.messages import Message
from models.comparison.shifts import GroupShift, group_shifts
from models.configs.training import CONFIGS, read_table
from models.errors import ConfigError
from models.labels.splits import first_inspections
from models.rating.cutoffs import GRADES
from models.rating.scoring_model import GENERAL
from models.rating.sectors import members_of, on_either_side
from models.rating.stability import migration_matrix

Level = Literal["stable", "watch", "alarm"]
_DRAWN: Final = "double_random"
_NORMAL_95: Final = 1.959964


class Bounds(BaseModel):
    """From `watch` on a figure is watched, from `alarm` on somebody must act."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    watch: float = Field(ge=0)
    alarm: float = Field(ge=0)

    def level(self, figure: float) -> Level:
        """How bad a figure is; unknown counts as stable."""
        if figure >= self.alarm:
            return "alarm"
        return "watch" if figure >= self.watch else "stable"


class RealisedBounds(Bounds):
    """Bounds in percentage points, for grades with rows enough."""

    minimum_rows: int = Field(ge=1)


class Thresholds(BaseModel):
    """models/configs/drift.yaml; see there for each value's reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    psi: Bounds
    migration: Bounds
    realised: RealisedBounds


@dataclass(frozen=True)
class RunOutcome:
    """A run as its folder tells it; `counts` is None where it kept no distribution."""

    manifest: Mapping[str, Any]
    grades: pa.Table
    counts: pa.Table | None


@dataclass(frozen=True)
class Realised:
    """Found against foretold in a grade ("" for all), of enterprises inspected since.

    Rates are shares of 1; `low` and `high` bound the rate found (95 %, Wilson). `sector` is
    ``general`` for all enterprises.
    """

    sector: str
    grade: str
    basis: Literal["all", "drawn"]
    rows: int
    foretold: float
    found: float
    low: float
    high: float
    level: Level


@dataclass(frozen=True)
class Drift:
    """Everything a drift report says.

    Attributes
    ----------
    shifts
        Of score and indicators, by sector (``general``: all enterprises). Empty, or without
        indicators, where the runs cannot be compared bin by bin; then `why_no_psi` says why.
    migration
        By sector: enterprises in both runs by final grade before (rows) and now (columns), A to D.
        Who belonged to a sector in either run counts.
    """

    before: Mapping[str, Any]
    now: Mapping[str, Any]
    thresholds: Thresholds
    shifts: Mapping[str, GroupShift]
    why_no_psi: Message | None
    migration: Mapping[str, NDArray[np.int64]]
    only_before: int
    only_now: int
    realised: Sequence[Realised]

    def moved_share(self, sector: str = GENERAL) -> float:
        """Share of the enterprises in both runs whose grade is another one."""
        counts = self.migration[sector]
        total = int(counts.sum())
        return 1 - int(np.trace(counts)) / total if total else 0.0


def load_thresholds(path: Path = CONFIGS / "drift.yaml") -> Thresholds:
    """Read the thresholds.

    Raises
    ------
    ConfigError
        Values are missing, unknown or impossible (all are listed).
    """
    try:
        return Thresholds.model_validate(dict(read_table(path)))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()
        )
        raise ConfigError(
            f"漂移阈值 {path.name} 有误：{faults}", f"drift thresholds {path.name}: {faults}"
        ) from None


def compare_runs(
    before: RunOutcome,
    now: RunOutcome,
    *,
    outcomes: pa.Table,
    inclusion: pa.Table,
    thresholds: Thresholds,
) -> Drift:
    """Compare two runs.

    Parameters
    ----------
    outcomes
        Inspections since the first run's day: enterprise_id, event_on, inspection_kind, is_bad
        (see :func:`features.outcomes.inspection_outcomes`).
    inclusion
        Enterprises drawn in sampling rounds since then: enterprise_id, probability of being
        drawn. Empty without a round.
    """
    common, at, to = np.intersect1d(_ids(before.grades), _ids(now.grades), return_indices=True)
    shifts, why = _shifts(before, now)
    return Drift(
        before=before.manifest,
        now=now.manifest,
        thresholds=thresholds,
        shifts=shifts,
        why_no_psi=why,
        migration=_migration(before.grades.take(pa.array(at)), now.grades.take(pa.array(to))),
        only_before=before.grades.num_rows - len(common),
        only_now=now.grades.num_rows - len(common),
        realised=[
            *_realised(before.grades, first_inspections(outcomes), None, thresholds.realised),
            *_realised(before.grades, *_drawn(outcomes, inclusion), thresholds.realised),
        ],
    )


def _migration(before: pa.Table, now: pa.Table) -> dict[str, NDArray[np.int64]]:
    """Of the same enterprises in the same order."""
    was, turned = (_column(table, "grade").astype(str) for table in (before, now))
    return {
        sector: migration_matrix(was[own], turned[own])
        for sector, own in on_either_side(_groups(before), _groups(now)).items()
    }


def _groups(grades: pa.Table) -> dict[str, NDArray[np.bool_]]:
    """All enterprises (``general``), and the members of each sector."""
    everybody = np.ones(grades.num_rows, dtype=bool)
    if "sectors" not in grades.column_names:  # a run of an earlier version
        return {GENERAL: everybody}
    return {GENERAL: everybody, **members_of(grades["sectors"])}


def _shifts(before: RunOutcome, now: RunOutcome) -> tuple[Mapping[str, GroupShift], Message | None]:
    """Shifts, or why there are none, or none of the indicators."""
    if before.counts is None or now.counts is None:
        lacking = before if before.counts is None else now
        run_id = lacking.manifest["run_id"]
        return {}, Message(
            f"批次 {run_id} 没有保存分布文件 distribution.parquet，无法计算 PSI；请重新分级。",
            f"the run {run_id} kept no distribution.parquet, so there is no PSI; score again",
        )
    shifts = group_shifts(before.counts, now.counts)
    if before.manifest["model_version"] == now.manifest["model_version"]:
        return shifts, None
    return {name: replace(one, indicators=()) for name, one in shifts.items()}, Message(
        "两个批次用了不同的模型，区间不同，指标 PSI 不可比；用前一模型对后一日期重新分级后可比。",
        "the runs used different models, whose bins differ: no PSI per indicator; score the later "
        "day with the earlier model to have it",
    )


def _drawn(outcomes: pa.Table, inclusion: pa.Table) -> tuple[pa.Table, NDArray[np.float64]]:
    """First drawn inspections of enterprises that a round drew, and their weights."""
    kinds = _column(outcomes, "inspection_kind")
    own = first_inspections(outcomes.filter(pa.array(kinds == _DRAWN)))
    drawn, at, to = np.intersect1d(_ids(own), _ids(inclusion), return_indices=True)
    weight = 1 / inclusion["probability"].to_numpy()[to] if len(drawn) else np.empty(0)
    return own.take(pa.array(at)), weight


def _realised(
    grades: pa.Table,
    inspected: pa.Table,
    weight: NDArray[np.float64] | None,
    bounds: RealisedBounds,
) -> list[Realised]:
    _, at, to = np.intersect1d(_ids(grades), _ids(inspected), return_indices=True)
    grade = _column(grades, "grade")[at]
    foretold = _column(grades, "probability")[at].astype(np.float64)
    is_bad = _column(inspected, "is_bad")[to].astype(np.float64)
    weights = np.ones(len(at)) if weight is None else weight[to]
    basis: Literal["all", "drawn"] = "all" if weight is None else "drawn"
    found = []
    for sector, members in _groups(grades.take(pa.array(at))).items():
        for letter in ("", *GRADES):
            own = members & (grade == letter) if letter else members
            if own.any():
                group = (sector, letter, basis)
                found.append(_judge(group, foretold[own], is_bad[own], weights[own], bounds=bounds))
    return found


def _judge(
    group: tuple[str, str, Literal["all", "drawn"]],
    foretold: NDArray[np.float64],
    is_bad: NDArray[np.float64],
    weight: NDArray[np.float64],
    *,
    bounds: RealisedBounds,
) -> Realised:
    rate, told = (float(np.average(one, weights=weight)) for one in (is_bad, foretold))
    # Unequal weights are worth fewer rows (Kish's effective size).
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    low, high = wilson(rate, effective)
    level: Level = "stable"
    if len(is_bad) >= bounds.minimum_rows and not low <= told <= high:
        level = bounds.level(100 * abs(rate - told))
    return Realised(*group, len(is_bad), told, rate, low, high, level)


def wilson(rate: float, rows: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate found on so many rows."""
    z2 = _NORMAL_95**2
    centre = (rate + z2 / (2 * rows)) / (1 + z2 / rows)
    half = _NORMAL_95 * np.sqrt(rate * (1 - rate) / rows + z2 / (4 * rows**2)) / (1 + z2 / rows)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def _ids(table: pa.Table) -> NDArray[np.object_]:
    return _column(table, "enterprise_id")


def _column(table: pa.Table, name: str) -> NDArray[Any]:
    values: NDArray[Any] = table[name].to_numpy(zero_copy_only=False)
    return values
