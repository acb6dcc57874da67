"""A parameter: its values by day of effect and region, and the look-up that chooses one."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from law.code_tables import CodeTable
from law.days import refuse_instant
from law.errors import NoValueError
from law.provenance import (
    PROVENANCE_KEYS,
    Provenance,
    Reference,
    Status,
    read_provenance,
)
from law.reading import Faults, check_keys, read_day, read_flag, read_optional_text, read_text
from law.regions import NATIONWIDE, is_region, widening
from law.rule_shapes import RULE_CHECKERS
from law.score_shapes import SCORE_CHECKERS
from law.shapes import CHECKERS, NEEDS_TABLE, Shape

_CHECKERS = {**CHECKERS, **RULE_CHECKERS, **SCORE_CHECKERS}


@dataclass(frozen=True)
class Value:
    """What a parameter says on a day in a region.

    Attributes
    ----------
    value
        Plain data of the parameter's type; None only in the entry that ends a value, which a
        look-up never returns. A list or mapping is the caller's own copy.
    since, until
        First and last day in force; `until` is None where no end is known.
    region
        The region that the value was written for, which may be wider than the one asked.
    """

    name: str
    value: Any
    since: date
    until: date | None
    region: str
    reference: Reference
    status: Status
    checked_on: date | None
    source: str
    note: str | None = None
    origin: str = "package"

    @property
    def is_confirmed(self) -> bool:
        return self.status == "confirmed"


@dataclass(frozen=True)
class Parameter:
    """One file of law/parameters/; `values` are sorted by region and first day."""

    name: str
    zh: str
    en: str
    type: str
    unit: str | None
    table: str | None
    regional: bool
    values: tuple[Value, ...]
    _days: Mapping[str, tuple[list[date], list[Value]]] = field(repr=False, compare=False)

    def on(self, day: date, *, region: str = NATIONWIDE) -> Value:
        """The value in force: the region's own, else the next wider region's.

        A region is passed over where the parameter isn't regional, where it has no value yet,
        or where its value was ended by null.

        Raises
        ------
        NoValueError
            Nothing is in force on that day.
        RegionError
            The region is not six digits.
        PeriodError
            An instant was given instead of a day.
        """
        refuse_instant(day)
        asked = widening(region)
        for code in asked if self.regional else (NATIONWIDE,):
            days, values = self._days.get(code, ([], []))
            place = bisect_right(days, day) - 1
            if place >= 0 and values[place].value is not None:
                found = values[place]
                if isinstance(found.value, list | dict):
                    return replace(found, value=deepcopy(found.value))
                return found
        raise self._nothing(day, region)

    def _nothing(self, day: date, region: str) -> NoValueError:
        firsts = [value.since for value in self.values if value.value is not None]
        first = min(firsts).isoformat() if firsts else "-"
        return NoValueError(
            f"参数 {self.name}（{self.zh}）在 {day} 对地区 {region} 没有有效值，最早的值自 {first} "
            f"起；请在 law/parameters 或本局的覆盖目录中补充该日的值及依据",
            f"parameter {self.name} has no value on {day} in region {region}; its first value "
            f"starts on {first}. Add a value with its reference for that day in law/parameters "
            "or in the office's overlay folder",
        )


def build_parameter(head: Parameter, values: Iterable[Value]) -> Parameter:
    """The parameter with these values, sorted, with the last day of each filled in."""
    by_region: dict[str, list[Value]] = {}
    for value in sorted(values, key=lambda value: (value.region, value.since)):
        by_region.setdefault(value.region, []).append(value)
    dated = {
        region: [
            replace(value, until=after.since - timedelta(days=1) if after else None)
            for value, after in zip(row, [*row[1:], None], strict=True)
        ]
        for region, row in by_region.items()
    }
    days = {region: ([value.since for value in row], row) for region, row in dated.items()}
    flat = tuple(value for row in dated.values() for value in row)
    return replace(head, values=flat, _days=days)


_KEYS_REQUIRED = ("zh", "en", "type", "regional", "values")
_KEYS_OPTIONAL = ("unit", "table")


def read_parameter(
    name: str, content: Mapping[str, Any], faults: Faults, *, tables: Mapping[str, CodeTable]
) -> Parameter:
    """Check one file of law/parameters/ against its own type and build the parameter."""
    check_keys(content, faults, required=_KEYS_REQUIRED, optional=_KEYS_OPTIONAL)
    head = Parameter(
        name=name,
        zh=read_text(content, "zh", faults),
        en=read_text(content, "en", faults),
        type=read_text(content, "type", faults),
        unit=read_optional_text(content, "unit", faults),
        table=read_optional_text(content, "table", faults),
        regional=read_flag(content, "regional", faults),
        values=(),
        _days={},
    )
    if head.type and head.type not in _CHECKERS:
        faults.add(
            f"未知的 type {head.type!r}，允许：{'、'.join(sorted(_CHECKERS))}",
            f"unknown type {head.type!r}; known: {', '.join(sorted(_CHECKERS))}",
        )
    if head.type in NEEDS_TABLE and head.table not in tables:
        faults.add(f"代码表 {head.table} 不存在", f"there is no code table {head.table}")
    return build_parameter(head, read_values(head, content, faults, tables=tables))


def read_values(
    head: Parameter,
    content: Mapping[str, Any],
    faults: Faults,
    *,
    tables: Mapping[str, CodeTable],
    origin: str = "package",
) -> list[Value]:
    """Check the `values` list of a file for the parameter `head`."""
    entries = content.get("values")
    if not isinstance(entries, list) or not entries:
        faults.add("values 应为非空列表", "values must be a list that is not empty")
        return []
    shape = Shape(type=head.type, table=head.table, tables=tables)
    values: list[Value] = []
    for number, entry in enumerate(entries, start=1):
        with faults.at(f"values {number}"):
            if not isinstance(entry, Mapping):
                faults.add("应为键值表", "must be a mapping")
                continue
            value = _read_value(head, entry, faults, shape=shape)
        if value is not None:
            values.append(replace(value, origin=origin))
    _check_unique(values, faults)
    return values


def _read_value(
    head: Parameter, entry: Mapping[Any, Any], faults: Faults, *, shape: Shape
) -> Value | None:
    check_keys(
        entry,
        faults,
        required=("from", "value", "status", "source", "reference"),
        optional=("region", "checked_on", "note"),
    )
    since = read_day(entry, "from", faults)
    if since is None and entry.get("from") is None and "from" in entry:
        faults.add("from 不能为空", "from must name a day")
    region = _read_region(head, entry, faults)
    provenance = read_provenance({key: entry.get(key) for key in PROVENANCE_KEYS}, faults)
    content = entry.get("value")
    if content is not None and head.type in _CHECKERS:
        _CHECKERS[head.type](content, shape, faults)
        _check_items_confirmed(content, provenance, faults)
    if since is None:
        return None
    return Value(
        name=head.name,
        value=content,
        since=since,
        until=None,
        region=region,
        reference=provenance.reference,
        status=provenance.status,
        checked_on=provenance.checked_on,
        source=provenance.source,
        note=provenance.note,
    )


def _read_region(head: Parameter, entry: Mapping[Any, Any], faults: Faults) -> str:
    region = entry.get("region", NATIONWIDE)
    if not is_region(region):
        faults.add(
            f"region {region!r} 应为加引号的六位行政区划代码",
            f"region {region!r} must be a quoted code of six digits",
        )
        return NATIONWIDE
    if region != NATIONWIDE and not head.regional:
        faults.add(
            f"本参数不允许地区另行规定（regional: false），不能写 region {region}",
            f"region {region} may not override a parameter that is not regional",
        )
    return str(region)


def _check_items_confirmed(content: object, provenance: Provenance, faults: Faults) -> None:
    """A list is confirmed only when every rule in it is."""
    if provenance.status != "confirmed" or not isinstance(content, list):
        return
    for item in content:
        if isinstance(item, Mapping) and item.get("status") == "unconfirmed":
            faults.add(
                "列表中有未确认的项，整个值不能标为 confirmed",
                "the list has an unconfirmed item, so the value can't be confirmed",
            )
            return


def _check_unique(values: Iterable[Value], faults: Faults) -> None:
    seen: set[tuple[str, date]] = set()
    for value in values:
        place = (value.region, value.since)
        if place in seen:
            faults.add(
                f"地区 {value.region} 在 {value.since} 有两个值",
                f"region {value.region} has two values from {value.since}",
            )
        seen.add(place)
