"""Records of enterprises that no registration names: kept, reported, and without effect.

They are in the archive, but indicators make rows only for registered enterprises. Once a
registration arrives they count with everything else; nobody has to release them.
"""

from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from features.archive.files import Archive
from features.engine import Engine
from features.intake.stored import stored_tables

REGISTRATION = "registration"
# What belongs to a place and not to an enterprise has an identifier that begins so.
PLACE_MARK = "@"
_COLUMNS = pa.schema(
    [
        ("kind", pa.string()),
        ("source", pa.string()),
        ("provider", pa.string()),
        ("import_id", pa.string()),
        ("row_no", pa.int64()),
        ("record_id", pa.string()),
        ("enterprise_id", pa.string()),
        ("event_on", pa.date32()),
        ("known_at", pa.timestamp("us")),
        ("first_known_at", pa.timestamp("us")),
    ]
)


def find_unknown_enterprises(engine: Engine, origin: Path | Archive) -> pa.Table:
    """Records of any kind but registration whose enterprise has no registration.

    Parameters
    ----------
    origin
        The folder of imports, or an archive.

    Returns
    -------
    pa.Table
        One row per record row: kind, source, provider, import_id, row_no, record_id,
        enterprise_id, event_on, known_at, and ``first_known_at``, the earliest ``known_at`` of
        the enterprise's records here; sorted by enterprise, kind and day. Rows that take a record
        back, and what belongs to a place (``@``), are left out.
    """
    tables = stored_tables(engine, origin)
    registrations = tables.pop(REGISTRATION, None)
    if not tables:
        return _COLUMNS.empty_table()
    named = [_named(table, kind) for kind, table in tables.items()]
    unknown = owners_of(named[0] if len(named) == 1 else ibis.union(*named))
    if registrations is not None:
        known = registrations.filter(~registrations.is_withdrawn).select("enterprise_id")
        unknown = unknown.anti_join(known, "enterprise_id")
    dated = unknown.mutate(
        first_known_at=unknown.known_at.min().over(ibis.window(group_by="enterprise_id"))
    )
    ordered = dated.order_by(["enterprise_id", "kind", "event_on", "row_no"])
    return engine.to_arrow(ordered).cast(_COLUMNS)


def owners_of(records: Any) -> Any:
    """The records (Ibis) that belong to an enterprise."""
    return records.filter(~records.enterprise_id.startswith(PLACE_MARK))


def _named(records: Any, kind: str) -> Any:
    stands = records.filter(~records.is_withdrawn)
    return stands.mutate(kind=ibis.literal(kind)).select(*_COLUMNS.names[:-1])
