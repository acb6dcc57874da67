"""Apply one record rule of a mapping to one chunk: rows in, records and faults out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import Field, record_kinds
from features.intake.columns import Parsed, TextColumn, hash_persons, resolve
from features.intake.days import parse_instants
from features.intake.enterprise_ids import look_at_numbers, parse_enterprise_ids
from features.intake.identities import identify
from features.intake.problems import Notes, RowFaults
from features.intake.text import half_width_all
from features.intake.unpivot import unpivot
from features.intake.values import parse_field
from features.intake.when import rows_taken
from features.mapping_schema import Mapping, RecordRule, Value
from features.messages import Message
from features.point_in_time import OFFICE_OFFSET

_REQUIRED = Message("必填项为空，请补填", "is required and empty; fill it in")


@dataclass(frozen=True)
class Setting:
    """What all chunks of an import share. `received_at` is naive UTC."""

    mapping: Mapping
    received_at: datetime
    person_key: bytes
    exceptions: frozenset[str]

    @property
    def received_on(self) -> date:
        """The day of receipt in China."""
        return (self.received_at + OFFICE_OFFSET).date()


@dataclass(frozen=True)
class RuleResult:
    """Records of one rule (without common text columns), and the chunk row each came from.

    `identities`, of scheme `resolve`: who each row says it is, null where it has a credit code.
    """

    table: Any
    rows: Any
    identities: Any = None


class RuleRun:
    """One rule on one chunk; collects columns, faults and notes as it goes."""

    def __init__(
        self, rule: RecordRule, *, setting: Setting, faults: RowFaults, notes: Notes
    ) -> None:
        self._rule = rule
        self._setting = setting
        self._faults = faults
        self._notes = notes
        self._rows: Any = None
        self._numbers: Any = None
        self._table: Any = None
        self._identities: Any = None

    def run(self, table: pa.Table, *, row_numbers: Any) -> RuleResult:
        """Records of the rows the rule takes; rows with faults are still among them."""
        self._rows = np.arange(table.num_rows)
        if self._rule.unpivot is not None:
            table, self._rows = unpivot(table, block=self._rule.unpivot, faults=self._faults)
        taken = rows_taken(self._rule.conditions, table)
        self._table, self._rows = table.filter(pa.array(taken)), self._rows[taken]
        self._numbers = row_numbers[self._rows]
        columns = {"enterprise_id": self._enterprise_ids()}
        columns.update(self._instants())
        columns["producer"] = self._producer()
        kind = record_kinds()[self._rule.kind]
        for field in kind.fields.values():
            columns[field.name] = self._field(field)
        return RuleResult(pa.table(columns), self._rows, self._identities)

    def _resolve(self, value: Value) -> TextColumn:
        return resolve(value, self._table, empty_values=self._setting.mapping.empty_values)

    def _enterprise_ids(self) -> Any:
        rule = self._rule.enterprise_id
        if rule.scheme == "resolve":
            parts = {name: self._resolve(value) for name, value in rule.parts().items()}
            found = identify(parts, rows=len(self._rows), exceptions=self._setting.exceptions)
            self._faults.add(self._rows[found.nameless], *found.fault)
            for note, rows in found.notes.items():
                self._notes.add(note, row_numbers=self._numbers[rows])
            self._identities = found.identities
            return found.ids
        column = self._resolve(rule)
        parsed = parse_enterprise_ids(
            column, scheme=rule.scheme, exceptions=self._setting.exceptions
        )
        self._require(column)
        return self._spread(column, parsed)

    def _instants(self) -> dict[str, Any]:
        event_column, event = self._local_instants(self._rule.event_on)
        self._require(event_column)
        received = np.datetime64(self._setting.received_at, "us")
        known_rule, known_label = self._rule.known_at, ""
        if known_rule is None:
            known = np.full(len(event), received + np.timedelta64(OFFICE_OFFSET))
        elif known_rule.same_as is not None or known_rule.lag_days is not None:
            known = event.astype("datetime64[D]").astype("datetime64[us]")
            known = known + np.timedelta64(timedelta(days=known_rule.lag_days or 0))
            known = np.fmin(known, received + np.timedelta64(OFFICE_OFFSET))
        else:
            value = known_rule.value()
            assert value is not None
            known_column, known = self._local_instants(value)
            self._require(known_column)
            known_label = known_column.label
        self._check_order(event, known, columns=(event_column.label, known_label))
        known_utc = np.minimum(known - np.timedelta64(OFFICE_OFFSET), received)
        return {
            "event_on": pa.array(event.astype("datetime64[D]"), pa.date32(), from_pandas=True),
            "known_at": pa.array(known_utc, pa.timestamp("us"), from_pandas=True),
        }

    def _local_instants(self, value: Value) -> tuple[TextColumn, Any]:
        column = self._resolve(value)
        instants, faults, notes = parse_instants(
            column,
            formats=value.formats,
            earliest_year=self._setting.mapping.earliest_year,
        )
        self._faults.add_coded(self._rows, column.codes, faults)
        self._tell(column, notes)
        return column, instants[column.codes]

    def _check_order(self, event: Any, known: Any, *, columns: tuple[str, str]) -> None:
        """What happened cannot be known before it happened, nor after the file was received."""
        event_day, known_day = event.astype("datetime64[D]"), known.astype("datetime64[D]")
        received = np.datetime64(self._setting.received_on)
        kind = record_kinds()[self._rule.kind]
        for late, earlier, label_zh, label_en in (
            (event_day, known_day, "知悉日期", "the day it was known"),
            (event_day, received, "收到文件之日", "the day the file was received"),
            (known_day, received, "收到文件之日", "the day the file was received"),
        ):
            wrong = np.flatnonzero(late > earlier)
            if not len(wrong):
                continue
            days = late[wrong].astype(str)
            limits = np.broadcast_to(earlier, late.shape)[wrong].astype(str)
            zh = kind.event_zh if late is event_day else "知悉日期"
            en = kind.event_en if late is event_day else "the day it was known"
            self._faults.add(
                self._rows[wrong],
                [
                    f"【{zh}】{d} 晚于{label_zh} {m}，请核对"
                    for d, m in zip(days, limits, strict=True)
                ],
                [
                    f"[{en}] {d} is after {label_en}, {m}; check both"
                    for d, m in zip(days, limits, strict=True)
                ],
                label=columns[0] if late is event_day else columns[1],
                reason=Message(
                    f"【{zh}】晚于{label_zh}，请核对", f"[{en}] is after {label_en}; check both"
                ),
            )

    def _producer(self) -> Any:
        rule = self._rule.producer
        provider = pa.scalar(self._setting.mapping.provider)
        if rule is None:
            return pa.repeat(provider, len(self._rows))
        column = self._resolve(rule)
        texts = half_width_all(column.texts)
        named = pc.if_else(pc.equal(texts, ""), provider, texts)
        return named.take(pa.array(column.codes))

    def _field(self, field: Field) -> Any:
        rule = self._rule.fields.get(field.name)
        if rule is None:
            return pa.nulls(len(self._rows), field.arrow_type)
        column = self._resolve(rule)
        if rule.hash is not None:
            return self._spread(column, hash_persons(column, key=self._setting.person_key))
        parsed = parse_field(
            column,
            rule=rule,
            kind=self._rule.kind,
            field=field,
            earliest_year=self._setting.mapping.earliest_year,
        )
        if field.required:
            self._require(column)
        if field.name in self._rule.identifiers:
            odd, example = look_at_numbers(column, scheme=self._rule.identifiers[field.name])
            self._tell(column, odd, example)
        return self._spread(column, parsed)

    def _spread(self, column: TextColumn, parsed: Parsed) -> Any:
        """Values of the distinct texts, one for every row."""
        self._faults.add_coded(self._rows, column.codes, parsed.faults)
        self._tell(column, parsed.notes)
        return parsed.values.take(pa.array(column.codes))

    def _require(self, column: TextColumn) -> None:
        empty = self._rows[~column.filled()]
        zh, en = f"【{column.label}】{_REQUIRED.zh}", f"[{column.label}] {_REQUIRED.en}"
        self._faults.add(empty, zh, en, label=column.label)

    def _tell(
        self, column: TextColumn, notes: dict[int, Message], example: Message | None = None
    ) -> None:
        places: dict[Message, list[int]] = {}
        for place, message in notes.items():  # distinct texts, not rows
            places.setdefault(message, []).append(place)
        for message, found in places.items():
            rows = np.isin(column.codes, np.array(found))
            self._notes.add(
                _labelled(column.label, message), row_numbers=self._numbers[rows], example=example
            )


def _labelled(label: str, message: Message) -> Message:
    return Message(f"【{label}】{message.zh}", f"[{label}] {message.en}")
