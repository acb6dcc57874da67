"""Every name and address that an enterprise bears or bore, from its registration records."""

import ibis
import pyarrow as pa

from features.archive.files import Archive
from features.engine import Engine

# After these the enterprise bears its name no longer.
_ENDED = ("deregistered", "annulled", "moved_out")
_PARTS = ("name", "address", "registration_no")


def read_register(engine: Engine, archive: Archive) -> pa.Table:
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
    records = records.select(
        "enterprise_id", "event_on", "known_at", "record_id", "status", *_PARTS
    )
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
    return engine.to_arrow(grouped.drop("last_status").order_by(["enterprise_id", "held_from"]))
