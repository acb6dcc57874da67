"""Why an enterprise has its score: the largest contributions and the records behind them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.rating.points import PointsScale

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
    names: Sequence[str],
    labels: dict[str, tuple[str, str, str]],
    scale: PointsScale,
    records: pa.Table,
    most: int = 5,
) -> pa.Array:
    """The top reasons of every row of `matrix`, as one list of structs per row.

    Parameters
    ----------
    matrix
        Indicators with their `<indicator>__record` columns, n rows.
    contributions
        Shape (n, len(names)), log-odds.
    labels
        Per indicator: Chinese label, English label, unit.
    scale
        Turns log-odds into points; a reason that raises the risk has negative points.
    records
        What :func:`features.evidence.lookup` says of the records (record_id, reference, event_on,
        source).
    """
    row, column = largest_contributions(contributions, most=most)
    record = evidence_ids(matrix, row, column, names=names)
    found = pc.index_in(record, value_set=records["record_id"].combine_chunks())
    behind = {
        key: records[key].combine_chunks().take(found)
        for key in ("reference", "event_on", "source")
    }
    texts = [labels.get(name, (name, name, "")) for name in names]
    pick = pa.array(column)
    reasons = pa.StructArray.from_arrays(
        [
            pa.array(list(names)).take(pick),
            *(pa.array([text[part] for text in texts]).take(pick) for part in range(3)),
            pa.array(_values(matrix, row, column, names=names), from_pandas=True),
            pa.array(scale.points(contributions[row, column])),
            behind["reference"].cast(pa.string()),
            behind["event_on"],
            behind["source"],
        ],
        fields=list(REASON),
    )
    ends = np.searchsorted(row, np.arange(matrix.num_rows + 1))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), reasons)


def spread(reasons: pa.Array, rows: npt.NDArray[np.int64], *, rows_in_all: int) -> pa.Array:
    """The reasons of some rows (ascending numbers) as lists of all rows; the others have none."""
    told = np.zeros(rows_in_all + 1, dtype=np.int32)
    told[rows + 1] = pc.list_value_length(reasons).to_numpy(zero_copy_only=False)
    return pa.ListArray.from_arrays(pa.array(np.cumsum(told), pa.int32()), reasons.flatten())


def evidence_ids(
    matrix: pa.Table,
    row: npt.NDArray[np.int64],
    column: npt.NDArray[np.int64],
    *,
    names: Sequence[str],
) -> pa.Array:
    """The record behind each (row, indicator), null where an indicator counts no record."""
    ids = np.full(len(row), None, dtype=object)
    for position, name in enumerate(names):
        if f"{name}__record" in matrix.column_names:
            here = column == position
            ids[here] = matrix[f"{name}__record"].to_numpy(zero_copy_only=False)[row[here]]
    return pa.array(ids, pa.string())


def _values(
    matrix: pa.Table,
    row: npt.NDArray[np.int64],
    column: npt.NDArray[np.int64],
    *,
    names: Sequence[str],
) -> npt.NDArray[np.float64]:
    values = np.full(len(row), np.nan)
    for position, name in enumerate(names):
        here = column == position
        if here.any() and name in matrix.column_names:
            values[here] = matrix[name].to_numpy(zero_copy_only=False)[row[here]]
    return values
