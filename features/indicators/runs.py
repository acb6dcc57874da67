"""Aggregates of many enterprises at once, over records that lie enterprise by enterprise.

An engine's group-by keeps a state per enterprise and aggregate and finds it again for every record.
The records of an archive are sorted by enterprise: those of one are a run, and an aggregate is one
pass over a column that starts anew where a run does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import ENTERPRISE_NO
from features.indicators.conditions import Condition
from features.indicators.measures import WEIGHT_UNIT, Aggregate, weight
from features.indicators.moment import Moment
from features.indicators.windows import months_before

_POSITION, _DAY = "position", "event_on"
_FIELD, _CONDITION, _WEIGHT = "field_{}", "condition_{}", "weight_{}"
_INTEGERS = np.iinfo(np.int64)
# What looks at the last record of a run: of counts alone, no record need have its place.
_ORDERED = frozenset({"newest", "latest"})
_EXTREMES = {"highest": (np.maximum, _INTEGERS.min), "lowest": (np.minimum, _INTEGERS.max)}

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Runs:
    """How the aggregates `leaves` of one source are counted run by run."""

    leaves: tuple[Aggregate, ...]
    moment: Moment

    @classmethod
    def of(cls, leaves: Sequence[Aggregate], rows: Any, moment: Moment) -> "Runs | None":
        """How to count `leaves` of `rows` (Ibis); None where it would not be exact."""
        if not all(_is_exact(leaf, rows) for leaf in leaves):
            return None
        return cls(tuple(leaves), moment)

    def records(self, rows: Any, identities: Sequence[str] = ()) -> Any:
        """A row per record (Ibis): what the aggregates look at, and columns to be kept."""
        fields = {_FIELD.format(name): rows[name] for name in self._fields}
        conditions = {
            _CONDITION.format(place): condition.mask(rows)
            for place, condition in enumerate(self._conditions)
        }
        weights = {
            _WEIGHT.format(months): weight(rows, self.moment, half_life=months)
            for months in self._half_lives
        }
        in_order = any(leaf.how in _ORDERED for leaf in self.leaves)
        position = {_POSITION: rows[_POSITION] if in_order else ibis.literal(0, "int64")}
        return rows.select(
            ENTERPRISE_NO, _DAY, *identities, **position, **fields, **conditions, **weights
        )

    def aggregate(
        self, records: pa.Table, schema: pa.Schema, identities: Sequence[str] = ()
    ) -> pa.Table:
        """One row per enterprise: its number, `identities`, and each leaf.

        `schema` says the types of the leaves, by the names they get, in their order after those
        of the number and before those of `identities`.
        """
        runs = _Sorted.of(records)
        columns = {ENTERPRISE_NO: runs.firsts(ENTERPRISE_NO)}
        columns |= {name: runs.firsts(name) for name in identities}
        named = [name for name in schema.names if name not in columns]
        masks = _Masks(runs, self.moment, {item: n for n, item in enumerate(self._conditions)})
        for leaf, name in zip(self.leaves, named, strict=True):
            columns[name] = _column(leaf, runs, masks, kind=schema.field(name).type)
        return pa.table({name: columns[name] for name in schema.names})

    @property
    def _fields(self) -> list[str]:
        return list(dict.fromkeys(leaf.field for leaf in self.leaves if leaf.field is not None))

    @property
    def _conditions(self) -> list[Condition]:
        return list(dict.fromkeys(one for leaf in self.leaves for one in leaf.where))

    @property
    def _half_lives(self) -> list[int]:
        return list(dict.fromkeys(leaf.half_life for leaf in self.leaves if leaf.half_life))


@dataclass(frozen=True)
class _Sorted:
    """Records by enterprise, older ones first; where each enterprise's run begins and ends."""

    table: pa.Table
    starts: Whole
    ends: Whole

    @classmethod
    def of(cls, records: pa.Table) -> "_Sorted":
        numbers, positions = (records[name].to_numpy() for name in (ENTERPRISE_NO, _POSITION))
        step = np.diff(numbers)
        if ((step < 0) | ((step == 0) & (np.diff(positions) < 0))).any():
            order = _order(numbers, positions)
            records, step = records.take(pa.array(order)), np.diff(numbers[order])
        last = np.concatenate([step != 0, [True]])[: len(numbers)]
        ends = np.flatnonzero(last)
        return cls(records, np.append(0, ends[:-1] + 1)[: len(ends)], ends)

    def column(self, name: str) -> pa.Array:
        """One column, in one piece."""
        return self.table[name].combine_chunks()

    def firsts(self, name: str) -> pa.Array:
        """Of the first record of every run."""
        return self.column(name).take(pa.array(self.starts))

    def add(self, values: npt.NDArray[Any]) -> Whole:
        """The sum of each run; bits beyond 64 that come and go again do no harm."""
        return np.diff(self.so_far(values), prepend=0)

    def so_far(self, values: npt.NDArray[Any]) -> Whole:
        """The sum of each run and of all before it."""
        return np.cumsum(values, dtype=np.int64)[self.ends]

    def extreme(self, how: np.ufunc, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The highest or lowest value of each run."""
        found: npt.NDArray[Any] = how.reduceat(values, self.starts) if len(self.starts) else values
        return found


def _order(numbers: Whole, positions: Whole) -> Whole:
    """What sorts by number, then by position; as one key where both fit into 64 bits."""
    low, width = numbers.min(), int(positions.max()) + 1
    if (int(numbers.max()) - int(low) + 1) * width < _INTEGERS.max:
        return np.argsort((numbers - low) * width + positions, kind="stable")
    return np.lexsort([positions, numbers])


@dataclass
class _Masks:
    """Which records an aggregate looks at, and the last of them in every run; each found once."""

    runs: _Sorted
    moment: Moment
    places: Mapping[Condition, int]
    _flags: dict[object, Flags] = field(default_factory=dict)
    _last: dict[object, Whole] = field(default_factory=dict)
    _so_far: dict[object, Whole] = field(default_factory=dict)

    def flags(self, leaf: Aggregate) -> Flags:
        """Shape (records,)."""
        key = leaf.where, leaf.within, leaf.field
        if key not in self._flags:
            found = np.ones(self.runs.table.num_rows, dtype=bool)
            for condition in leaf.where:
                found &= self._true(_CONDITION.format(self.places[condition]))
            if leaf.within is not None:
                found &= self.days > _day(months_before(self.moment.as_of, leaf.within))
            if leaf.field is not None:
                known = self.runs.column(_FIELD.format(leaf.field)).is_valid()
                found &= known.to_numpy(zero_copy_only=False)
            self._flags[key] = found
        return self._flags[key]

    def last(self, leaf: Aggregate) -> Whole:
        """The place of the last record looked at, -1 for none; shape (runs,)."""
        key = leaf.where, leaf.within, leaf.field
        if key not in self._last:
            places, so_far = np.flatnonzero(self.flags(leaf)), self.so_far(leaf)
            places = np.append(places, -1)  # so that there is one even where no flag is set
            last = places[so_far - 1]
            self._last[key] = np.where(last >= self.runs.starts, last, -1)
        return self._last[key]

    def so_far(self, leaf: Aggregate) -> Whole:
        """How many records are looked at in each run and all before it."""
        key = leaf.where, leaf.within, leaf.field
        if key not in self._so_far:
            self._so_far[key] = self.runs.so_far(self.flags(leaf))
        return self._so_far[key]

    @cached_property
    def days(self) -> Whole:
        """On which day each record happened, in days since 1970."""
        return as_integers(self.runs.column(_DAY))

    def _true(self, name: str) -> Flags:
        if name not in self._flags:
            values = pc.fill_null(self.runs.column(name), False)
            self._flags[name] = values.to_numpy(zero_copy_only=False)
        return self._flags[name]


def _day(day: date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


def _column(leaf: Aggregate, runs: _Sorted, masks: _Masks, *, kind: pa.DataType) -> pa.Array:
    """One aggregate, a value per run."""
    flags = masks.flags(leaf)
    if leaf.how == "count":
        return pa.array(np.diff(masks.so_far(leaf), prepend=0)).cast(kind)
    if leaf.how in ("fading_count", "fading_weight"):
        weights = runs.column(_WEIGHT.format(leaf.half_life)).to_numpy()
        summed = runs.add(np.where(flags, weights, 0))
        return pa.array(summed / WEIGHT_UNIT if leaf.how == "fading_count" else summed).cast(kind)
    if leaf.how == "newest":
        last = masks.last(leaf)
        return pa.array(runs.column(_POSITION).to_numpy()[last], mask=last < 0).cast(kind)
    if leaf.how == "days_since_last":
        newest = runs.extreme(np.maximum, np.where(flags, masks.days, _INTEGERS.min))
        none = newest == _INTEGERS.min
        ages = np.where(none, 0, _day(masks.moment.as_of) - newest)
        return pa.array(ages, mask=none).cast(kind)
    values = runs.column(_FIELD.format(leaf.field))
    if leaf.how == "latest":
        last = masks.last(leaf)
        return values.take(pa.array(last, mask=last < 0)).cast(kind)
    if leaf.how == "total":
        summed = runs.add(np.where(flags, as_integers(values), 0))
        return from_integers(summed, np.zeros(len(summed), dtype=bool), kind)
    how, nothing = _EXTREMES[leaf.how]
    if pa.types.is_floating(kind):
        known = pc.fill_null(values, 0).to_numpy()
        extreme = runs.extreme(how, np.where(flags, known, np.inf * np.sign(nothing)))
        return pa.array(extreme, mask=np.isinf(extreme))
    whole = as_integers(values)
    found = runs.extreme(how, np.where(flags, whole, nothing))
    return from_integers(found, found == nothing, kind)


def _is_exact(leaf: Aggregate, rows: Any) -> bool:
    """Whether numbers of 64 bits hold what it adds up or compares, whatever the order."""
    if leaf.field is None or leaf.how not in ("total", *_EXTREMES):
        return True
    kind = rows[leaf.field].type()
    whole = kind.is_integer() or kind.is_decimal() or kind.is_date()
    return bool(whole or (kind.is_floating() and leaf.how != "total"))


def as_integers(column: pa.Array) -> Whole:
    """What lies in the column's buffer; of a decimal its digits without the point."""
    kind = column.type
    if not pa.types.is_decimal(kind):
        days = column.view(pa.int32()) if pa.types.is_date32(kind) else column
        found: Whole = np.asarray(days.fill_null(0).to_numpy(), dtype=np.int64)
        return found
    halves = np.frombuffer(column.buffers()[1], dtype="<i8").reshape(-1, 2)
    used: Whole = halves[column.offset : column.offset + len(column)]
    low, high = used[:, 0], used[:, 1]
    if (high != low >> 63)[column.is_valid().to_numpy(zero_copy_only=False)].any():
        raise OverflowError("a sum of money has more than 18 digits")
    return low


def from_integers(values: Whole, missing: Flags, kind: pa.DataType) -> pa.Array:
    """The inverse of :func:`as_integers`, null where `missing`."""
    if not pa.types.is_decimal(kind):
        whole = pa.array(np.where(missing, 0, values), mask=missing)
        return whole.cast(pa.int32()).view(kind) if pa.types.is_date32(kind) else whole.cast(kind)
    wide = np.stack([values, values >> 63], axis=1)
    known = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [known, pa.py_buffer(wide)])
