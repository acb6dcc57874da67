"""What a trained artefact does: indicators in; probabilities, points and contributions out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.errors import ColumnError
from models.learning.calibration import Calibration
from models.learning.columns import ModelIndicator, column_values, require_columns, sector_columns
from models.learning.scorecard import Scorecard
from models.learning.sector import SectorModel
from models.rating.cutoffs import CutOffs
from models.rating.points import PointsScale, whole_points
from models.rating.sectors import Sector, memberships

GENERAL = "general"
# Results of a sub-model are multiples of this: such numbers add up without rounding, so that its
# contributions, which LightGBM computes another way than its scores, sum to the score bit by bit.
_GRID = 2.0**-40

# What computes log-odds and tenths of points of the general model; what a sub-model's trees add to
# some rows.
GeneralRater = Callable[[pa.Table], tuple[NDArray[np.float64], NDArray[np.int64]]]
SectorRater = Callable[[SectorModel, pa.Table, NDArray[np.int64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Ratings:
    """Results aligned to the rows of the matrix, without what each indicator added.

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

    @cached_property
    def used_names(self) -> tuple[str, ...]:
        """The indicators that can change a score, in order: all that a batch must compute.

        Among them those that decide who belongs to a sector.
        """
        used = set(self.scorecard.used_names)
        used |= {name for sector in self.sectors.values() for name in sector.used_names}
        used |= {name for one in self.definitions.values() for name in one.members.indicators}
        return tuple(name for name in self.names if name in used)

    def score(self, matrix: pa.Table, profile: pa.Table) -> Scores:
        """Score enterprises and say of every row what each indicator added; see :meth:`rate`.

        The contributions of a sub-model cost many times its score; where a few rows need them,
        rate all and :meth:`explain` those.
        """
        ratings = self.rate(matrix, profile)
        base, contributions = self.explain(matrix, ratings, rows=np.arange(matrix.num_rows))
        return Scores(**vars(ratings), base=base, contributions=contributions, names=self.names)

    def rate(
        self,
        matrix: pa.Table,
        profile: pa.Table,
        *,
        general: GeneralRater | None = None,
        added: SectorRater | None = None,
    ) -> Ratings:
        """Score enterprises without saying what each indicator added: for a whole population.

        Where an enterprise is in several sectors, the riskiest of the final probabilities counts
        (the first sector on a tie): supervision answers to the worse news. A column at a time, so
        that memory is that of a few columns; sub-models see the rows of their sector only.

        Parameters
        ----------
        matrix
            Every one of :attr:`used_names`; further columns are not looked at.
        profile
            Same rows, with what the sectors' rules of membership ask (null belongs nowhere).
        general, added
            Compute the general log-odds and tenths of points, and what a sub-model adds, elsewhere
            than here; see :mod:`models.rating.engine_rating`.

        Raises
        ------
        ColumnError
            An indicator or a flag is absent, of the wrong type or infinite, or the rows differ in
            number.
        """
        _require_same_rows(matrix, profile)
        require_columns(matrix, self.used_names)
        log_odds, tenths = (general or self._rate_general)(matrix)
        probability = self.calibrations[GENERAL](log_odds)
        ratings = Ratings(
            general_log_odds=log_odds,
            general_probability=probability,
            sector=np.full(len(log_odds), GENERAL, dtype=f"<U{self._longest_name}"),
            log_odds=log_odds.copy(),
            probability=probability.copy(),
            points=whole_points(tenths),
        )
        for sector, belongs in self.belongs(matrix, profile).items():
            members = np.flatnonzero(belongs)
            if sector in self.sectors and len(members):
                trees = np.zeros(len(members))
                if self.sectors[sector].trees:
                    model = self.sectors[sector]
                    trees = (added or _rate_by_trees)(model, matrix, members)
                self._rate_sector(ratings, trees, tenths, sector=sector, members=members)
        return ratings

    def explain(
        self, matrix: pa.Table, ratings: Ratings, *, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Contributions of some rows of a rated matrix.

        Parameters
        ----------
        matrix, ratings
            As given to, and returned by, :meth:`rate`.
        rows
            Row numbers, shape (k,).

        Returns
        -------
        base, contributions
            Shapes (k,) and (k, names). Added from left to right they are the log-odds of those
            rows, bit by bit; they do not depend on which other rows are asked for.
        """
        sector, log_odds = ratings.sector[rows], ratings.log_odds[rows]
        values = _values(matrix, self.names, used=self.used_names, rows=rows)
        # Both lie column by column in memory, and are picked from that way too.
        contributions = np.zeros(values.shape, order="F")
        values_of, added_by = values.T, contributions.T
        for place, step in zip(self._positions(None), self.scorecard.steps.values(), strict=True):
            added_by[place] = step(values_of[place])
        base = np.full(len(values), self.scorecard.intercept)
        for name, model in self.sectors.items():
            members = np.flatnonzero(sector == name)
            own = np.ix_(np.array(self._positions(name)), members)
            _, added = model.contributions(values_of[own].T)
            added_by[own] += added.T
            whole = _on_grid(added_by[:, members])
            added_by[:, members] = whole
            # What the trees say of the average row, and the last digits lost to rounding.
            base[members] = log_odds[members] - whole.sum(axis=0)
        return base, contributions

    def belongs(self, matrix: pa.Table, profile: pa.Table) -> dict[str, NDArray[np.bool_]]:
        """Who belongs to each sector of :attr:`definitions`, row by row."""
        return memberships(self.definitions, matrix, profile)

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
        log_odds = _on_grid(ratings.general_log_odds[members] + added)
        probability = self.calibrations[sector](log_odds)
        final = (ratings.sector[members] == GENERAL) | (probability > ratings.probability[members])
        winners = members[final]
        ratings.sector[winners] = sector
        ratings.log_odds[winners] = log_odds[final]
        ratings.probability[winners] = probability[final]
        points = whole_points(tenths[members] + self.points_scale.tenths(added))
        ratings.points[winners] = points[final]


def _rate_by_trees(
    model: SectorModel, matrix: pa.Table, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    return model.added_log_odds(_values(matrix, model.names, used=model.used_names, rows=rows))


def _values(
    matrix: pa.Table, names: Sequence[str], *, used: Sequence[str], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The named columns of some rows, shape (rows, names); 0 where nothing looks at one."""
    # Column by column in memory, as it is filled; of zeros, what is not looked at takes none.
    values = np.zeros((len(rows), len(names)), order="F")
    looked_at = set(used)
    for place, name in enumerate(names):
        if name in looked_at:
            values[:, place] = column_values(matrix, name)[rows]
    return values


def _require_same_rows(matrix: pa.Table, profile: pa.Table) -> None:
    if matrix.num_rows != profile.num_rows:
        raise ColumnError(
            f"指标表 {matrix.num_rows} 行，企业概况表 {profile.num_rows} 行，应当逐行对应",
            f"the matrix has {matrix.num_rows} rows and the profile {profile.num_rows}; "
            "they must match row by row",
        )


def _on_grid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.rint(x / _GRID) * _GRID)
