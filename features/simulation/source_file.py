"""One department's file before it is dirtied and written."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from features.simulation.arrays import Array, Columns, joined, padded, take
from features.simulation.timeline import Timeline

ID_COLUMN = "统一社会信用代码"
KNOWN_COLUMN = "归集日期"
MARK_COLUMN = "数据性质"
MARK_TEXT = "模拟数据 SIMULATED"
_LATE_SHARE = 0.04
_LATEST_DAYS = 200
_USUAL_DAYS = 20


@dataclass(frozen=True)
class SourceFile:
    """A file and what dirt may touch.

    `event_column` is the day that becomes ``event_on``; `code_column` has a closed list of values
    and may get an unknown one; `required_column` may be left blank by mistake; `totalled_column`
    is summed in a row of totals that somebody left at the bottom.
    """

    source: str
    name: str
    layout: Literal["csv", "excel", "parquet"]
    columns: Columns
    event_column: str
    code_column: str | None = None
    required_column: str = ID_COLUMN
    totalled_column: str | None = None
    encoding: str = "utf-8"
    sheet: str = ""
    preamble: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Number of data rows."""
        return len(self.columns[ID_COLUMN])

    def with_columns(self, columns: Columns) -> "SourceFile":
        """The same file with other contents."""
        return replace(self, columns=columns)


def finished(
    columns: Columns,
    event_column: str,
    *,
    timeline: Timeline,
    rng: np.random.Generator,
) -> Columns:
    """Add the mark and, where it is not there, the day of collection.

    What was not collected by the last day is left out: the departments could not send it.

    Rows are in the order a department would append them: by event, then enterprise.
    """
    events = columns[event_column]
    known = columns.get(KNOWN_COLUMN)
    if known is None:
        known = collected_on(events, rng)
    columns = {
        **columns,
        KNOWN_COLUMN: known,
        MARK_COLUMN: np.full(len(events), MARK_TEXT),
    }
    kept = np.flatnonzero(known <= timeline.end)
    order = np.lexsort((columns[ID_COLUMN][kept], events[kept]))
    return take(columns, kept[order])


def collected_on(events: Array, rng: np.random.Generator) -> Array:
    """Collection days: mostly within 20 days of the event, a late tail of up to 200 days."""
    size = len(events)
    usual = np.floor(rng.beta(1.1, 2.6, size) * (_USUAL_DAYS + 1))
    late = _USUAL_DAYS + np.floor(rng.beta(1.0, 2.0, size) * (_LATEST_DAYS - _USUAL_DAYS))
    days = np.where(rng.random(size) < _LATE_SHARE, late, usual)
    return np.asarray(events + days.astype("timedelta64[D]"))


def numbered(prefix: str, years: Array, *, rng: np.random.Generator, width: int = 7) -> Array:
    """Document numbers such as ``模检2024-0001234``: unique, in no order that tells anything."""
    serial = rng.permutation(len(years)) + 1
    return joined(prefix, years.astype(np.str_), "-", padded(serial, width))


def years_of(days: Array) -> Array:
    """Calendar years of days."""
    return np.asarray(days.astype("datetime64[Y]").astype(int) + 1970)
