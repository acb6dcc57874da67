"""Figures of fitted models on a test window that nothing was chosen by."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.configs.training import TrainingConfig
from models.fitting.calibrations import drawn_rows
from models.fitting.fitting import Fitted
from models.fitting.general_models import stopping_rows
from models.labels.splits import Cohort, Cohorts, join_cohorts
from models.learning.boosting import Sample, boost
from models.learning.calibration import Calibration
from models.learning.columns import ModelIndicator, sector_columns
from models.rating.cutoffs import CutOffs
from models.rating.scoring_model import GENERAL
from models.study.challengers import CHALLENGER
from models.study.evaluate import (
    Interval,
    auc,
    average_precision,
    bootstrap,
    calibration_bias,
    calibration_bins,
    calibration_error,
    calibration_error_corrected,
    calibration_noise,
    days_earlier,
    first_half_share,
    grade_rates,
    precision_at,
    rates_rise,
)


@dataclass(frozen=True)
class ModelReport:
    """Figures of one model on its test cohort.

    Attributes
    ----------
    figures
        By name: auc, average_precision, precision_at_10, days_earlier, first_half_share,
        calibration_error, calibration_error_corrected and calibration_bias (percentage points);
        where there are cut-offs, bad_rate_A to bad_rate_D, and grades_rise: 1 where no grade's rate
        is below that of a safer one, in resamples as in the window; and against the peer on the
        same rows: auc_difference.
    calibrated_on
        ``drawn`` where the calibration speaks for drawn inspections and is judged on them.
    calibration_noise
        The calibration error that a perfectly calibrated model would show on these rows.
    curve
        For plots: calibration bins and the share of bad rows found along the ranking.
    """

    model: str
    peer: str | None
    rows: int
    positives: int
    figures: Mapping[str, Interval]
    calibration_noise: float | None
    calibrated_on: str
    grades: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    curve: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """For the manifest, figures only; NaN becomes None."""
        return {
            "peer": self.peer,
            "rows": self.rows,
            "positives": self.positives,
            "figures": {
                name: {key: _number(value) for key, value in asdict(one).items()}
                for name, one in self.figures.items()
            },
            "calibration_noise": self.calibration_noise,
            "calibrated_on": self.calibrated_on,
            "grades": {
                grade: {"rows": rows, "bad_rate": _number(rate)}
                for grade, (rows, rate) in self.grades.items()
            },
        }


def report_on_test(
    fitted: Fitted,
    test: Mapping[str, Cohort],
    *,
    training: Cohorts,
    config: TrainingConfig,
    cut_offs: CutOffs | None = None,
) -> dict[str, ModelReport]:
    """Figures of the general model, each sector's, and the challenger's.

    A sector is compared with the general model on the same rows, the challenger too. `training`
    is what `fitted` was fitted on; the challenger is fitted to the same rows.
    """
    rng = np.random.default_rng(config.seed)
    scoring = fitted.scoring
    names = [row.name for row in sector_columns(scoring.indicators, None)]
    reports = {}
    for model, cohort in test.items():
        if len(cohort) == 0 or (model != GENERAL and model not in scoring.sectors):
            continue
        general = scoring.scorecard.log_odds(cohort.columns(names))
        score = general if model == GENERAL else general + _added(fitted, model, cohort)
        reports[model] = _report(
            _scored(cohort, score, scoring.calibrations[model], config=config),
            model=model,
            peer=None if model == GENERAL else (GENERAL, general),
            config=config,
            rng=rng,
            cut_offs=cut_offs,
        )
    if GENERAL in reports:
        cohort = test[GENERAL]
        rival = challenger_log_odds(training[GENERAL], cohort, fitted=fitted, config=config)
        reports[CHALLENGER] = _report(
            _Scored(cohort, rival),
            model=CHALLENGER,
            peer=(GENERAL, scoring.scorecard.log_odds(cohort.columns(names))),
            config=config,
            rng=rng,
        )
    return reports


def challenger_log_odds(
    training: Sequence[Cohort], test: Cohort, *, fitted: Fitted, config: TrainingConfig
) -> NDArray[np.float64]:
    """Full boosting with interactions on the same indicators, rows and days as the scorecard.

    Its number of trees is found as the scorecard's is: on the newest training window, after
    fitting to the windows that had ended before it.
    """
    columns = sector_columns(fitted.scoring.indicators, None)
    settings, names = config.challenger, [row.name for row in columns]
    rounds = _challenger_rounds(training, columns, config=config)
    rows = join_cohorts(training)
    booster = boost(
        Sample(rows.columns(names), rows.is_bad),
        settings,
        names=names,
        signs=[row.sign for row in columns],
        additive=False,
        seed=config.seed,
        rounds=rounds,
    )
    return np.asarray(booster.predict(test.columns(names), raw_score=True))


def _challenger_rounds(
    training: Sequence[Cohort], columns: Sequence[ModelIndicator], *, config: TrainingConfig
) -> int:
    names = [row.name for row in columns]
    fitted_to, watched = stopping_rows(training, config=config)
    booster = boost(
        Sample(fitted_to.columns(names), fitted_to.is_bad),
        config.challenger,
        names=names,
        signs=[row.sign for row in columns],
        additive=False,
        seed=config.seed,
        validation=Sample(watched.columns(names), watched.is_bad),
    )
    return max(1, int(booster.num_trees()))


def _added(fitted: Fitted, sector: str, cohort: Cohort) -> NDArray[np.float64]:
    model = fitted.scoring.sectors[sector]
    return model.added_log_odds(cohort.columns(model.names))


@dataclass(frozen=True)
class _Scored:
    """A cohort with a model's scores, and with calibrated probabilities where there are any.

    A calibration is judged on the kind of inspections it speaks for: `judged` marks their rows.
    """

    cohort: Cohort
    score: NDArray[np.float64]
    probability: NDArray[np.float64] | None = None
    judged: NDArray[np.bool_] | None = None
    basis: str = "all"


def _scored(
    cohort: Cohort, score: NDArray[np.float64], calibration: Calibration, *, config: TrainingConfig
) -> _Scored:
    judged, basis = np.ones(len(cohort), dtype=bool), "all"
    drawn = drawn_rows(cohort, config=config)
    if calibration.basis == "drawn" and drawn.any():
        judged, basis = drawn, "drawn"
    return _Scored(cohort, score, calibration(score), judged, basis)


def _report(
    scored: _Scored,
    *,
    model: str,
    peer: tuple[str, NDArray[np.float64]] | None,
    config: TrainingConfig,
    rng: np.random.Generator,
    cut_offs: CutOffs | None = None,
) -> ModelReport:
    cohort, probability = scored.cohort, scored.probability
    letters = None
    if cut_offs is not None and probability is not None:
        letters = cut_offs.grade(probability)
    figures = bootstrap(
        _figures(scored, peer=None if peer is None else peer[1], letters=letters),
        rows=len(cohort),
        replicates=config.bootstrap_replicates,
        rng=rng,
        jobs=config.jobs,
        reflected=("calibration_error", "calibration_error_corrected"),
    )
    noise = None
    if probability is not None:
        noise = calibration_noise(probability[scored.judged], rng=rng)
    grades = {} if letters is None else grade_rates(cohort.is_bad, letters)
    return ModelReport(
        model=model,
        peer=None if peer is None else peer[0],
        rows=len(cohort),
        positives=cohort.positives,
        figures=figures,
        calibration_noise=noise,
        calibrated_on=scored.basis,
        grades=grades,
        curve=_curve(scored),
    )


def _figures(
    scored: _Scored, *, peer: NDArray[np.float64] | None, letters: NDArray[np.str_] | None
) -> Any:
    cohort, score, probability = scored.cohort, scored.score, scored.probability

    def compute(rows: NDArray[np.int64]) -> dict[str, float]:
        bad, ranked = cohort.is_bad[rows], score[rows]
        figures = {
            "auc": auc(bad, ranked),
            "average_precision": average_precision(bad, ranked),
            "precision_at_10": precision_at(bad, ranked),
            "days_earlier": days_earlier(bad, ranked, cohort.inspected_on[rows]),
            "first_half_share": first_half_share(bad, ranked),
        }
        if probability is not None and scored.judged is not None:
            told = rows[scored.judged[rows]]
            figures["calibration_error"] = calibration_error(cohort.is_bad[told], probability[told])
            figures["calibration_error_corrected"] = calibration_error_corrected(
                cohort.is_bad[told], probability[told]
            )
            figures["calibration_bias"] = calibration_bias(cohort.is_bad[told], probability[told])
        if letters is not None:
            rates = grade_rates(bad, letters[rows])
            figures |= {f"bad_rate_{grade}": rate for grade, (_, rate) in rates.items()}
            figures["grades_rise"] = float(rates_rise([rate for _, rate in rates.values()]))
        if peer is not None:
            figures["auc_difference"] = figures["auc"] - auc(bad, peer[rows])
        return figures

    return compute


def _curve(scored: _Scored) -> dict[str, Any]:
    bad = scored.cohort.is_bad
    order = np.argsort(-scored.score, kind="stable")
    found = np.concatenate([[0.0], np.cumsum(bad[order])]) / max(1, int(bad.sum()))
    at = np.linspace(0, len(bad), 101).round().astype(np.int64)
    curve: dict[str, Any] = {"found": found[at].tolist()}
    if scored.probability is not None:
        stated, observed, rows = calibration_bins(
            bad[scored.judged], scored.probability[scored.judged]
        )
        curve |= {
            "stated": stated.tolist(),
            "observed": observed.tolist(),
            "bin_rows": rows.tolist(),
        }
    return curve


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
