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

# A text that many reasons share: kept once.
WORD = pa.dictionary(pa.int32(), pa.string())
REASON = pa.struct(
    [
        ("indicator", WORD),
        ("zh", WORD),
        ("en", WORD),
        ("unit", WORD),
        ("value", pa.float64()),
        ("points", pa.float64()),
        ("reference", pa.string()),
        ("event_on", pa.date32()),
        ("source", WORD),
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
    left = np.where(contributions > 0, contributions, 0)
    columns = np.zeros((len(left), most), dtype=np.int64)
    values = np.zeros((len(left), most))
    each = np.arange(len(left))
    for at in range(min(most, left.shape[1])):  # a few times the largest: no need to sort all
        columns[:, at] = largest = left.argmax(axis=1)
        values[:, at] = left[each, largest]
        left[each, largest] = 0
    row, rank = np.nonzero(values)
    return row, columns[row, rank]


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
    texts = [(name, *labels.get(name, (name, name, ""))) for name in names]
    pick = pa.array(column)
    reasons = pa.StructArray.from_arrays(
        [
            *(
                pa.array([text[part] for text in texts], pa.string()).cast(WORD).take(pick)
                for part in range(4)
            ),
            pa.array(_picked(matrix, rows[row], column, names=names), from_pandas=True),
            pa.array(scale.points(contributions[row, column])),
            behind["reference"].cast(pa.string()),
            behind["event_on"],
            behind["source"].cast(WORD),
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
    order = np.argsort(column, kind="stable")
    ends = np.searchsorted(column[order], np.arange(len(names) + 1))
    for position, name in enumerate(names):
        here = order[ends[position] : ends[position + 1]]
        if len(here) and name in matrix.column_names:
            values[here] = matrix[name].take(pa.array(row[here])).to_numpy()
    return values
