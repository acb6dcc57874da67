"""How many enterprises a run had in each bin: what later months are compared with (PSI)."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.learning.columns import column_values, require_columns
from models.rating.scoring_model import ScoringModel

PROBABILITY: Final = "__probability"
MISSING_BIN: Final = -1
# Bin i of the probability holds i/20 <= p < (i+1)/20, the last one 1 as well.
PROBABILITY_EDGES: Final = np.arange(1, 20) / 20

SCHEMA = pa.schema([("name", pa.string()), ("bin", pa.int32()), ("rows", pa.int64())])


def count_bins(model: ScoringModel, matrix: pa.Table, probability: NDArray[np.float64]) -> pa.Table:
    """Enterprises per bin of the general indicators, and of the probability.

    Parameters
    ----------
    matrix
        Every general indicator with influence by name; one without it is counted where it is there.
    probability
        Final probability of each row.

    Returns
    -------
    pa.Table
        ``name``, ``bin`` (counted from 0 along the scorecard's step function; -1 is missing),
        ``rows``; every bin is there, empty ones with 0. ``__probability`` has 20 bins of 0.05.
    """
    scorecard = model.scorecard
    wanted = {*scorecard.used_names, *matrix.column_names}
    names = [name for name in scorecard.names if name in wanted]
    require_columns(matrix, names)
    tables = []
    for name in names:
        values = column_values(matrix, name)
        tables.append(
            _counted(name, values, (values <= edge for edge in scorecard.steps[name].edges))
        )
    below = (probability < edge for edge in PROBABILITY_EDGES)
    return pa.concat_tables([*tables, _counted(PROBABILITY, probability, below)])


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


def shares_of(counts: pa.Table) -> dict[str, NDArray[np.float64]]:
    """Share of the enterprises in each bin, by name, the missing bin last.

    Where nobody was counted, every share is 0.
    """
    names = np.asarray(counts["name"].to_pylist(), dtype=object)
    bins, rows = counts["bin"].to_numpy(), counts["rows"].to_numpy()
    shares = {}
    for name in dict.fromkeys(names.tolist()):
        own = names == name
        # Missing (-1) goes behind the numbered bins.
        order = np.argsort(np.where(bins[own] < 0, np.iinfo(np.int32).max, bins[own]))
        counted = rows[own][order].astype(np.float64)
        shares[name] = counted / max(1.0, counted.sum())
    return shares


def _counted(
    name: str, values: NDArray[np.float64], below: Iterable[NDArray[np.bool_]]
) -> pa.Table:
    """Rows per bin, from which rows lie below its upper edge: no row needs its bin's number."""
    ends = [np.count_nonzero(one) for one in below]
    known = len(values) - np.count_nonzero(np.isnan(values))
    rows = np.diff([0, *ends, known, len(values)])
    bins = len(ends) + 1
    return pa.table(
        [
            pa.array([name] * (bins + 1), pa.string()),
            pa.array([*range(bins), MISSING_BIN], pa.int32()),
            pa.array(rows, pa.int64()),
        ],
        schema=SCHEMA,
    )
