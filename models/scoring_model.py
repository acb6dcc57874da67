"""What a trained artefact does: indicators in; probabilities, points and contributions out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.calibration import Calibration
from models.columns import ModelIndicator, matrix_values, sector_columns
from models.cutoffs import CutOffs
from models.errors import ColumnError
from models.points import PointsScale, general_tenths, whole_points
from models.scorecard import Scorecard, add_up
from models.sector import SectorModel
from models.sectors import Sector, memberships

GENERAL = "general"


@dataclass(frozen=True)
class Scores:
    """Results aligned to the rows of the matrix.

    Attributes
    ----------
    general_log_odds, general_probability
        The general model: its log-odds, and its calibrated probability.
    sector
        The model whose result is final: ``general`` or the name of a sector.
    log_odds
        Of the final model, before calibration.
    probability
        Of the final model, calibrated: of a serious problem at a check begun within the horizon.
    points
        Of the final model, whole points. Like a credit score: more points are safer.
    base, contributions, names
        Added from left to right, ``base`` and the columns of ``contributions`` (rows, names) are
        ``log_odds``, bit by bit. A positive contribution raises the risk above the average.
    """

    general_log_odds: NDArray[np.float64]
    general_probability: NDArray[np.float64]
    sector: NDArray[np.str_]
    log_odds: NDArray[np.float64]
    probability: NDArray[np.float64]
    points: NDArray[np.int64]
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
    definitions
        Who belongs to each sector that was asked for, by name; on a tie between two sectors the
        one that comes first here serves.
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
    definitions: Mapping[str, Sector]
    cut_offs: CutOffs | None = None
    version: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All indicators, general and sector."""
        return tuple(row.name for row in self.indicators)

    def score(self, matrix: pa.Table, profile: pa.Table) -> Scores:
        """Score enterprises.

        Where an enterprise is in several sectors, the riskiest of the final probabilities counts
        (the first sector on a tie): supervision answers to the worse news.

        Parameters
        ----------
        matrix
            Every indicator by name; further columns are not looked at.
        profile
            Same rows, with what the sectors' rules of membership ask (null belongs nowhere).

        Raises
        ------
        ColumnError
            An indicator or a flag is absent or of the wrong type, or the rows differ in number.
        """
        if matrix.num_rows != profile.num_rows:
            raise ColumnError(
                f"指标表 {matrix.num_rows} 行，企业概况表 {profile.num_rows} 行，应当逐行对应",
                f"the matrix has {matrix.num_rows} rows and the profile {profile.num_rows}; "
                "they must match row by row",
            )
        values = matrix_values(matrix, self.names)
        scores = self._score_general(values)
        for sector, belongs in self.belongs(matrix, profile).items():
            if sector in self.sectors:
                members = np.flatnonzero(belongs)
                self._raise_by_sector(scores, values, sector=sector, members=members)
        return scores

    def belongs(self, matrix: pa.Table, profile: pa.Table) -> dict[str, NDArray[np.bool_]]:
        """Who belongs to each sector of :attr:`definitions`, row by row."""
        return memberships(self.definitions, matrix, profile)

    def general_log_odds_expression(self, table: Any) -> Any:
        """The general model as one Ibis expression, for populations beyond one machine."""
        return self.scorecard.to_expression(table)

    def sector_log_odds(self, values: NDArray[np.float64], sector: str) -> NDArray[np.float64]:
        """Log-odds of a sub-model for values of all of :attr:`names`, before calibration."""
        general = self.scorecard.log_odds(values[:, self._positions(None)])
        return general + self.sectors[sector].added_log_odds(values[:, self._positions(sector)])

    def _positions(self, sector: str | None) -> list[int]:
        if sector is None:
            wanted: Sequence[str] = [row.name for row in sector_columns(self.indicators, None)]
        else:
            wanted = self.sectors[sector].names
        places = {name: position for position, name in enumerate(self.names)}
        return [places[name] for name in wanted]

    @property
    def _longest_name(self) -> int:
        return max(len(name) for name in (GENERAL, *self.sectors))

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
            sector=np.full(len(values), GENERAL, dtype=f"<U{self._longest_name}"),
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
