"""监管对象名录: the objects of one inspection item, read from the archive by the item's rule."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from features.archive.files import Archive
from features.engine import Engine
from features.key_enterprises.holders import licences, registrations
from features.messages import Message
from law import codes

OBJECTS_SCHEMA = pa.schema(
    [
        ("uscc", pa.string()),
        ("name", pa.string()),
        ("area_code", pa.string()),
        ("because", pa.string()),
    ]
)
EVERYBODY = "全部"
_INDUSTRY, _LICENCE = "行业:", "许可:"
_SEPARATOR = re.compile("[；;、|]")


@dataclass(frozen=True)
class ObjectRule:
    """Who is an object: everybody, or whoever has one of the industries or valid licences."""

    is_everybody: bool
    industries: tuple[str, ...]
    licence_kinds: tuple[str, ...]


def read_object_rule(text: str) -> tuple[ObjectRule, list[Message]]:
    """A rule written ``全部``, ``行业:62；许可:food_operation``, and its faults.

    An industry is a prefix of a GB/T 4754 code; a licence is a code of ``licence_kinds``.
    """
    parts = [part.strip().replace("：", ":") for part in _SEPARATOR.split(text) if part.strip()]
    industries = [p.removeprefix(_INDUSTRY) for p in parts if p.startswith(_INDUSTRY)]
    kinds = [p.removeprefix(_LICENCE) for p in parts if p.startswith(_LICENCE)]
    known = codes("licence_kinds")
    foreign = [
        part
        for part in parts
        if part != EVERYBODY
        and not re.fullmatch(r"行业:[0-9]{2,4}", part)
        and part.removeprefix(_LICENCE) not in known
    ]
    if not parts or (EVERYBODY in parts and len(parts) > 1):
        foreign.append(text)
    faults = [
        Message(
            f"对象种类 {part!r} 应为 全部、行业:62 或 许可:{'/'.join(known)}",
            f"the kind of object {part!r} must be 全部, 行业:62 or 许可:{'/'.join(known)}",
        )
        for part in foreign
    ]
    return ObjectRule(EVERYBODY in parts, tuple(industries), tuple(kinds)), faults


def find_objects(engine: Engine, archive: Archive, rule: ObjectRule, *, as_of: date) -> pa.Table:
    """Enterprises in business on `as_of` that the rule names, by code; ``OBJECTS_SCHEMA``.

    `because` names the first that applies: everybody, the industry, or the kinds of licence.
    """
    register = registrations(engine, archive, as_of=as_of)
    rows = register.filter(register.is_open).select(
        "enterprise_id", "name", "area_code", "industry_code"
    )
    table = engine.to_arrow(rows).to_pandas()
    first = EVERYBODY if rule.is_everybody else None
    because: Any = pd.Series(first, index=table.index, dtype=object)
    if rule.industries:
        met = table["industry_code"].fillna("").str.startswith(rule.industries)
        because = because.where(~met | because.notna(), _INDUSTRY + table["industry_code"])
    if rule.licence_kinds:
        held = licences(engine, archive, as_of=as_of)
        held = held.filter(held.is_valid & held.licence_kind.isin(rule.licence_kinds))
        pairs = engine.to_arrow(held.select("enterprise_id", "licence_kind").distinct()).to_pandas()
        kinds = pairs.sort_values("licence_kind").groupby("enterprise_id")["licence_kind"]
        licensed = table["enterprise_id"].map(_LICENCE + kinds.agg("、".join))
        because = because.where(because.notna(), licensed)
    found = table.assign(because=because)[because.notna()].sort_values("enterprise_id")
    found = found.rename(columns={"enterprise_id": "uscc"})
    return pa.table({name: pa.array(found[name], pa.string()) for name in OBJECTS_SCHEMA.names})
