"""Registrations, licences and equipment as they stood on a day (Ibis), ready for the rules."""

import re
from datetime import date
from typing import Any

import ibis

from features.archive.files import Archive
from features.engine import Engine
from features.key_enterprises.types import KeyType
from features.point_in_time import visible

IN_BUSINESS = ("active", "dormant")
# A suspended licence is still held: its holder stays under the key area's supervision.
_HELD = ("valid", "suspended")
_SEPARATORS = r"、，,；;／/\s"


def registrations(engine: Engine, archive: Archive, *, as_of: date) -> Any:
    """The newest registration of every enterprise, with ``is_open``: in business on the day."""
    newest = _newest(visible(archive.table(engine, "registration"), as_of), "enterprise_id")
    return newest.select(
        "enterprise_id",
        "name",
        "status",
        "industry_code",
        "area_code",
        "established_on",
        registered_on="event_on",
        is_open=newest.status.isin(IN_BUSINESS),
    )


def licences(engine: Engine, archive: Archive, *, as_of: date) -> Any:
    """The newest state of every licence, with ``is_valid`` and ``held_since``, its first day."""
    seen = visible(archive.table(engine, "licence"), as_of)
    licence = ["enterprise_id", "licence_no"]
    seen = seen.mutate(held_since=seen.event_on.min().over(ibis.window(group_by=licence)))
    newest = _newest(seen, *licence)
    day = ibis.literal(as_of)
    begun = (newest.valid_from <= day).fill_null(True)
    ended = (newest.valid_to < day).fill_null(False)
    columns = ["licence_kind", "category", "status", "valid_to", "authority", "held_since"]
    return newest.select(
        *licence, *columns, is_valid=newest.status.isin(_HELD) & begun & ~ended, has_ended=ended
    )


def units(engine: Engine, archive: Archive, *, as_of: date) -> Any:
    """Special equipment in use on the day, by enterprise and unit."""
    seen = visible(archive.table(engine, "special_equipment_unit"), as_of)
    newest = _newest(seen, "enterprise_id", "unit_code")
    in_use = newest.filter(newest.status == "in_use")
    return in_use.select("enterprise_id", "unit_code", "category_code", "commissioned_on")


def of_type(licences: Any, kind: KeyType) -> Any:
    """The licences (of any table with number, kind and category) that make a key enterprise."""
    if kind.licence_kind is None:
        return licences.filter(ibis.literal(False))
    patterns = _patterns(kind)
    suits: Any = ibis.literal(not patterns)
    for column, pattern in patterns:
        suits = suits | licences[column].re_search(pattern).fill_null(False)
    return licences.filter((licences.licence_kind == kind.licence_kind) & suits)


def in_industry(registrations: Any, kind: KeyType) -> Any:
    """The registrations of the type's industries."""
    if not kind.industry_prefixes:
        return registrations.filter(ibis.literal(False))
    pattern = f"^(?:{_any(kind.industry_prefixes)})"
    return registrations.filter(registrations.industry_code.re_search(pattern).fill_null(False))


def _patterns(kind: KeyType) -> list[tuple[str, str]]:
    """Column and regular expression of each way in which a licence can belong to the type."""
    found = []
    if kind.number_prefixes:
        found.append(("licence_no", f"^(?:{_any(kind.number_prefixes)})"))
    if kind.category_prefixes:
        # A licence may list several categories: 03 调味品、27 保健食品.
        found.append(
            ("category", f"(?:^|[{_SEPARATORS}])(?:{_any(kind.category_prefixes)})(?:[^0-9]|$)")
        )
    if kind.category_words:
        found.append(("category", _any(kind.category_words)))
    return found


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in words)


def _newest(records: Any, *by: str) -> Any:
    order = [ibis.desc(name) for name in ("event_on", "known_at", "record_id")]
    place = ibis.row_number().over(ibis.window(group_by=list(by), order_by=order))
    numbered = records.mutate(place=place)
    return numbered.filter(numbered.place == 0).drop("place")
