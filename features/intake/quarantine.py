"""Records of enterprises that no registration names: kept, reported, and without effect.

They are in the archive, but indicators make rows only for registered enterprises. Once a
registration arrives they count with everything else; nobody has to release them.
"""

from functools import reduce
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from features.archive_files import Archive
from features.catalogue import record_kinds
from features.engine import Engine
from features.intake.stored import stored_records

REGISTRATION = "registration"
# What belongs to a place and not to an enterprise has an identifier that begins so.
PLACE_MARK = "@"
_COLUMNS = (
    "kind",
    "source",
    "provider",
    "import_id",
    "row_no",
    "record_id",
    "enterprise_id",
    "event_on",
    "known_at",
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
    registrations = stored_records(engine, origin, REGISTRATION)
    known = registrations.filter(~registrations.is_withdrawn).select("enterprise_id").distinct()
    kinds = [kind for kind in record_kinds() if kind != REGISTRATION]
    tables = [_named(stored_records(engine, origin, kind), kind) for kind in kinds]
    records = reduce(lambda all_, one: all_.union(one), tables)
    unknown = owners_of(records).anti_join(known, "enterprise_id")
    dated = unknown.mutate(
        first_known_at=unknown.known_at.min().over(ibis.window(group_by="enterprise_id"))
    )
    return engine.to_arrow(dated.order_by(["enterprise_id", "kind", "event_on", "row_no"]))


def owners_of(records: Any) -> Any:
    """The records (Ibis) that belong to an enterprise."""
    return records.filter(~records.enterprise_id.startswith(PLACE_MARK))


def _named(records: Any, kind: str) -> Any:
    stands = records.filter(~records.is_withdrawn)
    return stands.mutate(kind=ibis.literal(kind)).select(*_COLUMNS)
