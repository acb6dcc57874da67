"""Many windows of the same thing: every record is counted once, and the windows are added up.

Windows of 3, 6 and 12 months lie inside one another. Asked for one by one, each of them looks at
every record again. Here a record is counted once, in the shortest window that holds it, its span;
what a window holds is that span and all shorter ones together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from features.catalogue import ENTERPRISE_NO
from features.indicators.measures import Aggregate
from features.indicators.moment import Moment
from features.indicators.runs import as_integers, from_integers
from features.indicators.windows import months_before

_NONE_YET = np.iinfo(np.int64)
# How two spans become one, and what a span without records has; other ways of aggregating cannot
# be put together like this.
_TOGETHER: dict[str, tuple[np.ufunc, int]] = {
    "count": (np.add, 0),
    "total": (np.add, 0),
    "highest": (np.maximum, int(_NONE_YET.min)),
    "lowest": (np.minimum, int(_NONE_YET.max)),
    "days_since_last": (np.minimum, int(_NONE_YET.max)),
    "newest": (np.maximum, int(_NONE_YET.min)),
}
# Fewer windows of a thing than this are asked for one by one as fast.
_MANY = 3
_SPAN = "span_"


@dataclass(frozen=True)
class Spans:
    """Aggregates of one source by the thing they count and by window.

    `windows` in months, shortest first; None, everything, comes last.
    """

    leaves: tuple[Aggregate, ...]
    things: tuple[Aggregate, ...]
    windows: tuple[int | None, ...]

    @classmethod
    def of(cls, leaves: Sequence[Aggregate], rows: Any) -> "Spans | None":
        """How to count `leaves`; None where that would not be faster, or not exact."""
        things = tuple(dict.fromkeys(replace(leaf, within=None) for leaf in leaves))
        if len(leaves) < _MANY * len(things) or not all(_is_exact(leaf, rows) for leaf in things):
            return None
        limited = sorted({leaf.within for leaf in leaves if leaf.within is not None})
        return cls(tuple(leaves), things, (*limited, None))

    def counted(self, rows: Any, moment: Moment) -> Any:
        """One row per enterprise and span (Ibis): each thing over the records of the span."""
        shorter = [
            (rows.event_on > months_before(moment.as_of, months), place)
            for place, months in enumerate(self.windows)
            if months is not None
        ]
        spanned = rows.mutate(**{_SPAN: ibis.cases(*shorter, else_=len(self.windows) - 1)})
        return spanned.group_by(ENTERPRISE_NO, _SPAN).agg(
            **{
                f"thing{place}": thing.expression(spanned, moment)
                for place, thing in enumerate(self.things)
            }
        )

    def windowed(self, counted: pa.Table, names: Sequence[str]) -> pa.Table:
        """One row per enterprise: its number, and each of `leaves` under its name."""
        owners = counted[ENTERPRISE_NO].combine_chunks().dictionary_encode()
        numbers, places = owners.dictionary, owners.indices.to_numpy()
        spans, added = counted[_SPAN].to_numpy(), {}
        for place, thing in enumerate(self.things):
            column = counted[f"thing{place}"].combine_chunks()
            together, nothing = _TOGETHER[thing.how]
            table = np.full((len(self.windows), len(numbers)), nothing, dtype=np.int64)
            known = column.is_valid().to_numpy(zero_copy_only=False)
            table[spans[known], places[known]] = as_integers(column)[known]
            added[thing] = together.accumulate(table, axis=0), nothing, column.type
        columns = {}
        for leaf, name in zip(self.leaves, names, strict=True):
            table, nothing, kind = added[replace(leaf, within=None)]
            values = table[self.windows.index(leaf.within)]
            missing = values == nothing if nothing else np.zeros(len(values), dtype=bool)
            columns[name] = from_integers(values, missing, kind)
        return pa.table({ENTERPRISE_NO: numbers, **columns})


def _is_exact(thing: Aggregate, rows: Any) -> bool:
    """Whether it can be added up from spans to the last bit: whole numbers, days and money."""
    if thing.how not in _TOGETHER:
        return False
    if thing.field is None or thing.how == "newest":
        return True
    kind = rows[thing.field].type()
    return bool(kind.is_integer() or kind.is_decimal() or kind.is_date())
