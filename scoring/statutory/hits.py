"""The rules that hold, aligned to the enterprises that are scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import ENTERPRISE_NO
from scoring.statutory.arrays import is_among
from scoring.statutory.items import COUNTED, make_items
from scoring.statutory.rules import RecordRule

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Hits:
    """What ``conditions.count_hits`` found, by position of the enterprise among n."""

    rules: tuple[RecordRule, ...]
    rows: int
    _row: npt.NDArray[np.int64]
    _table: pa.Table
    _of_rule: dict[int, npt.NDArray[np.int64]]

    @classmethod
    def align(cls, table: pa.Table, rules: Sequence[RecordRule], numbers: pa.Array) -> "Hits":
        """Place the hits of `table` at the enterprises `numbers`; those of others are left out."""
        place = pc.index_in(table[ENTERPRISE_NO].combine_chunks(), value_set=numbers)
        known = table.filter(place.is_valid()).combine_chunks()
        row = place.drop_null().to_numpy().astype(np.int64)
        rule = known["rule"].to_numpy()
        of_rule = {number: np.flatnonzero(rule == number) for number in range(len(rules))}
        return cls(tuple(rules), len(numbers), row, known, of_rule)

    def holds(self, rule: RecordRule) -> Flags:
        """For whom the rule holds, shape (n,)."""
        return is_among(self._row[self._hits(rule)], rows=self.rows)

    def amount(self, rule: RecordRule) -> npt.NDArray[np.float64]:
        """How many records, or the sum of the field: 0 where the rule does not hold, shape (n,)."""
        amounts, hits = np.zeros(self.rows), self._hits(rule)
        amounts[self._row[hits]] = self._table["amount"].to_numpy()[hits]
        return amounts

    def items(self, rule: RecordRule, chosen: Flags, **columns: Any) -> pa.Table:
        """Items of the rule for the enterprises `chosen`; arrays in `columns` are of shape (n,)."""
        hits = self._hits(rule)
        hits = hits[chosen[self._row[hits]]]
        row, take = self._row[hits], pa.array(hits)
        own = {
            name: value[row] if isinstance(value, np.ndarray) else value
            for name, value in columns.items()
        }
        return make_items(
            [rule],
            np.zeros(len(hits), dtype=np.int64),
            row=row,
            state=COUNTED,
            value=self._table["amount"].take(take),
            reference=self._table["reference"].take(take),
            event_on=self._table["event_on"].take(take),
            source=self._table["source"].take(take),
            **own,
        )

    def _hits(self, rule: RecordRule) -> npt.NDArray[np.int64]:
        return self._of_rule[self.rules.index(rule)]
