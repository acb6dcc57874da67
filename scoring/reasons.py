"""Why an enterprise has its score: the largest contributions and the records behind them."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.build import PLACE
from features.catalogue import ENTERPRISE_NO
from models.rating.points import PointsScale

# Numbers of enterprises and places of records in, their descriptions out, row by row.
Describe: TypeAlias = Callable[[npt.NDArray[np.int64], pa.Array], pa.Table]

REASON = pa.struct(
    [
        ("indicator", pa.string()),
        ("zh", pa.string()),
        ("en", pa.string()),
        ("unit", pa.string()),
        ("value", pa.float64()),
        ("points", pa.float64()),
        ("reference", pa.string()),
        ("event_on", pa.date32()),
        ("source", pa.string()),
    ]
)


def largest_contributions(
    contributions: npt.NDArray[np.float64], *, most: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Positions (row, indicator) of each row's `most` largest risk-raising contributions.

    Parameters
    ----------
    contributions
        Shape (n, k), log-odds; positive raises the risk.

    Returns
    -------
    Two arrays of equal length, ordered by row, then by falling contribution (ties by column).
    """
    most = min(most, contributions.shape[1])
    columns = np.argsort(-contributions, axis=1, kind="stable")[:, :most]
    values = np.take_along_axis(contributions, columns, axis=1)
    row, place = np.nonzero(values > 0)
    return row, columns[row, place]


def explain(
    matrix: pa.Table,
    contributions: npt.NDArray[np.float64],
    *,
    rows: npt.NDArray[np.int64],
    names: Sequence[str],
    labels: dict[str, tuple[str, str, str]],
    scale: PointsScale,
    describe: Describe,
    most: int = 5,
) -> pa.Array:
    """The top reasons of some rows of `matrix`, as one list of structs per row.

    Parameters
    ----------
    matrix
        Indicators with the places of the records behind them (``build_matrix(with_places=True)``).
    contributions
        Shape (len(rows), len(names)), log-odds.
    rows
        Row numbers, shape (k,).
    labels
        Per indicator: Chinese label, English label, unit.
    scale
        Turns log-odds into points; a reason that raises the risk has negative points.
    describe
        What :func:`features.evidence.describe` says of records.
    """
    row, column = largest_contributions(contributions, most=most)
    place = _picked(matrix, rows[row], column, names=[PLACE.format(name=name) for name in names])
    places = pa.array(place, from_pandas=True).cast(pa.int64())
    records = describe(matrix[ENTERPRISE_NO].to_numpy()[rows[row]], places)
    behind = {key: records[key].combine_chunks() for key in ("reference", "event_on", "source")}
    texts = [labels.get(name, (name, name, "")) for name in names]
    pick = pa.array(column)
    reasons = pa.StructArray.from_arrays(
        [
            pa.array(list(names)).take(pick),
            *(pa.array([text[part] for text in texts]).take(pick) for part in range(3)),
            pa.array(_picked(matrix, rows[row], column, names=names), from_pandas=True),
            pa.array(scale.points(contributions[row, column])),
            behind["reference"].cast(pa.string()),
            behind["event_on"],
            behind["source"],
        ],
        fields=list(REASON),
    )
    ends = np.searchsorted(row, np.arange(len(rows) + 1))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), reasons)


def spread(reasons: pa.Array, rows: npt.NDArray[np.int64], *, rows_in_all: int) -> pa.Array:
    """The reasons of some rows (ascending numbers) as lists of all rows; the others have none."""
    told = np.zeros(rows_in_all + 1, dtype=np.int32)
    told[rows + 1] = pc.list_value_length(reasons).to_numpy(zero_copy_only=False)
    return pa.ListArray.from_arrays(pa.array(np.cumsum(told), pa.int32()), reasons.flatten())


def _picked(
    matrix: pa.Table,
    row: npt.NDArray[np.int64],
    column: npt.NDArray[np.int64],
    *,
    names: Sequence[str],
) -> npt.NDArray[np.float64]:
    """The value of each (row, column of `names`); NaN where it is null, or no such column."""
    values = np.full(len(row), np.nan)
    for position, name in enumerate(names):
        here = column == position
        if here.any() and name in matrix.column_names:
            values[here] = matrix[name].to_numpy(zero_copy_only=False)[row[here]]
    return values
