"""Columns that are items (a checklist as a wide table) become rows."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.intake.problems import RowFaults
from features.intake.text import header_key
from features.mapping_schema import Unpivot

_NUMBER = r"^\s*[-+]?[0-9]+(\.[0-9]+)?\s*$"


def unpivot(table: pa.Table, *, block: Unpivot, faults: RowFaults) -> tuple[pa.Table, Any]:
    """One row for each item column whose number is above the limit, and the row it came from.

    Empty cells count as nothing found; text that is no number is a fault of its row.
    """
    items = [name for name in table.column_names if re.search(block.columns_matching, name)]
    numbers = [_numbers(table[name], label=name, faults=faults) for name in items]
    # One line a row, one column an item: the places come out in the order of the rows.
    row, place = np.nonzero(np.column_stack(numbers) > block.keep_greater_than)
    kept = table.select([name for name in table.column_names if name not in items])
    long = kept.take(pa.array(row))
    values = _pick(table, items, row=row, place=place)
    long = long.append_column(header_key(block.value_as), values)
    return long.append_column(header_key(block.name_as), pa.array(items).take(pa.array(place))), row


def _numbers(column: Any, *, label: str, faults: RowFaults) -> Any:
    fits = np.asarray(pc.match_substring_regex(column, _NUMBER))
    filled = np.asarray(pc.not_equal(pc.utf8_trim_whitespace(column), ""))
    wrong = np.flatnonzero(filled & ~fits)
    faults.add(
        wrong,
        f"【{label}】不是数字；请只填数字",
        f"[{label}] is not a number; give digits only",
        label=label,
    )
    text = pc.if_else(pa.array(fits), pc.utf8_trim_whitespace(column), "nan")
    return np.asarray(text.cast(pa.float64()))


def _pick(table: pa.Table, items: list[str], *, row: Any, place: Any) -> Any:
    """The text at (row, item) for each kept pair."""
    texts = pa.chunked_array([table[name].combine_chunks() for name in items], pa.string())
    return texts.combine_chunks().take(pa.array(place * table.num_rows + row))
