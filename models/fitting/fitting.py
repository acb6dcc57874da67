"""Fit all models on labelled cohorts: general, sectors, and their calibrations, cross-fitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.configs.training import TrainingConfig
from models.errors import CohortError, ConfigError
from models.fitting.calibrations import calibrate_on_newest
from models.fitting.general_models import CrossFit, choose_general_trees, fit_general
from models.fitting.sector_models import fit_one_sector, try_sector
from models.labels.splits import Cohort, Cohorts, join_cohorts
from models.labels.windows import Window
from models.learning.columns import ModelIndicator, sector_columns
from models.learning.general import AdditiveScorecard
from models.learning.sector import SectorModel, Trial
from models.progress import Tell, silent
from models.rating.scoring_model import GENERAL, ScoringModel
from models.rating.sectors import unknown_indicators


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
    _require_usable(cohorts, indicators, config)
    decided = dict(trees or {})
    general, crossed = _fit_general_models(
        cohorts[GENERAL], indicators, config=config, trees=decided.get(GENERAL), tell=tell
    )
    decided[GENERAL] = crossed.trees
    told = [crossed.log_odds(cohort) for cohort in cohorts[GENERAL]]
    calibrations = {GENERAL: calibrate_on_newest(cohorts[GENERAL], told, config=config)}
    sectors: dict[str, SectorModel] = {}
    trials: dict[str, Trial] = {}
    for sector in _sectors_with_labels(cohorts, config):
        tell(f"拟合行业子模型 sector model: {sector}")
        own = sector_columns(indicators, config.sectors[sector].indicators)
        if sector not in decided:
            trials[sector] = try_sector(cohorts, sector, own, crossed=crossed, config=config)
            decided[sector] = trials[sector].trees_used
        sectors[sector], calibrations[sector] = fit_one_sector(
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


def _fit_general_models(
    cohorts: Sequence[Cohort],
    indicators: Sequence[ModelIndicator],
    *,
    config: TrainingConfig,
    trees: int | None,
    tell: Tell,
) -> tuple[AdditiveScorecard, CrossFit]:
    """The general model of all rows, and those of all folds but one."""
    columns = sector_columns(indicators, None)
    if trees is None:
        tell("确定通用模型规模 size of the general model")
        trees = choose_general_trees(cohorts, indicators=columns, config=config)
    tell("拟合通用模型 general model")
    rows = join_cohorts(cohorts)
    general = fit_general(rows, columns, config=config, trees=trees)
    tell("交叉拟合 cross-fitting")
    return general, CrossFit(rows, columns, config=config, trees=trees)


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


def _require_usable(
    cohorts: Cohorts, indicators: Sequence[ModelIndicator], config: TrainingConfig
) -> None:
    if not cohorts.get(GENERAL):
        raise CohortError(
            "通用模型没有可用的训练窗口：检查记录太少或历史太短。请导入更早的检查记录。",
            "the general model has no training window: too few inspections or too short a "
            "history. Import earlier inspections.",
        )
    chosen = {name: config.sectors[name] for name in _asked_for(config)}
    if unknown := unknown_indicators(chosen, indicators):
        raise ConfigError(
            f"行业配置引用了指标目录中没有的指标：{'；'.join(unknown)}",
            f"sectors name indicators that the catalogue does not have: {'; '.join(unknown)}",
        )
