"""What a mapping may not say, checked when it loads: all faults of a file at once."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from features.catalogue import (
    LIST_SEPARATOR,
    PLACE,
    Field,
    RecordKind,
    allowed_codes,
    record_kinds,
)
from features.mapping_schema import Mapping, RecordRule, Value
from features.messages import Message

_TYPES_OF_OPTION = {
    "formats": {"day"},
    "scale": {"decimal", "integer", "number"},
    "sum_of": {"decimal", "integer"},
    "true_values": {"boolean"},
    "false_values": {"boolean"},
    "separator": {"string"},
    "codes": {"string", "code"},
    "hash": {"string"},
}
_UNSET: tuple[object, ...] = ((), {}, None, "1")


def find_faults(mapping: Mapping) -> list[Message]:
    """Every way in which `mapping` contradicts the record kinds or itself."""
    faults = list(_column_faults(mapping))
    for number, rule in enumerate(mapping.records, start=1):
        place = f"records[{number}] {rule.kind}"
        kind = record_kinds().get(rule.kind)
        if kind is None:
            known = "、".join(record_kinds())
            faults.append(
                Message(
                    f"{place}：没有这种记录，可用：{known}",
                    f"{place}: no such record kind, there are: {known}",
                )
            )
            continue
        faults.extend(_scheme_faults(rule, kind=kind, place=place))
        faults.extend(_field_faults(rule, kind=kind, place=place))
    return faults


def _column_faults(mapping: Mapping) -> Iterator[Message]:
    used = mapping.sources() | {name for rule in mapping.records for name in rule.sources()}
    for name in sorted(used & set(mapping.snapshot_columns)):
        why = mapping.snapshot_columns[name]
        yield Message(
            f"列“{name}”是导出当日的状态（{why}），使用它会泄露未来，不得映射",
            f'column "{name}" is a snapshot ({why}); using it would leak the future',
        )
    for name in sorted(used & set(mapping.ignore)):
        yield Message(
            f"列“{name}”既被使用又列在 ignore 中，请删去一处",
            f'column "{name}" is used and listed in ignore; delete one of the two',
        )


def _scheme_faults(rule: RecordRule, *, kind: RecordKind, place: str) -> Iterator[Message]:
    by_place = rule.enterprise_id.scheme == PLACE
    if by_place and kind.belongs_to != PLACE:
        yield Message(
            f"{place}：这种记录属于企业，不能用 scheme: place，请用 uscc 或 opaque",
            f"{place}: this kind belongs to an enterprise; use scheme uscc or opaque, not place",
        )
    if not by_place and kind.belongs_to == PLACE:
        yield Message(
            f"{place}：这种记录属于地点，enterprise_id 请写 scheme: place 并给出经纬度两列",
            f"{place}: this kind belongs to a place; give enterprise_id scheme: place and the two "
            "columns latitude, longitude",
        )


def _field_faults(rule: RecordRule, *, kind: RecordKind, place: str) -> Iterator[Message]:
    for name, part in rule.enterprise_id.parts().items():
        if part.hash is not None:
            yield Message(
                f"{place}：enterprise_id.{name} 用于与登记信息比对，不能写 hash",
                f"{place}: enterprise_id.{name} is compared with the register; it takes no hash",
            )
    for name in sorted(set(rule.fields) - set(kind.fields)):
        yield Message(
            f"{place}：没有字段“{name}”，可用：{'、'.join(kind.fields)}",
            f'{place}: no field "{name}", there are: {", ".join(kind.fields)}',
        )
    for name, field in kind.fields.items():
        if field.required and name not in rule.fields:
            yield Message(
                f"{place}：缺少必填字段“{name}”（{field.zh}）",
                f'{place}: the required field "{name}" ({field.en}) has no rule',
            )
    for name in sorted(set(rule.identifiers) - set(rule.fields)):
        yield Message(
            f"{place}：identifiers 中的“{name}”没有映射",
            f'{place}: "{name}" in identifiers is not mapped',
        )
    for name, value in rule.fields.items():
        if name in kind.fields:
            yield from _option_faults(value, field=kind.fields[name], place=f"{place}.{name}")
            yield from _code_faults(value, kind=kind.name, field=kind.fields[name], place=place)


def _option_faults(value: Value, *, field: Field, place: str) -> Iterator[Message]:
    for option, types in _TYPES_OF_OPTION.items():
        if getattr(value, option) not in _UNSET and field.type not in types:
            yield Message(
                f"{place}：{option} 不适用于 {field.type} 类型的字段",
                f"{place}: {option} does not apply to a field of type {field.type}",
            )
    if field.personal and value.hash is None:
        yield Message(
            f"{place}：个人信息必须写 hash: person，只保存密钥摘要",
            f"{place}: personal data needs hash: person; only a keyed hash is kept",
        )
    if field.type == "boolean" and not (value.true_values and value.false_values):
        yield Message(
            f"{place}：请给出 true_values 与 false_values",
            f"{place}: give true_values and false_values",
        )
    if not _is_number(value.scale):
        yield Message(
            f"{place}：scale “{value.scale}”不是数字",
            f'{place}: scale "{value.scale}" is not a number',
        )


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _code_faults(value: Value, *, kind: str, field: Field, place: str) -> Iterator[Message]:
    allowed = allowed_codes(kind, field.name)
    if not allowed:
        return
    given = set(value.codes.values())
    given.update(code for code in (value.other, value.constant) if code is not None)
    if value.codes and value.constant is not None:
        given.discard(value.constant)
    if field.is_list:
        given = {code for codes in given for code in codes.split(LIST_SEPARATOR)}
    for code in sorted(given - allowed):
        options = "、".join(sorted(allowed))
        yield Message(
            f"{place}.{field.name}：没有代码“{code}”，可用：{options}",
            f'{place}.{field.name}: no code "{code}", there are: {options}',
        )
