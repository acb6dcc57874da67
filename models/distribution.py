"""How a population is distributed: rows per bin of every indicator, and of the probability."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.columns import column_values
from models.scoring_model import ScoringModel

PROBABILITY = "probability"
MISSING = -1
_PROBABILITY_BINS = 100
_SCHEMA = pa.schema([("name", pa.string()), ("bin", pa.int32()), ("rows", pa.int64())])


def count_bins(model: ScoringModel, matrix: pa.Table, probability: NDArray[np.float64]) -> pa.Table:
    """Rows of `matrix` in every bin of the scorecard, and of a hundredth of probability.

    Returns
    -------
    pa.Table
        ``name`` (an indicator with influence, or ``probability``), ``bin`` (-1: missing), ``rows``.
    """
    counted = [_counts(PROBABILITY, np.minimum(probability * _PROBABILITY_BINS, 99).astype(int))]
    for name, step in model.scorecard.steps.items():
        if not step.is_flat:
            bins = step.bins(column_values(matrix, name))
            counted.append(_counts(name, np.where(bins == len(step.values), MISSING, bins)))
    return merge_counts(counted)


def merge_counts(tables: Sequence[pa.Table]) -> pa.Table:
    """Counts of several parts of a population, added up; sorted by name and bin."""
    joined = pa.concat_tables([_SCHEMA.empty_table(), *tables])
    summed = joined.group_by(["name", "bin"]).aggregate([("rows", "sum")])
    named = summed.rename_columns({"rows_sum": "rows"}).select(_SCHEMA.names)
    return named.sort_by([("name", "ascending"), ("bin", "ascending")])


def _counts(name: str, bins: NDArray[np.int64]) -> pa.Table:
    rows = np.bincount(bins - MISSING)
    found = np.flatnonzero(rows)
    return pa.table(
        {
            "name": pa.array([name] * len(found), pa.string()),
            "bin": pa.array(found + MISSING, pa.int32()),
            "rows": pa.array(rows[found], pa.int64()),
        }
    )
