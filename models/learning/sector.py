"""Sector sub-models: boosted from the general model.

The general log-odds are where boosting starts; the trees add only what the sector's own
indicators, and their interactions with the general ones, say beyond them. How many trees that
deserves is cross-validated by enterprise, and "none" is one of the answers: with few labels a
sub-model shrinks to the general model. One that then does not beat the general model on a later
window contributes nothing either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.learning.boosting import BoostingSettings, Sample, boost, tree_count
from models.learning.columns import ModelIndicator
from models.learning.tree_tables import TreeTables
from models.learning.trees import split_edges

# Trees that cannot split say nothing; a gain below this is their rounding.
_LEAST_GAIN = 1e-6
_MOST_EDGES = 9


@dataclass(frozen=True)
class SectorModel:
    """What a sector adds to the general log-odds.

    Attributes
    ----------
    names
        Indicators in the order of the booster.
    booster
        LightGBM booster, or ``None`` where no tree was worth adding.
    """

    names: tuple[str, ...]
    booster: Any | None

    @property
    def trees(self) -> int:
        """How many trees it adds."""
        return 0 if self.booster is None else tree_count(self.booster)

    @property
    def used_names(self) -> tuple[str, ...]:
        """The indicators that any of its trees looks at."""
        if self.booster is None:
            return ()
        splits = self.booster.feature_importance(importance_type="split")
        return tuple(name for name, count in zip(self.names, splits, strict=True) if count)

    @cached_property
    def edges(self) -> dict[str, NDArray[np.float64]]:
        """Bins to count its indicators in: ten at most, between values that its trees split at."""
        if self.booster is None:
            return {}
        return {name: _few(edges) for name, edges in split_edges(self.booster, self.names).items()}

    def contributions(self, values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Base, and log-odds that each indicator adds, shape (rows, names).

        LightGBM's own Shapley values: exact for trees, and base and columns sum to what the
        booster predicts. The base is the mean over the training rows.
        """
        if self.booster is None or len(values) == 0:
            return 0.0, np.zeros((len(values), len(self.names)))
        if self._tables is not None:
            return self._tables.contributions(values)
        explained = self.booster.predict(values, pred_contrib=True, num_threads=1)
        return float(explained[0, -1]), np.asarray(explained[:, :-1])

    def added_log_odds(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the trees add, shape (rows,); without reasons, and faster than them."""
        if self.booster is None or len(values) == 0:
            return np.zeros(len(values))
        if self._tables is not None:
            return self._tables.added(values)
        return np.asarray(self.booster.predict(values, raw_score=True, num_threads=1))

    @cached_property
    def _tables(self) -> TreeTables | None:
        return TreeTables.of(self.booster, self.names)

    def text(self) -> str | None:
        """LightGBM's text format."""
        return None if self.booster is None else str(self.booster.model_to_string())

    @classmethod
    def from_text(cls, names: Sequence[str], text: str | None) -> "SectorModel":
        """Read what :meth:`text` wrote."""
        return cls(tuple(names), None if text is None else lightgbm.Booster(model_str=text))


def _few(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    at = np.linspace(0, len(edges) - 1, min(_MOST_EDGES, len(edges))).round().astype(np.int64)
    return edges[at]


def fit_sector(
    sample: Sample,
    indicators: Sequence[ModelIndicator],
    *,
    settings: BoostingSettings,
    trees: int,
    seed: int,
) -> SectorModel:
    """Boost exactly `trees` trees from ``sample.start``, the general log-odds."""
    names = tuple(row.name for row in indicators)
    if trees == 0:
        return SectorModel(names, None)
    booster = boost(
        sample,
        settings,
        names=names,
        signs=[row.sign for row in indicators],
        additive=False,
        seed=seed,
        rounds=trees,
    )
    return SectorModel(names, booster)


@dataclass(frozen=True)
class Trial:
    """How a sub-model did on the newest window, fitted to windows that had ended before it.

    Attributes
    ----------
    trees
        As cross-validated over enterprises.
    rows, positives
        Of the newest window; 0 where no window lies before it, or one holds one class: then the
        cross-validation decides alone.
    gain
        Mean log-loss of the general model less that of the sub-model, on the same rows.
    standard_error
        Of the gain, over the rows.
    """

    trees: int
    rows: int = 0
    positives: int = 0
    gain: float = 0.0
    standard_error: float = 0.0

    @property
    def trees_used(self) -> int:
        """None of them where the sub-model did not beat the general model in time."""
        return self.trees if self.rows == 0 or self.gain > 0 else 0


def try_in_time(
    earlier: Sample,
    newest: Sample,
    indicators: Sequence[ModelIndicator],
    *,
    settings: BoostingSettings,
    trees: int,
    seed: int,
) -> Trial:
    """Fit to `earlier` rows and compare with the general log-odds alone on the `newest`."""
    model = fit_sector(earlier, indicators, settings=settings, trees=trees, seed=seed)
    start = np.zeros(len(newest.is_bad)) if newest.start is None else newest.start
    alone = _losses(newest.is_bad, start)
    gains = alone - _losses(newest.is_bad, start + model.added_log_odds(newest.values))
    error = float(gains.std(ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else 0.0
    positives = int(newest.is_bad.sum())
    return Trial(trees, len(gains), positives, float(gains.mean()), error)


def choose_trees(
    sample: Sample,
    indicators: Sequence[ModelIndicator],
    *,
    fold: NDArray[np.int64],
    settings: BoostingSettings,
    seed: int,
) -> int:
    """Number of trees by cross-validation over folds of enterprises.

    The count with the least mean loss, provided that it gains more over the general model alone
    than the folds' own spread (one standard error); otherwise none. A fold whose rows, or whose
    remaining rows, hold one class says nothing and is left out.
    """
    start = np.zeros(len(sample.is_bad)) if sample.start is None else sample.start
    curves = []
    for number in np.unique(fold).tolist():
        inside = fold == number
        if any(len(np.unique(sample.is_bad[part])) < 2 for part in (inside, ~inside)):
            continue
        losses: list[float] = []
        boost(
            Sample(sample.values[~inside], sample.is_bad[~inside], start=start[~inside]),
            settings,
            names=[row.name for row in indicators],
            signs=[row.sign for row in indicators],
            additive=False,
            seed=seed,
            rounds=settings.n_estimators,
            validation=Sample(sample.values[inside], sample.is_bad[inside], start=start[inside]),
            losses=losses,
        )
        before = _log_loss(sample.is_bad[inside], start[inside])
        curves.append(np.array(losses) - before)
    return _best_count(curves)


def _best_count(curves: Sequence[NDArray[np.float64]]) -> int:
    if len(curves) < 2:
        return 0
    shortest = min(len(curve) for curve in curves)  # boosting ends early when nothing can split
    if shortest == 0:
        return 0
    change = np.array([curve[:shortest] for curve in curves])
    mean = change.mean(axis=0)
    best = int(mean.argmin())
    spread = float(change[:, best].std(ddof=1) / np.sqrt(len(curves)))
    return best + 1 if mean[best] < -max(spread, _LEAST_GAIN) else 0


def _log_loss(is_bad: NDArray[np.bool_], log_odds: NDArray[np.float64]) -> float:
    return float(_losses(is_bad, log_odds).mean())


def _losses(is_bad: NDArray[np.bool_], log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.logaddexp(0.0, np.where(is_bad, -log_odds, log_odds)))
