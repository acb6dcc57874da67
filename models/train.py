"""MAIN FLOW 2: an archive in; general model, sector models, calibrations and figures out.

The figures come from models that knew nothing of the test window. The models that are shipped are
then fitted again, with the same numbers of trees, to everything known: the newest year of checks
teaches the model that is used, and is not lost to the measurement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.archive import Archive
from features.engine import Engine
from features.indicators import catalogue, definitions_hash
from law import NATIONWIDE
from models.configs.training import TrainingConfig
from models.fitting.fitting import Fitted, fit_models
from models.labels.cohorts import CohortReader, keep_usable, open_reader, require_testable
from models.labels.splits import Cohort, Cohorts, join_cohorts
from models.labels.windows import WindowPlan, plan_windows, require_purged
from models.learning.columns import CatalogueRow, remember
from models.learning.scorecard import bin_shares
from models.progress import Progress, Steps, Tell, silent
from models.rating.cutoffs import choose_cut_offs, target_shares
from models.rating.scoring_model import GENERAL, ScoringModel
from models.study.reporting import ModelReport, report_on_test
from models.study.study import Study, make_study
from models.trained import TrainedModels

# Fitting and scoring steps that a person waiting is told of, beside one per as-of day.
_FITTING_STEPS = 11
_STUDY_STEPS = 3


def train(
    engine: Engine,
    archive: Archive,
    *,
    last_known: date,
    config: TrainingConfig,
    region: str = NATIONWIDE,
    law_on: date | None = None,
    progress: Progress | None = None,
    full_card: bool = False,
) -> TrainedModels:
    """Train on an archive.

    Parameters
    ----------
    last_known
        The day up to which inspections are known completely; the test window ends on it.
    region
        GB/T 2260 code for which the target shares of grades are looked up.
    law_on
        The day whose law gives those shares; `last_known` unless old records are studied under
        the law of a later day.
    progress
        Called as ``progress(step, done, total)``.
    full_card
        Also make the study of :mod:`models.study.study`: several times the work.

    Raises
    ------
    CohortError
        The history is too short, or holds too few inspections, to train and test on.
    SingleClassError
        All inspections learned from had the same result.
    """
    plan = plan_windows(
        last_known,
        horizon_months=config.horizon_months,
        spacing_months=config.as_of_spacing_months,
        training_windows=config.training_windows,
    )
    shares = target_shares(config.target_shares_parameter, on=law_on or last_known, region=region)
    steps = Steps(progress, total=_step_count(plan, full_card=full_card))
    reader = open_reader(engine, archive, config=config, latest_known=last_known, tell=steps)
    tested = _fit_and_test(reader, plan, shares=shares, config=config, tell=steps)
    if full_card:
        tested = _studied(tested, reader, last_known=last_known, config=config, tell=steps)
    shipped = _fit_to_all(reader, plan, tested, shares=shares, config=config, tell=steps)
    steps.finish()
    known = {"archive_build": archive.build_id, "last_known": last_known.isoformat()}
    return replace(shipped, snapshot=known | {"region": region})


def _step_count(plan: WindowPlan, *, full_card: bool) -> int:
    """Steps that a person waiting is told of."""
    return len(plan.as_of_days) + _FITTING_STEPS + (_STUDY_STEPS if full_card else 0)


@dataclass(frozen=True)
class _Tested:
    """Models that knew nothing of the test window, and how they did on it."""

    fitted: Fitted
    training: Cohorts
    test: Mapping[str, Cohort]
    reports: Mapping[str, ModelReport]
    study: Study | None = None


def _fit_and_test(
    reader: CohortReader,
    plan: WindowPlan,
    *,
    shares: Mapping[str, int],
    config: TrainingConfig,
    tell: Tell,
) -> _Tested:
    training = keep_usable([reader.read(window) for window in plan.training], config=config)
    fitted = fit_models(training, indicators=remember(catalogue()), config=config, tell=tell)
    then = _PopulationScores(fitted.scoring)
    test = reader.read(plan.test, visit=then)
    require_testable(test[GENERAL])
    cut = choose_cut_offs(then.joined(), target_per_mille=shares, as_of=plan.test.as_of)
    tell("检验窗口评估 figures on the test window")
    reports = report_on_test(fitted, test, training=training, config=config, cut_offs=cut)
    return _Tested(fitted, training, test, reports)


def _studied(
    tested: _Tested, reader: CohortReader, *, last_known: date, config: TrainingConfig, tell: Tell
) -> _Tested:
    study = make_study(
        tested.fitted,
        tested.test,
        training=tested.training,
        reader=reader,
        dimensions={row.name: row.dimension for row in catalogue()},
        last_known=last_known,
        config=config,
        tell=tell,
    )
    return replace(tested, study=study)


def _fit_to_all(
    reader: CohortReader,
    plan: WindowPlan,
    tested: _Tested,
    *,
    shares: Mapping[str, int],
    config: TrainingConfig,
    tell: Tell,
) -> TrainedModels:
    """The models to ship, of the sizes that were tested, with the figures of the tested ones."""
    last_known = plan.test.until
    everything = keep_usable([reader.read(window) for window in plan.shipping], config=config)
    shipped = fit_models(
        everything,
        indicators=remember(catalogue()),
        config=config,
        trees=tested.fitted.trees,
        tell=tell,
    )
    tell("全量评分定等级分界 cut-offs on the population")
    now = _PopulationScores(shipped.scoring)
    for tables in reader.population(last_known):
        now(*tables)
    cut = choose_cut_offs(now.joined(), target_per_mille=shares, as_of=last_known)
    trained = _assemble(shipped, everything, config=config, definitions=definitions_hash())
    return replace(
        trained,
        scoring=replace(shipped.scoring, cut_offs=cut),
        reports=tested.reports,
        trials=tested.fitted.trials,
        study=tested.study,
        cohorts=[
            *_describe(tested.training, "training"),
            *_describe({model: [cohort] for model, cohort in tested.test.items()}, "test"),
            *_describe(everything, "shipped"),
        ],
    )


class _PopulationScores:
    """Collects the final probability of every enterprise it is shown."""

    def __init__(self, scoring: ScoringModel) -> None:
        self._scoring = scoring
        self._parts: list[NDArray[np.float64]] = []

    def __call__(self, matrix: pa.Table, profile: pa.Table) -> None:
        self._parts.append(self._scoring.rate(matrix, profile).probability)

    def joined(self) -> NDArray[np.float64]:
        return np.concatenate(self._parts)


def train_on(
    cohorts: Cohorts,
    *,
    indicators: Sequence[CatalogueRow],
    config: TrainingConfig,
    test: Mapping[str, Cohort] | None = None,
    definitions: str = "",
    tell: Tell = silent,
) -> TrainedModels:
    """Train on cohorts in memory, and report on a test window where one is given.

    What is returned was fitted to `cohorts` alone; without rows for a sector, the general model
    stands alone.

    Parameters
    ----------
    cohorts
        By model (``general``, and sectors of the configuration by name), oldest
        first, each with every name of `indicators`.
    definitions
        Hash of the indicators' definitions.

    Raises
    ------
    OverlappingWindowError
        A cohort ends, or is known, after the test's as-of day.
    CohortError, SingleClassError
        See :func:`models.fitting.fitting.fit_models`.
    """
    for model, held in (test or {}).items():
        require_purged([cohort.window for cohort in cohorts.get(model, ())], held.window)
    fitted = fit_models(cohorts, indicators=remember(indicators), config=config, tell=tell)
    trained = _assemble(fitted, cohorts, config=config, definitions=definitions)
    described = _describe(cohorts, "training")
    if not test:
        return replace(trained, cohorts=described)
    return replace(
        trained,
        reports=report_on_test(fitted, test, training=cohorts, config=config),
        cohorts=[*described, *_describe({model: [one] for model, one in test.items()}, "test")],
    )


def _assemble(
    fitted: Fitted, cohorts: Cohorts, *, config: TrainingConfig, definitions: str
) -> TrainedModels:
    learned = join_cohorts(cohorts[GENERAL])
    scorecard = fitted.scoring.scorecard
    return TrainedModels(
        scoring=fitted.scoring,
        general_text=str(fitted.general.booster_.model_to_string()),
        trees=fitted.trees,
        cohorts=(),
        reports={},
        bins=bin_shares(scorecard, learned.columns(scorecard.names), learned.is_bad),
        config=config,
        definitions_hash=definitions,
        trials=fitted.trials,
    )


def _describe(cohorts: Cohorts, part: str) -> list[dict[str, Any]]:
    return [
        {
            "model": model,
            "part": part,
            "as_of": cohort.window.as_of.isoformat(),
            "until": cohort.window.until.isoformat(),
            "known_by": cohort.window.known_by.isoformat(),
            "rows": len(cohort),
            "positives": cohort.positives,
        }
        for model, of_model in cohorts.items()
        for cohort in of_model
    ]
