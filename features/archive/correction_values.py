"""Read what a person wants changed in a record: the rules and messages of the intake."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from features.catalogue import Field, RecordKind
from features.intake.columns import Parsed, TextColumn, resolve
from features.intake.days import parse_instants
from features.intake.text import header_key
from features.intake.values import parse_field
from features.mapping_schema import EARLIEST_YEAR, Value
from features.messages import Message

_TRUE = ("是", "true", "1")
_FALSE = ("否", "false", "0")
_EVENT_ON = "event_on"
# Besides the key fields, these make a record the one it is.
_IDENTITY = ("enterprise_id", "source")
_REQUIRED = Message("必填项为空，请补填", "is required and empty; fill it in")


@dataclass(frozen=True)
class Wanted:
    """Values by field, and every fault found on the way."""

    values: dict[str, Any]
    faults: tuple[Message, ...]


def read_changes(
    kind: RecordKind,
    changes: Mapping[str, str],
    *,
    corrected_on: date,
    earliest_year: int = EARLIEST_YEAR,
) -> Wanted:
    """The typed values of `changes` (text by field name; empty text clears a field).

    Parameters
    ----------
    corrected_on
        The day of the correction in China: an event cannot lie after it.
    """
    values: dict[str, Any] = {}
    faults: list[Message] = []
    for name, text in changes.items():
        refused = _refusal(kind, name)
        if refused is not None:
            faults.append(refused)
            continue
        if name == _EVENT_ON:
            value, found = _read_event(
                kind, text, corrected_on=corrected_on, earliest_year=earliest_year
            )
        else:
            value, found = _read(kind, kind.fields[name], text, earliest_year=earliest_year)
        values[name] = value
        faults.extend(found)
    return Wanted(values, tuple(faults))


def correctable(kind: RecordKind) -> tuple[str, ...]:
    """Fields that a correction may change."""
    names = (_EVENT_ON, *(name for name, field in kind.fields.items() if not field.personal))
    return tuple(name for name in names if name not in kind.key)


def _refusal(kind: RecordKind, name: str) -> Message | None:
    if name in kind.key or name in _IDENTITY:
        label = kind.fields[name].zh if name in kind.fields else kind.event_zh
        label = name if name in _IDENTITY else f"{label} {name}"
        return Message(
            f"“{label}”决定了这是哪一条记录，不能更正；请撤回本记录，再以正确的内容重新导入",
            f'"{name}" decides which record this is and cannot be corrected; withdraw the record '
            "and import it anew with the right content",
        )
    if name in kind.fields and kind.fields[name].personal:
        return Message(
            f"“{kind.fields[name].zh} {name}”是个人信息，只保存密钥摘要，不能用文字更正；"
            "请由产生单位更正后重新报送该记录",
            f'"{name}" is personal data of which only a keyed hash is kept, so no text can correct '
            "it; let the producer send the corrected record again",
        )
    if name == _EVENT_ON or name in kind.fields:
        return None
    known = correctable(kind)
    return Message(
        f"{kind.zh}没有可更正的字段“{name}”；可更正：{'、'.join(known)}",
        f'a {kind.en} has no field "{name}" to correct; there are: {", ".join(known)}',
    )


def _read(
    kind: RecordKind, field: Field, text: str, *, earliest_year: int
) -> tuple[Any, list[Message]]:
    column = _column(f"{field.zh} {field.name}", text)
    is_boolean = field.type == "boolean"
    rule = Value(
        column=field.name,
        true_values=_TRUE if is_boolean else (),
        false_values=_FALSE if is_boolean else (),
    )
    parsed = parse_field(
        column, rule=rule, kind=kind.name, field=field, earliest_year=earliest_year
    )
    return _outcome(column, parsed, required=field.required)


def _read_event(
    kind: RecordKind, text: str, *, corrected_on: date, earliest_year: int
) -> tuple[Any, list[Message]]:
    column = _column(f"{kind.event_zh} {_EVENT_ON}", text)
    instants, faults, _ = parse_instants(column, formats=(), earliest_year=earliest_year)
    days = pa.array(instants.astype("datetime64[D]"), pa.date32(), from_pandas=True)
    day, found = _outcome(column, Parsed(days, faults), required=True)
    if day is not None and day > corrected_on:
        found.append(
            Message(
                f"【{column.label}】{day} 晚于更正之日 {corrected_on}，请核对",
                f"[{column.label}] {day} is after the day of the correction, {corrected_on}; "
                "check both",
            )
        )
    return day, found


def _column(label: str, text: str) -> TextColumn:
    cell = pa.table({header_key(label): pa.array([text], pa.string())})
    return resolve(Value(column=label), cell)


def _outcome(column: TextColumn, parsed: Parsed, *, required: bool) -> tuple[Any, list[Message]]:
    faults = [Message(fault.zh, fault.en) for fault in parsed.faults.values()]
    if required and column.values == [""]:
        faults.append(
            Message(f"【{column.label}】{_REQUIRED.zh}", f"[{column.label}] {_REQUIRED.en}")
        )
    return parsed.values[0].as_py(), faults
