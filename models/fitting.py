"""Fit all models on labelled cohorts: general, sectors, and their calibrations, cross-fitted.

Cross-fitting goes by enterprise: a row's log-odds, wherever they serve another model or a
calibration as input, come from a general model that never saw that enterprise.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from models.boosting import Sample
from models.calibration import Calibration, calibrate
from models.columns import ModelIndicator, sector_columns
from models.config import TrainingConfig
from models.errors import CohortError, ConfigError
from models.general import AdditiveScorecard
from models.inclusion import design_weights
from models.progress import Tell, silent
from models.scorecard import Scorecard
from models.scoring_model import GENERAL, ScoringModel
from models.sector import SectorModel, Trial, choose_trees, fit_sector, try_in_time
from models.sectors import unknown_indicators
from models.splits import Cohort, Window, enterprise_folds, join_cohorts

Fit = TypeVar("Fit")

Cohorts = Mapping[str, Sequence[Cohort]]
"""Model name (general, and sectors by name) to its labelled cohorts, oldest first."""


@dataclass(frozen=True)
class Fitted:
    """Models fitted on one set of cohorts.

    Attributes
    ----------
    general
        The estimator, with its booster.
    scoring
        All of it, ready to score (without cut-offs).
    trees
        Trees of each model.
    windows
        Windows of each model, as used.
    trials
        How each sub-model whose size was sought here did on a later window.
    """

    general: AdditiveScorecard
    scoring: ScoringModel
    trees: Mapping[str, int]
    windows: Mapping[str, tuple[Window, ...]]
    trials: Mapping[str, Trial] = field(default_factory=dict)


def fit_models(
    cohorts: Cohorts,
    *,
    indicators: Sequence[ModelIndicator],
    config: TrainingConfig,
    trees: Mapping[str, int] | None = None,
    tell: Tell = silent,
) -> Fitted:
    """Fit the general model, then each sector that has labels enough.

    Parameters
    ----------
    trees
        Trees of each model, decided earlier; those absent are decided here, the general model's
        by stopping on the newest cohort, a sector's by cross-validation.

    Raises
    ------
    CohortError
        No cohort for the general model.
    SingleClassError
        All labels of the general model are equal.
    ConfigError
        A sector names an indicator that is not among `indicators`.
    """
    if not cohorts.get(GENERAL):
        raise CohortError(
            "通用模型没有可用的训练窗口：检查记录太少或历史太短。请导入更早的检查记录。",
            "the general model has no training window: too few inspections or too short a "
            "history. Import earlier inspections.",
        )
    _require_known(indicators, config)
    names = sector_columns(indicators, None)
    decided = dict(trees or {})
    if GENERAL not in decided:
        tell("确定通用模型规模 size of the general model")
        decided[GENERAL] = choose_general_trees(cohorts[GENERAL], indicators=names, config=config)
    tell("拟合通用模型 general model")
    rows = join_cohorts(cohorts[GENERAL])
    general = fit_general(rows, names, config=config, trees=decided[GENERAL])
    tell("交叉拟合 cross-fitting")
    crossed = CrossFit(rows, names, config=config, trees=decided[GENERAL])
    told = [crossed.log_odds(cohort) for cohort in cohorts[GENERAL]]
    calibrations = {GENERAL: _calibrate(cohorts[GENERAL], told, config=config)}
    sectors: dict[str, SectorModel] = {}
    trials: dict[str, Trial] = {}
    for sector in _sectors_with_labels(cohorts, config):
        tell(f"拟合行业子模型 sector model: {sector}")
        own = sector_columns(indicators, config.sectors[sector].indicators)
        if sector not in decided:
            trials[sector] = _try_sector(cohorts, sector, own, crossed=crossed, config=config)
            decided[sector] = trials[sector].trees_used
        sectors[sector], calibrations[sector] = _fit_one_sector(
            cohorts[sector], own, crossed=crossed, config=config, trees=decided[sector]
        )
        decided[sector] = sectors[sector].trees
    scoring = ScoringModel(
        tuple(indicators),
        general.scorecard_,
        sectors,
        calibrations,
        config.points,
        definitions={name: config.sectors[name] for name in _asked_for(config)},
    )
    used = {name: tuple(one.window for one in cohorts[name]) for name in (GENERAL, *sectors)}
    return Fitted(general, scoring, decided, used, trials)


def choose_general_trees(
    cohorts: Sequence[Cohort], *, indicators: Sequence[ModelIndicator], config: TrainingConfig
) -> int:
    """Trees at which the loss on the newest cohort no longer falls; see :func:`stopping_rows`."""
    fitted_to, watched = stopping_rows(cohorts, config=config)
    model = _estimator(indicators, config=config, trees=config.general.n_estimators)
    model.fit(
        _frame(fitted_to, indicators),
        fitted_to.is_bad,
        validation=(_frame(watched, indicators), watched.is_bad),
    )
    return max(1, model.n_trees_)


def stopping_rows(cohorts: Sequence[Cohort], *, config: TrainingConfig) -> tuple[Cohort, Cohort]:
    """Rows to fit to and rows to stop on, while the number of trees is sought.

    The newest cohort stands for the future; only cohorts that ended by its as-of day are fitted
    to. Where none did, or one side holds no positives, a fold of enterprises is set aside instead.
    """
    newest = cohorts[-1]
    earlier = [one for one in cohorts[:-1] if one.window.until <= newest.window.as_of]
    if newest.positives and sum(one.positives for one in earlier):
        return join_cohorts(earlier), newest
    rows = join_cohorts(cohorts)
    aside = enterprise_folds(rows.enterprise_id, config.folds) == 0
    return rows.take(~aside), rows.take(aside)


class CrossFit:
    """General models of all folds but one, and what they say of enterprises in that one.

    Attributes
    ----------
    trees
        Of each of those models.
    """

    def __init__(
        self,
        rows: Cohort,
        indicators: Sequence[ModelIndicator],
        *,
        config: TrainingConfig,
        trees: int,
    ) -> None:
        self._names = [row.name for row in indicators]
        self._folds = config.folds
        self.trees = trees
        fold = enterprise_folds(rows.enterprise_id, config.folds)

        def fit(number: int) -> Scorecard:
            rest = _all_but(rows, fold == number)
            return fit_general(rest, indicators, config=config, trees=trees).scorecard_

        self._scorecards = _side_by_side(fit, range(config.folds), jobs=config.jobs)

    def log_odds(self, rows: Cohort) -> NDArray[np.float64]:
        """General log-odds of each row from the model that never saw its enterprise."""
        fold = enterprise_folds(rows.enterprise_id, self._folds)
        values = rows.columns(self._names)
        told = np.empty(len(rows))
        for number, scorecard in enumerate(self._scorecards):
            told[fold == number] = scorecard.log_odds(values[fold == number])
        return told


def _all_but(rows: Cohort, inside: NDArray[np.bool_]) -> Cohort:
    rest = rows.take(~inside)
    # With so few positives that all of them lie in one fold, all rows are better than none.
    return rest if len(np.unique(rest.is_bad)) == 2 else rows


def _estimator(
    indicators: Sequence[ModelIndicator], *, config: TrainingConfig, trees: int
) -> AdditiveScorecard:
    settings = config.general.model_dump() | {"n_estimators": trees}
    signs = {row.name: row.sign for row in indicators if row.sign}
    return AdditiveScorecard(signs=signs, random_state=config.seed, **settings)


def _frame(rows: Cohort, indicators: Sequence[ModelIndicator]) -> pd.DataFrame:
    names = [row.name for row in indicators]
    return pd.DataFrame(rows.columns(names), columns=names)


def fit_general(
    rows: Cohort, indicators: Sequence[ModelIndicator], *, config: TrainingConfig, trees: int
) -> AdditiveScorecard:
    """Exactly `trees` trees on all the rows."""
    model = _estimator(indicators, config=config, trees=trees)
    return model.fit(_frame(rows, indicators), rows.is_bad)


def _sectors_with_labels(cohorts: Cohorts, config: TrainingConfig) -> list[str]:
    return [
        sector
        for sector in _asked_for(config)
        if sum(cohort.positives for cohort in cohorts.get(sector, ()))
        >= config.positives_needed(sector)
        and any(not cohort.is_bad.all() for cohort in cohorts[sector])
    ]


def _asked_for(config: TrainingConfig) -> list[str]:
    """The sectors that have a label, in the order of the configuration."""
    return [sector for sector in config.sectors if sector in config.labels.present()]


def _require_known(indicators: Sequence[ModelIndicator], config: TrainingConfig) -> None:
    chosen = {name: config.sectors[name] for name in _asked_for(config)}
    if unknown := unknown_indicators(chosen, indicators):
        raise ConfigError(
            f"行业配置引用了指标目录中没有的指标：{'；'.join(unknown)}",
            f"sectors name indicators that the catalogue does not have: {'; '.join(unknown)}",
        )


def _try_sector(
    cohorts: Cohorts,
    sector: str,
    indicators: Sequence[ModelIndicator],
    *,
    crossed: CrossFit,
    config: TrainingConfig,
) -> Trial:
    """Seek a sub-model's trees by enterprise, then make it prove itself on the newest window.

    What it starts from there is a general model of windows that had ended before, as it would have
    been in use on that day.
    """
    rows = join_cohorts(cohorts[sector])
    trees = choose_trees(
        _sample(rows, indicators, start=crossed.log_odds(rows)),
        indicators,
        fold=enterprise_folds(rows.enterprise_id, config.folds),
        settings=config.sector,
        seed=config.seed,
    )
    newest = cohorts[sector][-1]
    earlier, general = (_ended_before(newest, cohorts[name]) for name in (sector, GENERAL))
    if trees == 0 or not (_both_classes(earlier) and _both_classes(general) and newest.positives):
        return Trial(trees)
    columns = sector_columns(indicators, None)
    before = join_cohorts(earlier)
    rest = join_cohorts(general)
    then = fit_general(rest, columns, config=config, trees=crossed.trees).scorecard_
    return try_in_time(
        _sample(before, indicators, start=crossed.log_odds(before)),
        _sample(newest, indicators, start=then.log_odds(newest.columns(then.names))),
        indicators,
        settings=config.sector,
        trees=trees,
        seed=config.seed,
    )


def _sample(
    rows: Cohort, indicators: Sequence[ModelIndicator], *, start: NDArray[np.float64]
) -> Sample:
    return Sample(rows.columns([row.name for row in indicators]), rows.is_bad, start=start)


def _ended_before(newest: Cohort, cohorts: Sequence[Cohort]) -> list[Cohort]:
    return [one for one in cohorts if one.window.until <= newest.window.as_of]


def _both_classes(cohorts: Sequence[Cohort]) -> bool:
    return len({bool(one) for cohort in cohorts for one in np.unique(cohort.is_bad)}) == 2


def _fit_one_sector(
    cohorts: Sequence[Cohort],
    indicators: Sequence[ModelIndicator],
    *,
    crossed: CrossFit,
    config: TrainingConfig,
    trees: int,
) -> tuple[SectorModel, Calibration]:
    rows = join_cohorts(cohorts)
    fold = enterprise_folds(rows.enterprise_id, config.folds)
    start = crossed.log_odds(rows)
    values = rows.columns([row.name for row in indicators])
    whole = Sample(values, rows.is_bad, start=start)
    settings, seed = config.sector, config.seed

    def fit_rest(number: int) -> SectorModel:
        rest = fold != number
        sample = Sample(values[rest], rows.is_bad[rest], start=start[rest])
        return fit_sector(sample, indicators, settings=settings, trees=trees, seed=seed)

    added = np.zeros(len(rows))
    for number, model in enumerate(_side_by_side(fit_rest, range(config.folds), jobs=config.jobs)):
        added[fold == number] = model.added_log_odds(values[fold == number])
    ends = np.cumsum([len(cohort) for cohort in cohorts])
    told = np.split(start + added, ends[:-1])
    model = fit_sector(whole, indicators, settings=settings, trees=trees, seed=seed)
    return model, _calibrate(cohorts, told, config=config)


def _side_by_side(fit: Callable[[int], Fit], numbers: Sequence[int], *, jobs: int) -> list[Fit]:
    """Fit folds at the same time, each on its own thread; LightGBM lets go of Python meanwhile."""
    return list(Parallel(n_jobs=jobs, prefer="threads")(delayed(fit)(one) for one in numbers))


def _calibrate(
    cohorts: Sequence[Cohort],
    log_odds: Sequence[NDArray[np.float64]],
    *,
    config: TrainingConfig,
) -> Calibration:
    """Calibrate on the newest windows; on all of them where the newest hold one class."""
    settings = config.calibration
    newest = list(cohorts[-settings.windows :])
    if not _both_classes(newest):
        newest = list(cohorts)
    rows = join_cohorts(newest)
    told = np.concatenate(log_odds[-len(newest) :])
    drawn = drawn_rows(rows, config=config)
    enough = int(rows.is_bad[drawn].sum()) >= settings.drawn_minimum_positives
    weight = design_weights(rows.inclusion) if enough else None
    level = drawn if enough and not rows.is_bad[drawn].all() else None
    calibration = calibrate(
        told,
        rows.is_bad,
        isotonic_from=settings.isotonic_from_positives,
        weight=weight,
        drawn=level,
    )
    if settings.level_half_life_days is None:
        return calibration
    fading = _fading(rows.inspected_on, half_life=settings.level_half_life_days)
    return calibration.at_level_of(
        told,
        rows.is_bad,
        weight=fading * (1.0 if weight is None else weight) * (1.0 if level is None else level),
    )


def _fading(day: NDArray[np.datetime64], *, half_life: int) -> NDArray[np.float64]:
    """One for the newest check, half for one `half_life` days older."""
    age = (day.max() - day) / np.timedelta64(1, "D")
    return np.asarray(0.5 ** (age / half_life))


def drawn_rows(rows: Cohort, *, config: TrainingConfig) -> NDArray[np.bool_]:
    """Which rows are drawn inspections.

    Where they hold positives enough they alone say how high the risk is. Those of a campaign of
    ours count with the inverse of their probability of inclusion: grades, by which that differs,
    also come from rules that the score does not know.
    """
    return np.isin(rows.inspection_kind, list(config.calibration.drawn_kinds))
