"""How many enterprises a run had in each bin: what later months are compared with (PSI)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.learning.columns import column_values, require_columns
from models.rating.scoring_model import GENERAL, ScoringModel

PROBABILITY: Final = "__probability"
MISSING_BIN: Final = -1
# Bin i of the probability holds i/20 <= p < (i+1)/20, the last one 1 as well.
PROBABILITY_EDGES: Final = np.arange(1, 20) / 20

_OF_SECTOR: Final = "/"

SCHEMA = pa.schema([("name", pa.string()), ("bin", pa.int32()), ("rows", pa.int64())])


def count_bins(
    model: ScoringModel,
    matrix: pa.Table,
    probability: NDArray[np.float64],
    *,
    belongs: Mapping[str, NDArray[np.bool_]],
) -> pa.Table:
    """Enterprises per bin of the general indicators, and of the probability; also by sector.

    Parameters
    ----------
    matrix
        Every general indicator with influence by name; one without it is counted where it is there.
    probability
        Final probability of each row.
    belongs
        Who belongs to each sector; see :meth:`ScoringModel.belongs`.

    Returns
    -------
    pa.Table
        ``name``, ``bin`` (counted from 0 along the scorecard's step function; -1 is missing),
        ``rows``; every bin is there, empty ones with 0. ``__probability`` has 20 bins of 0.05.
        ``food/NAME`` counts a sector's members by the general indicators with influence, by
        what its sub-model looks at beside them, in bins between values that its trees split at,
        and by probability.
    """
    scorecard = model.scorecard
    wanted = {*scorecard.used_names, *matrix.column_names}
    names = [name for name in scorecard.names if name in wanted]
    require_columns(matrix, names)
    columns = {
        name: _Column(column_values(matrix, name), scorecard.steps[name].edges) for name in names
    }
    columns[PROBABILITY] = _Column(probability, PROBABILITY_EDGES, is_above_edge=True)
    tables = [column.counted(name) for name, column in columns.items()]
    for sector, members in belongs.items():
        # What a sub-model looks at beyond the card that it starts from.
        edges = model.sectors[sector].edges if sector in model.sectors else {}
        own = {name: one for name, one in edges.items() if name not in scorecard.used_names}
        require_columns(matrix, list(own))
        looked_at = {name: columns[name] for name in scorecard.used_names}
        looked_at |= {name: _Column(column_values(matrix, name), one) for name, one in own.items()}
        looked_at[PROBABILITY] = columns[PROBABILITY]
        rows = np.flatnonzero(members)
        tables += [
            column.of(rows).counted(f"{sector}{_OF_SECTOR}{name}")
            for name, column in looked_at.items()
        ]
    return pa.concat_tables(tables)


@dataclass(frozen=True)
class _Column:
    """Values, and the edges between bins; a value at an edge is below it, or else above."""

    values: NDArray[np.float64]
    edges: NDArray[np.float64]
    is_above_edge: bool = False

    def of(self, rows: NDArray[np.int64]) -> "_Column":
        """The same of some rows."""
        return replace(self, values=self.values[rows])

    def counted(self, name: str) -> pa.Table:
        """Rows per bin, from which rows lie below its upper edge: no row needs its bin's number."""
        below = np.less if self.is_above_edge else np.less_equal
        ends = [np.count_nonzero(below(self.values, edge)) for edge in self.edges]
        known = len(self.values) - np.count_nonzero(np.isnan(self.values))
        rows = np.diff([0, *ends, known, len(self.values)])
        bins = len(ends) + 1
        return pa.table(
            [
                pa.array([name] * (bins + 1), pa.string()),
                pa.array([*range(bins), MISSING_BIN], pa.int32()),
                pa.array(rows, pa.int64()),
            ],
            schema=SCHEMA,
        )


def merge_counts(tables: Sequence[pa.Table]) -> pa.Table:
    """The counts of several groups of enterprises added up; the order of bins is kept."""
    if not tables:
        return SCHEMA.empty_table()
    every = pa.concat_tables(tables)
    summed = (
        # Groups come in no order of their own.
        every.append_column("place", pa.array(np.arange(every.num_rows)))
        .group_by(["name", "bin"], use_threads=False)
        .aggregate([("rows", "sum"), ("place", "min")])
        .sort_by("place_min")
        .rename_columns({"rows_sum": "rows"})
    )
    return summed.select(SCHEMA.names).cast(SCHEMA)


def group_counts(counts: pa.Table) -> dict[str, dict[str, NDArray[np.int64]]]:
    """Enterprises in each bin, by group and name, the missing bin last.

    The group is ``general`` for all enterprises, or a sector for its members.
    """
    names = np.asarray(counts["name"].to_pylist(), dtype=object)
    bins, rows = counts["bin"].to_numpy(), counts["rows"].to_numpy()
    groups: dict[str, dict[str, NDArray[np.int64]]] = {}
    for key in dict.fromkeys(names.tolist()):
        own = names == key
        # Missing (-1) goes behind the numbered bins.
        order = np.argsort(np.where(bins[own] < 0, np.iinfo(np.int32).max, bins[own]))
        sector, _, name = key.rpartition(_OF_SECTOR)
        groups.setdefault(sector or GENERAL, {})[name] = rows[own][order]
    return groups
