"""What a full model card adds: more windows, groups, ablation, learning curves, other ways.

All of it is fitted and judged as the figures are: on windows that had ended before the one that
judges, with settings fixed beforehand. It costs several times a training, so it is made on demand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.configs.training import TrainingConfig
from models.fitting.fitting import Fitted
from models.fitting.general_models import choose_general_trees, fit_general
from models.labels.cohorts import CohortReader, keep_usable
from models.labels.splits import Cohort, Cohorts, join_cohorts
from models.labels.windows import require_purged, rolling_plans
from models.learning.columns import ModelIndicator, sector_columns
from models.progress import Tell, silent
from models.rating.scoring_model import GENERAL
from models.rating.stability import population_stability_index
from models.study.challengers import binned_logistic_log_odds
from models.study.equity import Equity, compare_groups
from models.study.evaluate import (
    Interval,
    auc,
    bootstrap,
    days_earlier,
    first_half_share,
    paired_difference,
    precision_at,
    quantile_counts,
)
from models.study.learning_curve import Point, learning_curves

# Test windows side by side, the newest first.
ORIGINS = 3


@dataclass(frozen=True)
class RollingWindow:
    """The general model fitted before a window, judged on it.

    Attributes
    ----------
    score_psi
        How far the scores moved between the newest training window and this one.
    """

    as_of: date
    until: date
    trained_rows: int
    rows: int
    positives: int
    figures: Mapping[str, Interval]
    score_psi: float


@dataclass(frozen=True)
class Study:
    """Everything a full card shows beside the figures of the test window.

    Attributes
    ----------
    ablation
        By dimension: AUC lost without it, on the same rows; its number of indicators first.
    logistic
        AUC of a logistic regression on bins less that of the general model.
    """

    rolling: Sequence[RollingWindow]
    equity: Equity
    ablation: Mapping[str, tuple[int, Interval]]
    curves: Mapping[str, Sequence[Point]]
    logistic: Interval

    def to_dict(self) -> dict[str, Any]:
        """For the manifest; NaN becomes None, days become text."""
        content: dict[str, Any] = _plain(asdict(self))
        return content


def make_study(
    fitted: Fitted,
    test: Mapping[str, Cohort],
    *,
    training: Cohorts,
    reader: CohortReader,
    dimensions: Mapping[str, str],
    last_known: date,
    config: TrainingConfig,
    tell: Tell = silent,
) -> Study:
    """Study models that were fitted to `training` and judged on `test`.

    Parameters
    ----------
    reader
        Reads cohorts of earlier windows; days that it has not read are left out, so that no
        indicator is computed for the study alone.
    dimensions
        Dimension of each general indicator.
    """
    scoring, held = fitted.scoring, test[GENERAL]
    told = scoring.scorecard.log_odds(held.columns(scoring.scorecard.names))
    columns = sector_columns(scoring.indicators, None)
    tell("研究：历次检验窗口 earlier test windows")
    rolling = _rolling(reader, columns, last_known=last_known, config=config)
    tell("研究：逐维度剔除 ablation by dimension")
    ablation = _ablation(fitted, training[GENERAL], held, told, dimensions, config=config)
    tell("研究：学习曲线 learning curves")
    curves = learning_curves(fitted, training, test, config=config)
    other = binned_logistic_log_odds(training[GENERAL], held, indicators=columns)
    return Study(
        rolling=rolling,
        equity=compare_groups(held, told, indicators=scoring.indicators),
        ablation=ablation,
        curves=curves,
        logistic=_difference(held, other, told, config=config),
    )


def _rolling(
    reader: CohortReader,
    columns: Sequence[ModelIndicator],
    *,
    last_known: date,
    config: TrainingConfig,
) -> list[RollingWindow]:
    found = []
    for plan in rolling_plans(
        last_known,
        horizon_months=config.horizon_months,
        spacing_months=config.as_of_spacing_months,
        training_windows=config.training_windows,
        origins=ORIGINS,
    ):
        known = [window for window in plan.training if window.as_of in reader.days_read]
        require_purged(known, plan.test)
        if plan.test.as_of not in reader.days_read or not known:
            continue
        earlier = keep_usable([reader.read(window) for window in known], config=config)
        held = reader.read(plan.test)[GENERAL]
        if GENERAL in earlier and held.positives not in (0, len(held)):
            found.append(_judge(earlier[GENERAL], held, columns, config=config))
    return found


def _judge(
    training: Sequence[Cohort],
    held: Cohort,
    columns: Sequence[ModelIndicator],
    *,
    config: TrainingConfig,
) -> RollingWindow:
    rows = join_cohorts(training)
    trees = choose_general_trees(training, indicators=columns, config=config)
    card = fit_general(rows, columns, config=config, trees=trees).scorecard_
    told = card.log_odds(held.columns(card.names))
    newest = card.log_odds(training[-1].columns(card.names))

    def figures(chosen: NDArray[np.int64]) -> dict[str, float]:
        bad, score = held.is_bad[chosen], told[chosen]
        return {
            "auc": auc(bad, score),
            "precision_at_10": precision_at(bad, score),
            "days_earlier": days_earlier(bad, score, held.inspected_on[chosen]),
            "first_half_share": first_half_share(bad, score),
        }

    return RollingWindow(
        as_of=held.window.as_of,
        until=held.window.until,
        trained_rows=len(rows),
        rows=len(held),
        positives=held.positives,
        figures=bootstrap(
            figures,
            rows=len(held),
            replicates=config.bootstrap_replicates,
            rng=np.random.default_rng(config.seed),
            jobs=config.jobs,
        ),
        score_psi=population_stability_index(*quantile_counts(newest, told)),
    )


def _ablation(
    fitted: Fitted,
    training: Sequence[Cohort],
    held: Cohort,
    told: NDArray[np.float64],
    dimensions: Mapping[str, str],
    *,
    config: TrainingConfig,
) -> dict[str, tuple[int, Interval]]:
    """Fit again without each dimension, with as many trees, and compare on the same rows."""
    columns = sector_columns(fitted.scoring.indicators, None)
    rows = join_cohorts(training)
    lost = {}
    for dimension in dict.fromkeys(dimensions.get(row.name, "") for row in columns):
        rest = [row for row in columns if dimensions.get(row.name, "") != dimension]
        if not dimension or not rest:
            continue
        card = fit_general(rows, rest, config=config, trees=fitted.trees[GENERAL]).scorecard_
        without = card.log_odds(held.columns(card.names))
        count = len(columns) - len(rest)
        lost[dimension] = (count, _difference(held, told, without, config=config))
    return lost


def _difference(
    held: Cohort, ours: NDArray[np.float64], peers: NDArray[np.float64], *, config: TrainingConfig
) -> Interval:
    return paired_difference(
        auc,
        held.is_bad,
        ours=ours,
        peers=peers,
        rng=np.random.default_rng(config.seed),
        replicates=config.bootstrap_replicates,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and np.isnan(value) else value
