"""Every name and address that an enterprise bears or bore, from its registration records."""

from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from features.archive_files import Archive
from features.engine import Engine
from features.identity.addresses import split_addresses
from features.identity.names import split_names
from features.identity.rules import IdentityRules

# After these the enterprise bears its name no longer.
_ENDED = ("deregistered", "annulled", "moved_out")
_PARTS = ("name", "address", "registration_no")


def read_register(engine: Engine, archive: Archive) -> pd.DataFrame:
    """One row per (enterprise, name, address, registration number) ever registered.

    Returns
    -------
    ``enterprise_id``, ``name``, ``address``, ``registration_no``, ``held_from`` and ``held_until``
    (days; null: until now), ``is_former``, and the enterprise's newest ``status``.
    """
    records = archive.table(engine, "registration")
    records = records.filter(records.superseded_at.isnull(), ~records.is_withdrawn)
    following = ibis.window(
        group_by="enterprise_id", order_by=["event_on", "known_at", "record_id"]
    )
    records = records.select("enterprise_id", "event_on", "known_at", "record_id", "status", *_PARTS)
    records = records.mutate(next_on=records.event_on.lead().over(following))
    ends = records.status.isin(_ENDED)
    is_last = records.next_on.isnull()
    records = records.mutate(
        until=ibis.ifelse(ends, records.event_on, records.next_on),
        last_status=ibis.ifelse(is_last, records.status, ibis.null("string")),
        is_current=is_last,
    )
    grouped = records.group_by("enterprise_id", *_PARTS).aggregate(
        held_from=records.event_on.min(),
        held_until=ibis.ifelse(
            records.until.isnull().any(), ibis.null("date"), records.until.max()
        ),
        is_former=~records.is_current.any(),
        last_status=records.last_status.max(),
    )
    per_enterprise = ibis.window(group_by="enterprise_id")
    grouped = grouped.mutate(status=grouped.last_status.max().over(per_enterprise))
    table = engine.to_arrow(grouped.drop("last_status").order_by(["enterprise_id", "held_from"]))
    return as_frame(table)


def as_frame(table: pa.Table) -> pd.DataFrame:
    """Texts without nulls, days as days of numpy."""
    frame = table.to_pandas()
    for name in table.column_names:
        kind = table.schema.field(name).type
        if pa.types.is_string(kind):
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "")
        elif pa.types.is_date(kind):
            frame[name] = pd.to_datetime(frame[name])
    return frame


def with_parts(frame: pd.DataFrame, *, rules: IdentityRules) -> pd.DataFrame:
    """`frame` with the parts of its ``name`` and ``address``; each distinct text is read once."""
    name_codes, names = pd.factorize(frame["name"])
    address_codes, addresses = pd.factorize(frame["address"])
    of_name = split_names(pa.array(names, pa.string()), rules=rules)
    of_address = split_addresses(pa.array(addresses, pa.string()))
    columns: dict[str, Any] = {
        part: _spread(getattr(of_name, part), name_codes)
        for part in ("whole", "core", "form", "branch", "has_area")
    }
    columns["address_text"] = _spread(of_address.text, address_codes)
    columns["address_key"] = _spread(of_address.key, address_codes)
    columns["house"] = _spread(of_address.house, address_codes)
    own = pd.Series(_spread(of_address.district, address_codes), index=frame.index)
    named = pd.Series(_spread(of_name.district, name_codes), index=frame.index)
    columns["district"] = own.where(own != "", named)
    return frame.assign(**columns)


def _spread(values: Any, codes: Any) -> Any:
    return values.to_numpy(zero_copy_only=False)[codes]
