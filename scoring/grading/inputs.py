"""What a grade depends on beside model and records: last month, the province, officers' acts."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.rating.cutoffs import GRADES
from scoring.digests import table_sha256
from scoring.errors import InputTableError
from scoring.grading.policy import GradingPolicy

_ID = ("enterprise_id", pa.string())
GRADES_OF = pa.schema([_ID, ("grade", pa.string())])
OVERRIDES = pa.schema([_ID, ("grade", pa.string()), ("ground", pa.string()), ("rule", pa.string())])


@dataclass(frozen=True)
class GradeInputs:
    """Tables keyed by ``enterprise_id``, each enterprise at most once; empty by default.

    Attributes
    ----------
    previous
        ``grade``: the settled grade of the previous run, for hysteresis.
    provincial
        ``grade``: the province's result; shown beside ours, never overwritten.
    overrides
        Overrides in force: ``grade``, ``ground`` (text of the act), and ``rule`` where the act
        establishes the fact of a direct rule (a transfer to the judicial authorities) instead.
    policy
        The office's published cut-offs and rules.
    law_overlay
        The office's own folder of law.
    previous_run
        Whose grades `previous` holds; for the manifest.
    """

    previous: pa.Table = field(default_factory=GRADES_OF.empty_table)
    provincial: pa.Table = field(default_factory=GRADES_OF.empty_table)
    overrides: pa.Table = field(default_factory=OVERRIDES.empty_table)
    policy: GradingPolicy = field(default_factory=GradingPolicy)
    law_overlay: Path | None = None
    previous_run: str | None = None

    def __post_init__(self) -> None:
        for name, schema in (
            ("previous", GRADES_OF),
            ("provincial", GRADES_OF),
            ("overrides", OVERRIDES),
        ):
            object.__setattr__(self, name, _keyed(getattr(self, name), name=name, schema=schema))

    def to_dict(self) -> dict[str, Any]:
        """What a run's manifest says of them: where grades differ, so does this."""
        return {
            "policy": self.policy.to_dict(),
            "previous_run": self.previous_run,
            "previous_sha256": table_sha256(self.previous),
            "provincial_sha256": table_sha256(self.provincial),
            "overrides": self.overrides.to_pylist(),
        }


def grades_for(table: pa.Table, ids: pa.Array) -> npt.NDArray[np.str_]:
    """Grades of the enterprises `ids` in `table`, shape (n,); "" where there is none."""
    if not len(table):
        return np.full(len(ids), "", dtype="<U1")
    near = _between(table, ids)
    letters = np.array([*GRADES, ""])  # a place of -1 is the last one: none
    codes = np.append(_places(near["grade"].combine_chunks(), pa.array(GRADES)), -1)
    grades: npt.NDArray[np.str_] = letters[
        codes[_places(ids, near["enterprise_id"].combine_chunks())]
    ]
    return grades


def texts_for(table: pa.Table, ids: pa.Array, *, name: str) -> npt.NDArray[np.object_]:
    """Column `name` of `table` for the enterprises `ids`, shape (n,); "" where there is none."""
    near = _between(table, ids)
    found = near[name].take(pc.index_in(ids, value_set=near["enterprise_id"].combine_chunks()))
    texts: npt.NDArray[np.object_] = pc.fill_null(found, "").to_numpy(zero_copy_only=False)
    return texts


def _places(values: pa.Array, among: pa.Array) -> npt.NDArray[np.int32]:
    """Where each value stands in `among`; -1 where it does not."""
    found = pc.fill_null(pc.index_in(values, value_set=among), -1)
    places: npt.NDArray[np.int32] = found.to_numpy(zero_copy_only=False)
    return places


def _between(table: pa.Table, ids: pa.Array) -> pa.Table:
    """The rows from the first to the last of `ids`: a range of millions costs its own size."""
    if not len(ids):
        return table.slice(0, 0)
    ends = pc.min_max(ids).as_py()
    column = table["enterprise_id"]
    places = range(len(column))
    first = bisect_left(places, ends["min"], key=lambda place: column[place].as_py())
    after = bisect_right(places, ends["max"], key=lambda place: column[place].as_py())
    return table.slice(first, after - first)


def _keyed(table: pa.Table, *, name: str, schema: pa.Schema) -> pa.Table:
    """The table with its own columns only, ordered by enterprise."""
    try:
        rows = table.select(schema.names).cast(schema).combine_chunks()
    except (KeyError, pa.ArrowInvalid):
        raise InputTableError(
            f"{name} 表应有列 {'、'.join(schema.names)}，实为 {'、'.join(table.column_names)}",
            f"the table {name} must have the columns {', '.join(schema.names)}, it has "
            f"{', '.join(table.column_names)}",
        ) from None
    if not len(rows):
        return rows
    if not _is_rising(rows["enterprise_id"]):
        rows = rows.sort_by("enterprise_id").combine_chunks()
        if not _is_rising(rows["enterprise_id"]):
            raise InputTableError(
                f"{name} 表中有企业出现多次或为空，请每户只保留一行",
                f"the table {name} names an enterprise twice or leaves one out; keep one row each",
            )
    grades = pc.drop_null(pc.unique(rows["grade"])).to_pylist()
    odd = sorted(set(grades) - set(GRADES) - {""})
    if odd:
        raise InputTableError(
            f"{name} 表中的等级 {'、'.join(odd)} 不是 A、B、C、D",
            f"the table {name} has grades other than A to D: {', '.join(odd)}",
        )
    return rows


def _is_rising(ids: pa.ChunkedArray) -> bool:
    if ids.null_count:
        return False
    return bool(pc.all(pc.less(ids[:-1], ids[1:])).as_py() in (True, None))
