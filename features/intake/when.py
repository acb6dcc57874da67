"""Which rows a rule takes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.columns import column_of
from features.intake.text import header_key, tidy
from features.mapping_schema import When


def rows_taken(conditions: Sequence[When], table: pa.Table) -> Any:
    """Rows for which every condition holds (boolean array)."""
    taken = np.ones(table.num_rows, dtype=bool)
    for condition in conditions:
        taken &= _holds(condition, table)
    return taken


def _holds(condition: When, table: pa.Table) -> Any:
    column = column_of(table, condition.column)
    holds = np.ones(len(column.texts), dtype=bool)
    if condition.is_in:
        options = {tidy(value) for value in condition.is_in}
        holds &= np.array([value in options for value in column.values], dtype=bool)
    if condition.not_in:
        options = {tidy(value) for value in condition.not_in}
        holds &= np.array([value not in options for value in column.values], dtype=bool)
    if condition.present is not None:
        holds &= np.array([(value != "") is condition.present for value in column.values])
    taken = holds[column.codes]
    if condition.equals_column is not None:
        left, right = (
            table[header_key(condition.column)],
            table[header_key(condition.equals_column)],
        )
        taken &= np.asarray(pc.equal(left, right))
    return taken
