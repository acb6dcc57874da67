"""What a plan comes to: counts by area and grade, for a page that reads no plan of millions."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import law
from scoring.measures.plan import SupervisionPlan

_PER_MILLE = 1000
# Columns beside those by method and depth, as :func:`count_measures` gives them.
SUMMED = ("enterprises", "expected_draws", "visited", "asked", "planned", "cut", "patrols")
TASKS, KEY_SUPERVISED = "tasks", "key_supervised"


def count_columns() -> tuple[str, ...]:
    """Every counted column, in the order of the page."""
    codes = [
        f"{part}_{code}"
        for part, table in (("method", "supervision_methods"), ("depth", "supervision_depths"))
        for code in law.codes(table)
    ]
    return (*SUMMED, TASKS, KEY_SUPERVISED, *codes)


def count_measures(
    plan: SupervisionPlan, *, tasks: pa.Table, key_supervised: Sequence[str]
) -> pa.Table:
    """One row per area and grade of the plan.

    Columns: ``area_code``, ``grade``, then :func:`count_columns`: ``expected_draws`` is the sum of
    the sampling ratios, ``visited`` counts enterprises with a planned visit, ``tasks`` guidance
    proposed, ``method_*`` and ``depth_*`` enterprises under each.
    """
    rows = plan.rows
    on_list = pa.array(list(key_supervised), pa.string())
    columns: dict[str, Any] = {
        "area_code": rows["area_code"],
        "grade": rows["grade"],
        "enterprises": pa.repeat(pa.scalar(1, pa.int64()), rows.num_rows),
        "expected_draws": pc.divide(pc.cast(rows["ratio_per_mille"], pa.float64()), _PER_MILLE),
        "visited": pc.greater(rows["planned"], 0),
        "asked": rows["asked"],
        "planned": rows["planned"],
        "cut": rows["cut"],
        "patrols": rows["patrols"],
        TASKS: _times(rows["enterprise_id"], tasks["enterprise_id"]),
        KEY_SUPERVISED: pc.is_in(rows["enterprise_id"], value_set=on_list),
    }
    for part in ("method", "depth"):
        for code in law.codes(f"supervision_{part}s"):
            columns[f"{part}_{code}"] = pc.equal(rows[part], code)
    flags = {name: _whole(column) for name, column in columns.items()}
    summed = [(name, "sum") for name in count_columns()]
    counts = pa.table(flags).group_by(["area_code", "grade"]).aggregate(summed)
    renamed = counts.rename_columns([name.removesuffix("_sum") for name in counts.column_names])
    keys = ["area_code", "grade"]
    return renamed.select([*keys, *count_columns()]).sort_by([(key, "ascending") for key in keys])


def _whole(column: Any) -> Any:
    """Flags as whole numbers, to be summed."""
    return pc.cast(column, pa.int64()) if column.type == pa.bool_() else column


def _times(ids: pa.ChunkedArray, named: pa.ChunkedArray) -> pa.Array:
    """How often each of `ids` stands in `named`."""
    counts = pa.table({"id": named}).group_by("id").aggregate([("id", "count")])
    place = pc.index_in(ids, value_set=counts["id"].combine_chunks())
    return pc.fill_null(counts["id_count"].take(place), 0)
