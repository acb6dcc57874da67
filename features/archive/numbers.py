"""Whole numbers instead of long texts: what grouping and ordering records costs depends on it.

``enterprise_no`` names an enterprise within one archive; ``sequence`` orders the records of one
kind of one enterprise by day, instant of knowledge and identity. Which records a day may see
changes with the day, the order between two of them never does, so it is found once, on writing.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.archive.files import KINDS
from features.catalogue import ENTERPRISE_NO, SEQUENCE

# Numbers of a range begin at its number times this, so they are unique in the whole archive.
_NUMBERS_A_RANGE = 1 << 32
# The order of an enterprise's records that decides which is the newest.
ORDER = ("event_on", "known_at", "record_id", "row_no")


def number_enterprises(
    ids: pa.Array,
    *,
    range_no: int,
    known: pa.Table | None = None,
    highest: Callable[[], int] | None = None,
) -> pa.Table:
    """Numbers for `ids` (text, distinct): those of `known` stay, the others follow in order.

    They follow the highest number of `known`, or where that is not everybody, what `highest` says.

    Returns
    -------
    pa.Table
        One row per enterprise, known ones too, sorted by ``enterprise_id``.
    """
    first = range_no * _NUMBERS_A_RANGE
    if known is not None and known.num_rows:
        ids = ids.filter(pc.invert(pc.is_in(ids, value_set=known["enterprise_id"])))
        first = pc.max(known[ENTERPRISE_NO]).as_py() + 1
    if highest is not None and len(ids):
        first = highest() + 1
    fresh = ids.sort()
    added = pa.table(
        {
            "enterprise_id": fresh.cast(pa.string()),
            ENTERPRISE_NO: pa.array(np.arange(first, first + len(fresh)), pa.int64()),
        }
    )
    together = added if known is None else pa.concat_tables([known, added])
    return together.sort_by("enterprise_id")


def highest_number(path: Path) -> int:
    """The highest number in a range's list of enterprises."""
    found: int = pc.max(pq.read_table(path, columns=[ENTERPRISE_NO])[ENTERPRISE_NO]).as_py()
    return found


def with_kinds(enterprises: pa.Table, files: Mapping[str, Sequence[Path]]) -> pa.Table:
    """Add ``kinds``: one bit for each kind of `files`, in their order, that has records.

    Most enterprises have records of a few kinds, and a file not opened costs nothing.
    """
    numbers = enterprises[ENTERPRISE_NO].to_numpy()
    order = np.argsort(numbers)
    kinds = np.zeros(len(numbers), dtype=np.int64)
    for bit, paths in enumerate(files.values()):
        for path in paths:
            owners = pq.read_table(path, columns=[ENTERPRISE_NO])[ENTERPRISE_NO].to_numpy()
            once = owners[np.diff(owners, prepend=-1) != 0]  # a file is sorted by enterprise
            present = order[np.searchsorted(numbers, once, sorter=order)]
            kinds[present] |= 1 << bit
    return enterprises.append_column(KINDS, pa.array(kinds))


def with_numbers(records: Any, enterprises: Any) -> Any:
    """Add ``enterprise_no`` and ``sequence`` to records of one kind (Ibis)."""
    rows = records.drop(ENTERPRISE_NO, SEQUENCE).join(enterprises, "enterprise_id")
    order = ibis.window(group_by=ENTERPRISE_NO, order_by=list(ORDER))
    return rows.mutate(**{SEQUENCE: ibis.row_number().over(order).cast("int32")})
