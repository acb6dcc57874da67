"""Who is a key enterprise on a day, by the rules and by hand, and because of what."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis
import pyarrow as pa

from features.archive.files import Archive
from features.engine import Engine
from features.key_enterprises.holders import (
    in_industry,
    licences,
    of_type,
    registrations,
    units,
)
from features.key_enterprises.types import KeyType, key_types

LIST_SCHEMA = pa.schema(
    [
        ("enterprise_id", pa.string()),
        ("type", pa.string()),
        ("name", pa.string()),
        ("area_code", pa.string()),
        ("basis", pa.string()),  # licence, industry, unit or manual, joined by ;
        ("because", pa.string()),
        ("since", pa.date32()),
    ]
)
_GLUE = "；"
_FOUND = ("enterprise_id", "type", "basis", "because", "since")


def build_key_list(
    engine: Engine,
    archive: Archive,
    *,
    as_of: date,
    manual: pa.Table | None = None,
    types: Sequence[KeyType] | None = None,
) -> pa.Table:
    """The key enterprises as of a day.

    Parameters
    ----------
    manual
        Decisions by hand in force on the day, as
        :func:`features.key_enterprises.manual.in_force` gives them.
    types
        The types; None takes those in force on `as_of`.

    Returns
    -------
    :data:`LIST_SCHEMA`, one row per (enterprise, type), sorted: enterprises in business with a
    matching licence that is held, an industry that lists by itself, matching equipment in use, or
    added by hand; less those removed by hand. `because` names the licence, the industry, the
    equipment or the reason; `since` is the earliest day of these, null where none is known.

    References
    ----------
    国市监信发〔2021〕28号; code table ``key_enterprise_types``.
    """
    types = key_types(on=as_of) if types is None else types
    register = registrations(engine, archive, as_of=as_of)
    held = _held(engine, archive, as_of=as_of, types=types)
    found = [
        rows
        for kind in types
        for rows in _by_rules(engine, archive, kind=kind, register=register, held=held, as_of=as_of)
    ]
    if manual is not None and manual.num_rows:
        by_hand = engine.memory(manual)
        removed = by_hand.filter(by_hand.action == "remove")
        found = [rows.anti_join(removed, ["enterprise_id", "type"]) for rows in found]
        added = by_hand.filter(by_hand.action == "add")
        found.append(added.select(*_FOUND))
    if not found:
        return LIST_SCHEMA.empty_table()
    whole = ibis.union(*found) if len(found) > 1 else found[0]
    grouped = whole.group_by("enterprise_id", "type").aggregate(
        basis=_joined(whole, "basis", ";"),
        because=_joined(whole, "because", _GLUE),
        since=whole.since.min(),
    )
    named = grouped.inner_join(register.filter(register.is_open), "enterprise_id")
    ordered = named.select(LIST_SCHEMA.names).order_by(["enterprise_id", "type"])
    return engine.to_arrow(ordered).cast(LIST_SCHEMA)


def _held(engine: Engine, archive: Archive, *, as_of: date, types: Sequence[KeyType]) -> Any:
    """Valid licences of the kinds that any type asks for, found once: they are few."""
    every = licences(engine, archive, as_of=as_of)
    kinds = sorted({kind.licence_kind for kind in types if kind.licence_kind is not None})
    return engine.memory(
        engine.to_arrow(every.filter(every.is_valid & every.licence_kind.isin(kinds)))
    )


def _by_rules(
    engine: Engine,
    archive: Archive,
    *,
    kind: KeyType,
    register: Any,
    held: Any,
    as_of: date,
) -> list[Any]:
    """Rows of one type: one query for each of its rules."""
    found = []
    if kind.licence_kind is not None:
        rows = of_type(held, kind)
        found.append(_row(rows, kind, "licence", rows.licence_no, rows.held_since))
    if kind.industry_lists and kind.industry_prefixes:
        rows = in_industry(register, kind)
        because = ibis.literal("登记行业 ") + rows.industry_code
        found.append(_row(rows, kind, "industry", because, rows.established_on))
    if kind.unit_categories:
        rows = units(engine, archive, as_of=as_of)
        rows = rows.filter(rows.category_code.isin(kind.unit_categories))
        because = ibis.literal("在用设备 ") + rows.category_code
        found.append(_row(rows, kind, "unit", because, rows.commissioned_on))
    return found


def _row(rows: Any, kind: KeyType, basis: str, because: Any, since: Any) -> Any:
    named = rows.mutate(
        type=ibis.literal(kind.code), basis=ibis.literal(basis), because=because, since=since
    )
    return named.select(*_FOUND)


def _joined(rows: Any, name: str, glue: str) -> Any:
    """The distinct texts of a group in their order."""
    return rows[name].collect(distinct=True).sort().join(glue)
