"""Two models on the same inspections, which neither of them has learned from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.archive import Archive
from features.engine import Engine
from features.messages import Message
from features.outcomes import inspection_outcomes
from features.point_in_time import OFFICE_OFFSET
from models.comparison.standing import Side, Standing
from models.labels.label_files import load_label
from models.labels.splits import first_inspections
from models.labels.windows import add_months
from models.rating.scoring_model import GENERAL
from models.study.evaluate import (
    Interval,
    auc,
    average_precision,
    bootstrap,
    calibration_error,
    days_earlier,
    first_half_share,
    precision_at,
)

FIGURES: Final = (
    "auc",
    "average_precision",
    "precision_at_10",
    "days_earlier",
    "first_half_share",
    "calibration_error",
)
_REPLICATES, _SEED = 300, 20220101


@dataclass(frozen=True)
class HeldOut:
    """Figures on inspections that neither model learned from.

    Attributes
    ----------
    figures
        By figure: of the first, of the second, second less first.
    """

    rows: int
    positives: int
    until: date
    label: str
    figures: Mapping[str, tuple[Interval, Interval, Interval]]


def held_out_figures(
    engine: Engine,
    archive: Archive,
    *,
    sides: tuple[Side, Side],
    standings: tuple[Standing, Standing],
) -> HeldOut | Message:
    """Figures of both sides on inspections after their day, or why there are none.

    Parameters
    ----------
    standings
        Of the same enterprises, row by row.
    """
    first, second = sides
    if first.as_of != second.as_of:
        return Message(
            "两侧观察日不同，命中率等指标不可逐行配对比较。",
            "The two sides look at different days: figures cannot be paired row by row.",
        )
    learned = max(first.last_known, second.last_known)
    if first.as_of < learned:
        return Message(
            (
                f"观察日 {first.as_of} 之后的检查有一个模型已经学过（截止 {learned}），"
                f"数字会虚高，不予给出；请用不早于 {learned} 的 --as-of。"
            ),
            (
                f"One of the models has learned from inspections after {first.as_of} (up to "
                f"{learned}): figures would flatter it. Use an --as-of not before {learned}."
            ),
        )
    return _figures(engine, archive, sides, standings)


def _figures(
    engine: Engine,
    archive: Archive,
    sides: tuple[Side, Side],
    standings: tuple[Standing, Standing],
) -> HeldOut | Message:
    config, as_of = sides[0].read.manifest["config"], sides[0].as_of
    known = archive.latest_known_at
    known_on = as_of if known is None else (known + OFFICE_OFFSET).date()
    until = min(add_months(as_of, int(config["horizon_months"])), known_on)
    label = load_label(config["labels"][GENERAL])
    outcomes = first_inspections(
        inspection_outcomes(
            engine, archive, after=as_of, until=until, known_by=known_on, label=label
        )
    )
    inspected, rows, at = np.intersect1d(
        standings[0].enterprise_id,
        outcomes["enterprise_id"].to_numpy(zero_copy_only=False),
        return_indices=True,
    )
    is_bad = np.asarray(outcomes["is_bad"].to_numpy(zero_copy_only=False)[at], dtype=bool)
    if is_bad.sum() in (0, len(is_bad)):
        return Message(
            (
                f"{as_of} 至 {until} 已知 {len(inspected)} 户受检、{is_bad.sum()} 户有严重问题，"
                "不足以比较；待检查结果归集后再比。"
            ),
            (
                f"{len(inspected)} inspections are known of {as_of} to {until}, {is_bad.sum()} of "
                "them bad: not enough to compare. Come back when results are in."
            ),
        )
    day = outcomes["event_on"].to_numpy(zero_copy_only=False)[at].astype("datetime64[D]")
    figures = paired_figures(
        is_bad, day, first=standings[0].probability[rows], second=standings[1].probability[rows]
    )
    return HeldOut(len(is_bad), int(is_bad.sum()), until, label.zh, figures)


def paired_figures(
    is_bad: NDArray[np.bool_],
    day: NDArray[np.datetime64],
    *,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    replicates: int = _REPLICATES,
) -> dict[str, tuple[Interval, Interval, Interval]]:
    """Figures of two probabilities on the same rows, and their difference, with intervals."""

    def compute(rows: NDArray[np.int64]) -> dict[str, float]:
        both = [_of(is_bad[rows], day[rows], one[rows]) for one in (first, second)]
        told = {f"{at} {name}": one[name] for at, one in enumerate(both) for name in FIGURES}
        return told | {f"difference {name}": both[1][name] - both[0][name] for name in FIGURES}

    intervals = bootstrap(
        compute,
        rows=len(is_bad),
        replicates=replicates,
        rng=np.random.default_rng(_SEED),
        reflected=("0 calibration_error", "1 calibration_error"),
        jobs=1,
    )
    return {
        name: (
            intervals[f"0 {name}"],
            intervals[f"1 {name}"],
            intervals[f"difference {name}"],
        )
        for name in FIGURES
    }


def _of(
    is_bad: NDArray[np.bool_], day: NDArray[np.datetime64], probability: NDArray[np.float64]
) -> dict[str, float]:
    return {
        "auc": auc(is_bad, probability),
        "average_precision": average_precision(is_bad, probability),
        "precision_at_10": precision_at(is_bad, probability),
        "days_earlier": days_earlier(is_bad, probability, day),
        "first_half_share": first_half_share(is_bad, probability),
        "calibration_error": calibration_error(is_bad, probability),
    }
