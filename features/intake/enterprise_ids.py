"""Read whose record a row is, and look at licence and registration numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import PLACE
from features.identifiers import (
    explain_licence_number,
    explain_registration_number,
    explain_uscc,
    valid_uscc,
)
from features.intake.columns import Parsed, TextColumn
from features.intake.numbers import SCIENTIFIC_FAULT, TIDIED
from features.intake.problems import Fault, at_value
from features.intake.text import (
    SCIENTIFIC,
    half_width_all,
    places,
    plain,
    plain_all,
    plain_capitals_all,
)
from features.mapping_schema import COORDINATE_SEPARATOR
from features.messages import Message

_EXPLAIN: dict[str, Callable[[str], Message | None]] = {
    "licence_number": explain_licence_number,
    "registration_number": explain_registration_number,
}

_COORDINATES = r"^[-+]?[0-9]{1,3}(\.[0-9]+)?,[-+]?[0-9]{1,3}(\.[0-9]+)?$"
_CELLS_PER_DEGREE = 100
_POLE, _DATE_LINE = 90.0, 180.0
_NO_PLACE = Message(
    "不是完整的经纬度（纬度 -90 至 90，经度 -180 至 180），无法定位；请补全坐标",
    "is no complete latitude and longitude (-90 to 90, -180 to 180), so it has no place; "
    "complete the coordinates",
)
_NOT_A_CODE = Message("不是有效的统一社会信用代码", "is not a valid unified social credit code")
_CAPITALS = Message("已统一为半角大写", "was put into half-width capitals")
_ODD_NUMBER = Message(
    "编号的格式或校验位可疑，已照录，请核对",
    "the form or check digit of the number is doubtful; kept as written, check it",
)


def parse_enterprise_ids(column: TextColumn, *, scheme: str, exceptions: frozenset[str]) -> Parsed:
    """Identifiers of the distinct texts; a credit code must be valid or a confirmed exception."""
    if scheme == PLACE:
        return _parse_places(column)
    is_uscc = scheme == "uscc"
    texts = (plain_capitals_all if is_uscc else half_width_all)(column.texts)
    faults = dict(column.faults)
    for place in places(pc.match_substring_regex(texts, SCIENTIFIC)):
        faults[place] = at_value(column.label, column.values[place], SCIENTIFIC_FAULT)
    if is_uscc:
        for place, fault in _explain_invalid(texts, exceptions=exceptions).items():
            told = at_value(column.label, column.values[place], fault, reason=_NOT_A_CODE)
            faults.setdefault(place, told)
    note = _CAPITALS if is_uscc else TIDIED
    changed = places(pc.not_equal(texts, column.texts))
    notes = {place: note for place in changed if place not in faults}
    return Parsed(pc.if_else(pc.equal(texts, ""), None, texts), faults, notes)


def place_id(latitude: Any, longitude: Any) -> Any:
    """Identifiers of map cells of a hundredth of a degree: ``@4188,-8763`` for 41.889, -87.623.

    Parameters
    ----------
    latitude, longitude
        Arrays of degrees without nulls. Floored in double precision, as a query over the
        coordinates of a registration floors them, so that both sides agree at a cell's edge.
    """
    south, west = (
        pa.array(np.floor(np.asarray(degrees, dtype=np.float64) * _CELLS_PER_DEGREE), pa.int64())
        for degrees in (latitude, longitude)
    )
    cells = pc.binary_join_element_wise(south.cast(pa.string()), west.cast(pa.string()), ",")
    return pc.binary_join_element_wise("@", cells, "")


def _parse_places(column: TextColumn) -> Parsed:
    """Map cells of the distinct texts `latitude,longitude`."""
    texts = plain_all(column.texts)
    written = np.asarray(pc.match_substring_regex(texts, _COORDINATES))
    parts = pc.split_pattern(pc.if_else(pa.array(written), texts, "0,0"), COORDINATE_SEPARATOR)
    latitude, longitude = (pc.list_element(parts, place).cast(pa.float64()) for place in (0, 1))
    on_earth = np.asarray(
        pc.and_(
            pc.less_equal(pc.abs(latitude), _POLE), pc.less_equal(pc.abs(longitude), _DATE_LINE)
        )
    )
    faults = dict(column.faults)
    for place in places(~(written & on_earth)):
        if column.values[place]:
            faults.setdefault(place, at_value(column.label, column.values[place], _NO_PLACE))
    ids = pc.if_else(pa.array(written & on_earth), place_id(latitude, longitude), None)
    return Parsed(ids, faults)


def _explain_invalid(texts: Any, *, exceptions: frozenset[str]) -> dict[int, Message]:
    codes = texts.to_numpy(zero_copy_only=False)
    confirmed = np.asarray(pc.is_in(texts, value_set=pa.array(sorted(exceptions), pa.string())))
    explained = {
        place: explain_uscc(codes[place]) for place in places(~valid_uscc(codes) & ~confirmed)
    }
    return {place: fault for place, fault in explained.items() if fault and codes[place]}


def look_at_numbers(
    column: TextColumn, *, scheme: str
) -> tuple[dict[int, Message], Message | None]:
    """Distinct licence or registration numbers that look wrong, with the first one explained.

    Numbers in use fail their check digit, so this is never a refusal.
    """
    explain = _EXPLAIN[scheme]
    odd: dict[int, Message] = {}
    example: Fault | None = None
    for place, value in enumerate(column.values):  # distinct texts, not rows
        explained = explain(plain(value).upper()) if value else None
        if explained is not None:
            odd[place] = _ODD_NUMBER
            example = example or at_value(column.label, value, explained)
    return odd, Message(example.zh, example.en) if example else None
