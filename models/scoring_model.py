"""What a trained artefact does: indicators in; probabilities, points and contributions out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.calibration import Calibration
from models.columns import (
    SECTORS,
    ModelIndicator,
    column_values,
    matrix_values,
    require_columns,
    sector_columns,
)
from models.cutoffs import CutOffs
from models.errors import ColumnError
from models.points import PointsScale, general_tenths, whole_points
from models.scorecard import Scorecard, add_up
from models.sector import SectorModel

GENERAL = "general"
_SECTOR_TYPE = "<U17"  # as long as the longest name of a sector


# What computes log-odds and tenths of points of the general model; what a sub-model's trees add.
GeneralRater = Callable[[pa.Table], tuple[NDArray[np.float64], NDArray[np.int64]]]
SectorRater = Callable[[SectorModel, pa.Table], NDArray[np.float64]]


@dataclass(frozen=True)
class Ratings:
    """Results aligned to the rows of the matrix, without what each indicator added.

    Attributes
    ----------
    general_log_odds, general_probability
        The general model: its log-odds, and its calibrated probability.
    sector
        The model whose result is final: ``general``, ``food`` or ``special_equipment``.
    log_odds
        Of the final model, before calibration.
    probability
        Of the final model, calibrated: of a serious problem at a check begun within the horizon.
    points
        Of the final model, whole points. Like a credit score: more points are safer.
    """

    general_log_odds: NDArray[np.float64]
    general_probability: NDArray[np.float64]
    sector: NDArray[np.str_]
    log_odds: NDArray[np.float64]
    probability: NDArray[np.float64]
    points: NDArray[np.int64]


@dataclass(frozen=True)
class Scores(Ratings):
    """Results with what each indicator added.

    Attributes
    ----------
    base, contributions, names
        Added from left to right, ``base`` and the columns of ``contributions`` (rows, names) are
        ``log_odds``, bit by bit. A positive contribution raises the risk above the average.
    """

    base: NDArray[np.float64]
    contributions: NDArray[np.float64]
    names: tuple[str, ...]


@dataclass(frozen=True)
class ScoringModel:
    """General scorecard, sector sub-models, calibrations, points scale and grade cut-offs.

    Attributes
    ----------
    indicators
        Those the model was trained on, in the order of ``Scores.names``.
    sectors
        Sub-models that had labels enough to be fitted; a sector without one is served by the
        general model.
    calibrations
        One for ``general`` and one for each of `sectors`.
    cut_offs
        ``None`` until a population has been scored.
    version
        First 16 digits of the signed manifest's SHA-256; empty before saving.
    """

    indicators: tuple[ModelIndicator, ...]
    scorecard: Scorecard
    sectors: Mapping[str, SectorModel]
    calibrations: Mapping[str, Calibration]
    points_scale: PointsScale
    cut_offs: CutOffs | None = None
    version: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All indicators, general and sector."""
        return tuple(row.name for row in self.indicators)

    @cached_property
    def used_names(self) -> tuple[str, ...]:
        """The indicators that can change a score, in order: all that a batch must compute."""
        used = {name for name, step in self.scorecard.steps.items() if not step.is_flat}
        used |= {name for sector in self.sectors.values() for name in sector.used_names}
        return tuple(name for name in self.names if name in used)

    def rate(
        self,
        matrix: pa.Table,
        profile: pa.Table,
        *,
        general: GeneralRater | None = None,
        added: SectorRater | None = None,
    ) -> Ratings:
        """Score enterprises without saying what each indicator added: for a whole population.

        A column at a time, so that memory is that of a few columns; sub-models see the rows of
        their sector only. A sub-model's log-odds may differ from those of :meth:`score` in the
        last digits, because there they are summed over indicators and here over trees.

        Parameters
        ----------
        matrix
            Every one of :attr:`used_names`; further columns are not looked at.
        profile
            See :meth:`score`.
        general, added
            Compute the general log-odds and tenths of points, and what a sub-model adds, elsewhere
            than here; see :mod:`models.engine_rating`.

        Raises
        ------
        ColumnError
            See :meth:`score`.
        """
        _require_same_rows(matrix, profile)
        require_columns(matrix, self.used_names)
        log_odds, tenths = (general or self._rate_general)(matrix)
        probability = self.calibrations[GENERAL](log_odds)
        ratings = Ratings(
            general_log_odds=log_odds,
            general_probability=probability,
            sector=np.full(len(log_odds), GENERAL, dtype=_SECTOR_TYPE),
            log_odds=log_odds.copy(),
            probability=probability.copy(),
            points=whole_points(tenths),
        )
        for sector in SECTORS:
            if sector in self.sectors:
                members = np.flatnonzero(_flag(profile, f"is_{sector}"))
                trees = np.zeros(len(members))
                if self.sectors[sector].trees and len(members):
                    rate = added or self._rate_by_trees
                    trees = rate(self.sectors[sector], matrix.take(members))
                self._rate_sector(ratings, trees, tenths, sector=sector, members=members)
        return ratings

    def explain(self, matrix: pa.Table, sector: NDArray[np.str_]) -> NDArray[np.float64]:
        """What each of :attr:`used_names` adds to the log-odds, shape (rows, used_names).

        `sector` names for each row the model that gave its result (:attr:`Ratings.sector`).
        """
        places = {name: place for place, name in enumerate(self.used_names)}
        contributions = np.zeros((matrix.num_rows, len(places)))
        for name, step in self.scorecard.steps.items():
            if name in places:
                contributions[:, places[name]] = step(column_values(matrix, name))
        for name, model in self.sectors.items():
            rows = np.flatnonzero(sector == name)
            if len(rows) and model.trees:
                _, added = model.contributions(self._values_for(model, matrix.take(rows)))
                for column, indicator in enumerate(model.names):
                    if indicator in places:
                        contributions[rows, places[indicator]] += added[:, column]
        return contributions

    def _rate_general(self, matrix: pa.Table) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Log-odds, added from left to right, and tenths of points."""
        rows, scale = matrix.num_rows, self.points_scale
        log_odds = np.full(rows, self.scorecard.intercept)
        tenths = np.full(rows, scale.base_tenths(self.scorecard.intercept))
        for name, step in self.scorecard.steps.items():
            values = np.append(step.values, step.missing)
            if step.is_flat:
                log_odds += step.missing
                tenths += scale.tenths(values)[-1]
            else:
                bins = step.bins(column_values(matrix, name))
                log_odds += values[bins]
                tenths += scale.tenths(values)[bins]
        return log_odds, tenths

    def _rate_sector(
        self,
        ratings: Ratings,
        added: NDArray[np.float64],
        tenths: NDArray[np.int64],
        *,
        sector: str,
        members: NDArray[np.int64],
    ) -> None:
        """Write a sub-model's result into the rows of its members where it is the final one."""
        log_odds = ratings.general_log_odds[members] + added
        probability = self.calibrations[sector](log_odds)
        final = (ratings.sector[members] == GENERAL) | (probability > ratings.probability[members])
        winners = members[final]
        ratings.sector[winners] = sector
        ratings.log_odds[winners] = log_odds[final]
        ratings.probability[winners] = probability[final]
        points = whole_points(tenths[members] + self.points_scale.tenths(added))
        ratings.points[winners] = points[final]

    def _rate_by_trees(self, model: SectorModel, matrix: pa.Table) -> NDArray[np.float64]:
        return model.added_log_odds(self._values_for(model, matrix))

    def _values_for(self, model: SectorModel, matrix: pa.Table) -> NDArray[np.float64]:
        """What a booster sees: columns that none of its trees looks at stay empty."""
        used = set(model.used_names)
        values = np.full((matrix.num_rows, len(model.names)), np.nan)
        for place, name in enumerate(model.names):
            if name in used:
                values[:, place] = column_values(matrix, name)
        return values

    def score(self, matrix: pa.Table, profile: pa.Table) -> Scores:
        """Score enterprises and say what each indicator added.

        Where an enterprise is in both sectors, the riskier of the two final probabilities counts
        (food on a tie): supervision answers to the worse news.

        Parameters
        ----------
        matrix
            Every indicator by name; further columns are not looked at.
        profile
            Same rows: is_food, is_special_equipment (null counts as false).

        Raises
        ------
        ColumnError
            An indicator or a flag is absent or of the wrong type, or the rows differ in number.
        """
        _require_same_rows(matrix, profile)
        values = matrix_values(matrix, self.names)
        scores = self._score_general(values)
        for sector in SECTORS:
            if sector in self.sectors:
                members = np.flatnonzero(_flag(profile, f"is_{sector}"))
                self._raise_by_sector(scores, values, sector=sector, members=members)
        return scores

    def general_log_odds_expression(self, table: Any) -> Any:
        """The general model as one Ibis expression, for populations beyond one machine."""
        return self.scorecard.to_expression(table)

    def sector_log_odds(self, values: NDArray[np.float64], sector: str) -> NDArray[np.float64]:
        """Log-odds of a sub-model for values of all of :attr:`names`, before calibration."""
        general = self.scorecard.log_odds(values[:, self._positions(None)])
        return general + self.sectors[sector].added_log_odds(values[:, self._positions(sector)])

    def _positions(self, sector: str | None) -> list[int]:
        wanted = {row.name for row in sector_columns(self.indicators, sector)}
        return [position for position, name in enumerate(self.names) if name in wanted]

    def _score_general(self, values: NDArray[np.float64]) -> Scores:
        positions = self._positions(None)
        added = self.scorecard.contributions(values[:, positions])
        contributions = np.zeros(values.shape)
        contributions[:, positions] = added
        base = np.full(len(values), self.scorecard.intercept)
        log_odds = add_up(base, contributions)
        probability = self.calibrations[GENERAL](log_odds)
        return Scores(
            general_log_odds=log_odds,
            general_probability=probability,
            sector=np.full(len(values), GENERAL, dtype=_SECTOR_TYPE),
            log_odds=log_odds.copy(),
            probability=probability.copy(),
            points=whole_points(general_tenths(self.scorecard, added, self.points_scale)),
            base=base,
            contributions=contributions,
            names=self.names,
        )

    def _raise_by_sector(
        self,
        scores: Scores,
        values: NDArray[np.float64],
        *,
        sector: str,
        members: NDArray[np.int64],
    ) -> None:
        """Write a sub-model's result into the rows of its members where it is the final one."""
        if len(members) == 0:
            return
        general, own = self._positions(None), self._positions(sector)
        rows = values[members]
        general_added = self.scorecard.contributions(rows[:, general])
        base, sector_added = self.sectors[sector].contributions(rows[:, own])
        contributions = np.zeros((len(members), len(self.names)))
        contributions[:, general] = general_added
        contributions[:, own] += sector_added
        bases = np.full(len(members), self.scorecard.intercept + base)
        log_odds = add_up(bases, contributions)
        probability = self.calibrations[sector](log_odds)
        tenths = general_tenths(self.scorecard, general_added, self.points_scale)
        tenths = tenths + self.points_scale.tenths(add_up(base, sector_added))
        final = (scores.sector[members] == GENERAL) | (probability > scores.probability[members])
        winners = members[final]
        scores.sector[winners] = sector
        scores.log_odds[winners] = log_odds[final]
        scores.probability[winners] = probability[final]
        scores.points[winners] = whole_points(tenths[final])
        scores.base[winners] = bases[final]
        scores.contributions[winners] = contributions[final]


def _require_same_rows(matrix: pa.Table, profile: pa.Table) -> None:
    if matrix.num_rows != profile.num_rows:
        raise ColumnError(
            f"指标表 {matrix.num_rows} 行，企业概况表 {profile.num_rows} 行，应当逐行对应",
            f"the matrix has {matrix.num_rows} rows and the profile {profile.num_rows}; "
            "they must match row by row",
        )


def _flag(profile: pa.Table, name: str) -> NDArray[np.bool_]:
    if name not in profile.column_names or not pa.types.is_boolean(profile.schema.field(name).type):
        raise ColumnError(
            f"企业概况表缺少真假列 {name}",
            f"the profile lacks the true-or-false column {name}",
        )
    return np.asarray(pc.fill_null(profile[name], False).to_numpy())
