"""What the office knew of one enterprise on a day."""

from datetime import date
from typing import Any

from features.archive_files import Archive
from features.catalogue import SECTIONS, SUPERSEDED_AT, record_kinds
from features.engine import Engine
from features.point_in_time import visible


def read_enterprise(
    engine: Engine, archive: Archive, enterprise_id: str, *, as_of: date
) -> dict[str, list[dict[str, Any]]]:
    """The records of one enterprise visible at `as_of`.

    Returns
    -------
    By section (basic, operating, good, warning; every one is there), newest event first. A record
    is a dict of its kind's columns and ``kind``; an unknown enterprise has four empty sections.
    """
    sections: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS}
    range_no = archive.range_of(enterprise_id)
    for kind in record_kinds().values():
        table = archive.table(engine, kind.name, range_no=range_no)
        records = visible(table.filter(table.enterprise_id == enterprise_id), as_of)
        rows = engine.to_arrow(records.drop(SUPERSEDED_AT)).to_pylist()
        sections[kind.section].extend({"kind": kind.name, **row} for row in rows)
    for rows in sections.values():
        rows.sort(
            key=lambda row: (row["event_on"], row["known_at"], row["record_id"]), reverse=True
        )
    return sections
