"""Registers judged under a frozen protocol: what was known before a window foretells its visits.

Indicators as of the day before a window begins. Every window is scored by models fitted to the
calendar months before it alone, with settings fixed beforehand
(`models/configs/side_by_side.yaml`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from features.archive import Archive
from features.build import build_matrix
from features.engine import Engine
from features.indicators import catalogue
from features.indicators.vocabulary import SOURCES
from features.outcomes import Label, inspection_outcomes
from models.configs.training import TrainingConfig, load_config
from models.fitting.fitting import fit_models
from models.labels.splits import Cohort, join_cohorts
from models.labels.windows import Window, add_months
from models.learning.boosting import Sample, boost
from models.learning.columns import matrix_values, remember
from models.rating.scoring_model import GENERAL
from models.study.evaluate import (
    Figures,
    Interval,
    auc,
    average_precision,
    bootstrap,
    calibration_bias,
    calibration_error,
    calibration_noise,
    days_earlier,
    first_half_share,
    precision_at,
)

Score = npt.NDArray[np.float64]
CONFIG = load_config("side_by_side")
_ONE_DAY = timedelta(days=1)
_REPLICATES, _SEED = 100, 20261122


@dataclass
class Visits:
    """Visits of a register by window, with what was known before each.

    Attributes
    ----------
    first_month
        Months to learn from begin here: before it there is too little history to tell anything.
    only
        Numbers of the inspections that count; None counts all of the label.
    sector
        Whose indicators stand beside the general ones; None for none.
    """

    engine: Engine
    archive: Archive
    label: Label
    first_month: date
    only: frozenset[str] | None = None
    sector: str | None = None
    _names: tuple[str, ...] = ()
    _kept: dict[tuple[date, date], tuple[Cohort, pd.Series]] = field(default_factory=dict)
    _matrices: dict[date, pa.Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # What needs a kind of records that the register lacks would be empty for everybody.
        self._names = tuple(
            row.name
            for row in catalogue()
            if row.sector in (None, self.sector)
            and all(
                isinstance(self.archive.source(SOURCES[name].kind), tuple) for name in row.sources
            )
        )

    def window(self, start: date, until: date) -> tuple[Cohort, pd.Series]:
        """Visits from `start` to `until`, both included, and the number of each."""
        if (start, until) not in self._kept:
            self._kept[start, until] = self._read(start - _ONE_DAY, until)
        return self._kept[start, until]

    def months_before(self, start: date) -> list[Cohort]:
        """Calendar months that ended before `start`, oldest first."""
        found, month = [], self.first_month
        while (following := add_months(month, 1)) <= start:
            found.append(self.window(month, following - _ONE_DAY)[0])
            month = following
        return [cohort for cohort in found if cohort.positives]

    def _read(self, as_of: date, until: date) -> tuple[Cohort, pd.Series]:
        if as_of not in self._matrices:
            self._matrices[as_of] = build_matrix(
                self.engine, self.archive, as_of=as_of, names=self._names
            )
        matrix = self._matrices[as_of]
        visits = inspection_outcomes(
            self.engine, self.archive, after=as_of, until=until, known_by=until, label=self.label
        ).to_pandas()
        if self.only is not None:
            visits = visits[visits["inspection_no"].isin(self.only)]
        place = pd.Series(range(matrix.num_rows), index=matrix["enterprise_id"].to_pandas())
        at = visits["enterprise_id"].map(place)
        visits = visits[at.notna()]  # an enterprise first seen in the window has no past
        rows = matrix.take(pa.array(at.dropna().astype(int)))
        cohort = Cohort(
            window=Window(as_of, until, until),
            names=self._names,
            values=matrix_values(rows, self._names),
            enterprise_id=visits["enterprise_id"].to_numpy(object),
            is_bad=visits["is_bad"].to_numpy(bool),
            inspected_on=visits["event_on"].to_numpy("datetime64[D]"),
            inspection_kind=visits["inspection_kind"].to_numpy(object),
        )
        return cohort, visits["inspection_no"].reset_index(drop=True)


def card(
    training: Sequence[Cohort], test: Cohort, config: TrainingConfig = CONFIG
) -> tuple[Score, Score]:
    """Log-odds and calibrated probability by a scorecard of every indicator of the cohorts."""
    seen = remember(row for row in catalogue() if row.name in test.names)
    fitted = fit_models(
        {GENERAL: training},
        indicators=[replace(row, sector=None) for row in seen],
        config=config,
        trees={GENERAL: config.general.n_estimators},
    ).scoring
    log_odds = fitted.scorecard.log_odds(test.columns(fitted.scorecard.names))
    return log_odds, fitted.calibrations[GENERAL](log_odds)


def full_boosting(training: Sequence[Cohort], test: Cohort) -> Score:
    """LightGBM whose trees may mix indicators and need not keep a sign."""
    rows = join_cohorts(training)
    booster = boost(
        Sample(rows.values, rows.is_bad),
        CONFIG.challenger,
        names=rows.names,
        signs=[0] * len(rows.names),
        additive=False,
        seed=CONFIG.seed,
        rounds=CONFIG.challenger.n_estimators,
    )
    return np.asarray(booster.predict(test.values, raw_score=True))


def logistic_on_bins(training: Sequence[Cohort], test: Cohort) -> Score:
    """A logistic regression on five bins an indicator, the usual way to make a scorecard."""
    rows = join_cohorts(training)
    kept = [n for n, column in enumerate(rows.values.T) if len(np.unique(column)) > 1]
    edges = [np.unique(np.nanquantile(rows.values[:, n], [0.2, 0.4, 0.6, 0.8])) for n in kept]

    def binned(values: Score) -> npt.NDArray[np.int64]:
        found = [np.searchsorted(edge, values[:, n]) for n, edge in zip(kept, edges, strict=True)]
        missing = np.isnan(values[:, kept])
        return np.where(missing, -1, np.column_stack(found))

    model = make_pipeline(
        OneHotEncoder(handle_unknown="ignore"), LogisticRegression(C=0.02, max_iter=500)
    )
    model.fit(binned(rows.values), rows.is_bad)
    return np.asarray(model.decision_function(binned(test.values)))


@dataclass(frozen=True)
class Judged:
    """One window: what happened, who inspected (where known), and the scores of each model."""

    start: date
    is_bad: npt.NDArray[np.bool_]
    day: npt.NDArray[np.datetime64]
    scores: Mapping[str, Score]
    probability: Score
    inspector: npt.NDArray[np.object_] | None = None

    def figures(self, name: str, rows: npt.NDArray[np.int64] | None = None) -> dict[str, float]:
        """Figures of a model on all rows, or on resampled ones."""
        chosen = slice(None) if rows is None else rows
        bad, score, day = self.is_bad[chosen], self.scores[name][chosen], self.day[chosen]
        found = {
            "AUC": auc(bad, score),
            "AP": average_precision(bad, score),
            "precision at 10 %": precision_at(bad, score),
            "days earlier": days_earlier(bad, score, day),
            "first half": first_half_share(bad, score),
        }
        if self.inspector is not None:
            found["within inspector"] = within(self.inspector[chosen], bad, score, day)
        return found


def within(
    group: npt.NDArray[np.object_],
    is_bad: npt.NDArray[np.bool_],
    score: Score,
    day: npt.NDArray[np.datetime64],
) -> float:
    """Days earlier when each inspector keeps his own visits and days and only reorders them."""
    days, bad = [0.0], [0]
    for name in pd.Series(group).dropna().unique():
        mine = group == name
        if is_bad[mine].any():
            days.append(days_earlier(is_bad[mine], score[mine], day[mine]))
            bad.append(int(is_bad[mine].sum()))
    return float(np.average(days, weights=bad)) if sum(bad) else float("nan")


def window_table(judged: Sequence[Judged], *, shown: Sequence[str]) -> str:
    """A Markdown row per window: AUC, days earlier (and within inspector) of some models."""
    figures = ["AUC", "days earlier"] + ["within inspector"] * (judged[0].inspector is not None)
    heads = ["window", "visits", "bad", *[f"{name}: {of}" for name in shown for of in figures]]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for one in judged:
        cells = [one.start.isoformat(), str(len(one.is_bad)), str(int(one.is_bad.sum()))]
        for name in shown:
            found = one.figures(name)
            cells += [_plain(of, found[of]) for of in figures]
        lines.append(_line(cells))
    return "\n".join(lines)


def mean_table(judged: Sequence[Judged], *, ours: str, peer: str | None = None) -> str:
    """A Markdown row per model: figures averaged over windows with bootstrap intervals.

    The last row compares `ours` with `peer` on the same resampled rows.
    """
    names = list(judged[0].scores)
    found = {
        name: _intervals(judged, lambda one, rows, of=name: one.figures(of, rows)) for name in names
    }
    if peer is not None:
        found[f"{ours} less {peer}"] = _intervals(
            judged, lambda one, rows: _less(one.figures(ours, rows), one.figures(peer, rows))
        )
    heads = list(found[ours])
    lines = [_line(["mean over windows", *heads]), _line(["---"] * (len(heads) + 1))]
    lines += [
        _line([name, *[_with_interval(of, values[of]) for of in heads]])
        for name, values in found.items()
    ]
    return "\n".join(lines)


def _less(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    return {name: value - second[name] for name, value in first.items()}


def _intervals(
    judged: Sequence[Judged], of: Callable[[Judged, npt.NDArray[np.int64]], Mapping[str, float]]
) -> dict[str, Interval]:
    """Means over the windows; rows are resampled from all windows together."""
    ends = np.cumsum([len(one.is_bad) for one in judged])

    def figures(rows: npt.NDArray[np.int64]) -> dict[str, float]:
        which = np.searchsorted(ends, rows, side="right")
        begins = ends - [len(one.is_bad) for one in judged]
        each = [of(one, rows[which == n] - begins[n]) for n, one in enumerate(judged)]
        return {name: float(np.mean([row[name] for row in each])) for name in each[0]}

    counted: Figures = figures
    rng = np.random.default_rng(_SEED)
    return bootstrap(counted, rows=int(ends[-1]), replicates=_REPLICATES, rng=rng)


def calibration_line(judged: Sequence[Judged]) -> str:
    """Calibration of all windows together, and what chance alone would show."""
    bad = np.concatenate([one.is_bad for one in judged])
    stated = np.concatenate([one.probability for one in judged])
    noise = calibration_noise(stated, rng=np.random.default_rng(_SEED))
    by_window = [calibration_bias(one.is_bad, one.probability) for one in judged]
    return (
        f"calibration error {calibration_error(bad, stated):.2f} points over {len(bad)} visits "
        f"({noise:.2f} if the probabilities were the truth); stated less observed "
        f"{calibration_bias(bad, stated):+.2f}, by window "
        + ", ".join(f"{bias:+.1f}" for bias in by_window)
    )


def _line(cells: Iterator[str] | Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(name: str, value: float) -> str:
    return f"{value:.2f}" if name in ("days earlier", "within inspector") else f"{value:.3f}"


def _with_interval(name: str, value: Interval) -> str:
    low, high = _plain(name, value.low), _plain(name, value.high)
    return f"{_plain(name, value.value)} [{low}, {high}]"
