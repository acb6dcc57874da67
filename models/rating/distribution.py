"""How many enterprises a run had in each bin: what later months are compared with (PSI)."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.learning.columns import column_values, require_columns
from models.learning.scorecard import StepFunction
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
        ``food/NAME`` counts a sector's members by what its sub-model looks at, in bins between
        values that its trees split at, and by probability.
    """
    scorecard = model.scorecard
    wanted = {*scorecard.used_names, *matrix.column_names}
    names = [name for name in scorecard.names if name in wanted]
    require_columns(matrix, names)
    steps = [(name, scorecard.steps[name]) for name in names]
    tables = [
        _counted(name, step.bins(column_values(matrix, name)), bins=len(step.values))
        for name, step in steps
    ]
    tables.append(_counted_probability(PROBABILITY, probability))
    for sector, members in belongs.items():
        tables += _counted_members(model, matrix, probability, sector=sector, members=members)
    return pa.concat_tables(tables)


def merge_counts(tables: Sequence[pa.Table]) -> pa.Table:
    """The counts of several groups of enterprises added up; the order of bins is kept."""
    if not tables:
        return SCHEMA.empty_table()
    summed = (
        pa.concat_tables(tables)
        .group_by(["name", "bin"], use_threads=False)
        .aggregate([("rows", "sum")])
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


def _counted_members(
    model: ScoringModel,
    matrix: pa.Table,
    probability: NDArray[np.float64],
    *,
    sector: str,
    members: NDArray[np.bool_],
) -> list[pa.Table]:
    edges = model.sectors[sector].edges if sector in model.sectors else {}
    require_columns(matrix, list(edges))
    tables = []
    for name, own in edges.items():
        bins = len(own) + 1
        found = StepFunction(own, np.zeros(bins), 0.0).bins(column_values(matrix, name)[members])
        tables.append(_counted(f"{sector}{_OF_SECTOR}{name}", found, bins=bins))
    key = f"{sector}{_OF_SECTOR}{PROBABILITY}"
    return [*tables, _counted_probability(key, probability[members])]


def _counted_probability(name: str, probability: NDArray[np.float64]) -> pa.Table:
    bins = len(PROBABILITY_EDGES) + 1
    found = np.searchsorted(PROBABILITY_EDGES, probability, side="right")
    return _counted(name, np.where(np.isnan(probability), bins, found), bins=bins)


def _counted(name: str, found: NDArray[np.int64], *, bins: int) -> pa.Table:
    rows = np.bincount(found, minlength=bins + 1)
    return pa.table(
        [
            pa.array([name] * (bins + 1), pa.string()),
            pa.array([*range(bins), MISSING_BIN], pa.int32()),
            pa.array(rows, pa.int64()),
        ],
        schema=SCHEMA,
    )
