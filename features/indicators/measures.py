"""Aggregates of one enterprise's records, as data: the leaves every indicator is built from."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from operator import and_
from typing import Any

import ibis

from features.indicators.conditions import Condition
from features.indicators.moment import Moment
from features.indicators.vocabulary import SOURCES, field_label
from features.indicators.windows import MEAN_DAYS_A_MONTH, months_before
from features.messages import Message

# Fading weights are summed as integers of this fraction, so that the order in which an engine adds
# them, which differs between one enterprise and a batch, cannot change the last bit.
WEIGHT_UNIT = 1 << 20


@dataclass(frozen=True)
class Aggregate:
    """One number (or text, or day) from the records of one source.

    Attributes
    ----------
    source
        A name of ``vocabulary.SOURCES``.
    how
        A name of the table of ways below.
    field
        What is added up or looked at; counts need none.
    where
        Conditions that a record must all meet.
    within
        Calendar months back from the as-of day; None looks at everything.
    half_life
        Months after which a record counts half, for fading counts.
    """

    source: str
    how: str
    field: str | None = None
    where: tuple[Condition, ...] = ()
    within: int | None = None
    half_life: int | None = None

    @property
    def is_count(self) -> bool:
        """Whether no record means zero; else it means null."""
        return self.how in ("count", "total", "fading_count", "fading_weight")

    @property
    def selection(self) -> "Aggregate":
        """The position of the newest of the same records: what evidence is looked up by."""
        field = self.field if self.how in ("latest", "highest", "lowest") else None
        return Aggregate(self.source, "newest", field, self.where, self.within)

    def leaves(self) -> Iterator["Aggregate"]:
        """Itself: an aggregate is a leaf."""
        yield self

    def value(self, columns: Any) -> Any:
        """Its column in the assembled table."""
        return columns.of(self)

    def expression(self, records: Any, moment: Moment) -> Any:
        """The Ibis aggregate over the prepared records of its source."""
        return _WAYS[self.how](records, self, moment)

    def mask(self, records: Any, moment: Moment) -> Any:
        """Which records count; None when all do."""
        tests = [condition.mask(records) for condition in self.where]
        if self.within is not None:
            tests.append(records.event_on > months_before(moment.as_of, self.within))
        if self.field is not None and self.how != "total":
            tests.append(records[self.field].notnull())
        return reduce(and_, tests) if tests else None

    def describe(self) -> Message:
        """What it is, in words made from its parts."""
        source = SOURCES[self.source]
        window = (
            Message(f"近{self.within}个月", f", last {self.within} months")
            if self.within is not None
            else Message("", "")
        )
        zh_where = f"（{'；'.join(item.zh for item in self.where)}）" if self.where else ""
        en_where = f" ({'; '.join(item.en for item in self.where)})" if self.where else ""
        chosen = Message(f"{window.zh}{source.zh}{zh_where}", f"{source.en}{en_where}{window.en}")
        field = field_label(self.source, self.field) if self.field else Message("", "")
        template = _WORDS[self.how]
        return Message(
            template.zh.format(chosen=chosen.zh, field=field.zh, half_life=self.half_life),
            template.en.format(chosen=chosen.en, field=field.en, half_life=self.half_life),
        )


def _count(records: Any, item: Aggregate, moment: Moment) -> Any:
    return records.count(where=item.mask(records, moment))


def _total(records: Any, item: Aggregate, moment: Moment) -> Any:
    return records[item.field].sum(where=item.mask(records, moment)).fill_null(0)


def _highest(records: Any, item: Aggregate, moment: Moment) -> Any:
    return records[item.field].max(where=item.mask(records, moment))


def _lowest(records: Any, item: Aggregate, moment: Moment) -> Any:
    return records[item.field].min(where=item.mask(records, moment))


def _latest(records: Any, item: Aggregate, moment: Moment) -> Any:
    return _at_highest(records[item.field], records.position, item.mask(records, moment))


def _newest(records: Any, item: Aggregate, moment: Moment) -> Any:
    return records.position.max(where=item.mask(records, moment))


def _at_highest(value: Any, order: Any, mask: Any) -> Any:
    """The value where `order` is highest.

    Ibis writes its ``argmax`` as the first value of a sort, which costs several times as much as
    the aggregate that DuckDB and Spark both have.
    """
    return _max_by(value.type())(value, order, where=mask)


@cache
def _max_by(kind: Any) -> Any:
    def max_by(value: Any, order: Any) -> Any: ...

    return ibis.udf.agg.builtin(
        max_by, name="max_by", signature=((kind, ibis.dtype("int64")), kind)
    )


def _days_since_last(records: Any, item: Aggregate, moment: Moment) -> Any:
    last = records.event_on.max(where=item.mask(records, moment))
    return ibis.literal(moment.as_of).delta(last, unit="day")


def weight(records: Any, moment: Moment, *, half_life: int) -> Any:
    """What each record weighs that counts half after `half_life` months, in `WEIGHT_UNIT`."""
    age = ibis.literal(moment.as_of).delta(records.event_on, unit="day")
    faded = ibis.literal(0.5) ** (age / (half_life * MEAN_DAYS_A_MONTH))
    return (faded * WEIGHT_UNIT).round().cast("int64")


def _fading_weight(records: Any, item: Aggregate, moment: Moment) -> Any:
    assert item.half_life is not None
    weights = weight(records, moment, half_life=item.half_life)
    return weights.sum(where=item.mask(records, moment)).fill_null(0)


def _fading_count(records: Any, item: Aggregate, moment: Moment) -> Any:
    return _fading_weight(records, item, moment) / WEIGHT_UNIT


_WAYS: Mapping[str, Callable[[Any, Aggregate, Moment], Any]] = {
    "count": _count,
    "total": _total,
    "highest": _highest,
    "lowest": _lowest,
    "latest": _latest,
    "newest": _newest,
    "days_since_last": _days_since_last,
    "fading_count": _fading_count,
    "fading_weight": _fading_weight,
}

_WORDS: Mapping[str, Message] = {
    "count": Message("{chosen}的数量", "number of {chosen}"),
    "total": Message("{chosen}的{field}合计", "sum of {field} over {chosen}"),
    "highest": Message("{chosen}的{field}最大值", "highest {field} of {chosen}"),
    "lowest": Message("{chosen}的{field}最小值", "lowest {field} of {chosen}"),
    "latest": Message("最新一条{chosen}的{field}", "{field} of the newest of {chosen}"),
    "days_since_last": Message("距最近一次{chosen}的天数", "days since the newest of {chosen}"),
    "fading_count": Message(
        "{chosen}的数量，每过{half_life}个月权重减半",
        "number of {chosen}, each weighing half after {half_life} months",
    ),
    "fading_weight": Message(
        "{chosen}的权重和，每过{half_life}个月权重减半",
        "weight of {chosen}, half after {half_life} months",
    ),
}


def count(
    source: str, *, within: int | None = None, where: tuple[Condition, ...] = ()
) -> Aggregate:
    """How many records."""
    return Aggregate(source, "count", where=where, within=within)


def total(
    source: str, field: str, *, within: int | None = None, where: tuple[Condition, ...] = ()
) -> Aggregate:
    """Sum of a field; unknown values add nothing."""
    return Aggregate(source, "total", field, where, within)


def highest(
    source: str, field: str, *, within: int | None = None, where: tuple[Condition, ...] = ()
) -> Aggregate:
    """Largest known value of a field."""
    return Aggregate(source, "highest", field, where, within)


def lowest(
    source: str, field: str, *, within: int | None = None, where: tuple[Condition, ...] = ()
) -> Aggregate:
    """Smallest known value of a field."""
    return Aggregate(source, "lowest", field, where, within)


def latest(source: str, field: str, *, where: tuple[Condition, ...] = ()) -> Aggregate:
    """The field in the newest record that states it."""
    return Aggregate(source, "latest", field, where)


def days_since_last(source: str, *, where: tuple[Condition, ...] = ()) -> Aggregate:
    """Days from the newest record to the as-of day."""
    return Aggregate(source, "days_since_last", where=where)


def fading_count(source: str, *, half_life: int, where: tuple[Condition, ...] = ()) -> Aggregate:
    """A count in which a record weighs half after `half_life` months."""
    return Aggregate(source, "fading_count", where=where, half_life=half_life)


def fading_weight(source: str, *, half_life: int, where: tuple[Condition, ...] = ()) -> Aggregate:
    """A fading count in whole units of 1 / `WEIGHT_UNIT`, to be added up over enterprises."""
    return Aggregate(source, "fading_weight", where=where, half_life=half_life)
