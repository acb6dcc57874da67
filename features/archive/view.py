"""What the office knew of one enterprise on a day, and who had corrected what by then."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from features.archive.files import Archive, rows_of
from features.archive.record_versions import RecordHistory, Version, versions_of
from features.catalogue import SECTIONS, SUPERSEDED_AT, arrow_schema, record_kinds
from features.errors import AsOfError
from features.point_in_time import is_visible, known_before

Sections = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class EnterpriseView:
    """The archive of one enterprise.

    `sections` as :func:`read_enterprise` gives them. `histories` has every record that had more
    than one version, or was made by hand, by the end of `known`: its versions known by then,
    oldest change first. `is_known` is False where the archive has no record of it on any day.
    """

    enterprise_id: str
    as_of: date
    known: date
    sections: Sections
    histories: tuple[RecordHistory, ...]
    is_known: bool


def read_enterprise(
    archive: Archive,
    enterprise_id: str,
    *,
    as_of: date,
    known: date | None = None,
) -> Sections:
    """The records of one enterprise visible at `as_of`.

    Parameters
    ----------
    known
        The day whose knowledge is asked for, by default `as_of`: what had happened by `as_of`, as
        the office knew it at the end of `known`.

    Returns
    -------
    By section (basic, operating, good, warning; every one is there), newest event first. A record
    is a dict of its kind's columns and ``kind``; an unknown enterprise has four empty sections.

    Raises
    ------
    AsOfError
        `known` is before `as_of`.
    """
    return view_enterprise(archive, enterprise_id, as_of=as_of, known=known).sections


def view_enterprise(
    archive: Archive,
    enterprise_id: str,
    *,
    as_of: date,
    known: date | None = None,
) -> EnterpriseView:
    """As :func:`read_enterprise`, with the corrections behind what is seen.

    Raises
    ------
    AsOfError
        `known` is before `as_of`.
    """
    known = known or as_of
    if known < as_of:
        raise AsOfError(
            f"知悉日 {known} 早于截至日 {as_of}：此前不可能知道之后发生的事；请把知悉日改为"
            f"不早于 {as_of}",
            f"the day known, {known}, is before the as-of day {as_of}: nobody knew then what "
            f"happened later; choose a day known not before {as_of}",
        )
    tables = _stored(archive, enterprise_id)
    sections: Sections = {section: [] for section in SECTIONS}
    rows = {kind: table.to_pylist() for kind, table in tables.items()}
    for kind, records in rows.items():
        sections[record_kinds()[kind].section].extend(
            {"kind": kind, **{name: row[name] for name in row if name != SUPERSEDED_AT}}
            for row in records
            if is_visible(row, as_of=as_of, known=known)
        )
    for section in sections.values():
        section.sort(
            key=lambda row: (row["event_on"], row["known_at"], row["record_id"]), reverse=True
        )
    histories = [
        history
        for kind, records in rows.items()
        for history in _changed(kind, records, as_of=as_of, limit=known_before(known))
    ]
    histories.sort(key=lambda history: (history.versions[-1].row["known_at"], history.record_id))
    return EnterpriseView(
        enterprise_id=enterprise_id,
        as_of=as_of,
        known=known,
        sections=sections,
        histories=tuple(histories),
        is_known=any(table.num_rows for table in tables.values()),
    )


def _stored(archive: Archive, enterprise_id: str) -> dict[str, pa.Table]:
    """Every version of every record by kind; only files that are there are opened.

    A query of the engine for each kind would cost more than the reading itself.
    """
    number, tables = archive.range_of(enterprise_id), {}
    present = archive.kinds_of([enterprise_id])
    for kind in record_kinds():
        if kind not in present:
            continue
        for name in archive.pieces(kind, number, [enterprise_id]):
            table = rows_of(archive.present(name), enterprise_id, arrow_schema(kind).names)
            if table.num_rows:
                tables[kind] = table
    return tables


def _changed(
    kind: str, rows: list[dict[str, Any]], *, as_of: date, limit: datetime
) -> list[RecordHistory]:
    by_record: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_record.setdefault(row["record_id"], []).append(row)
    histories = []
    for record_id, versions in by_record.items():
        known = tuple(v for v in versions_of(kind, versions) if v.row["known_at"] < limit)
        if _is_told(known) and min(v.row["event_on"] for v in known) <= as_of:
            histories.append(RecordHistory(kind, record_id, known))
    return histories


def _is_told(versions: tuple[Version, ...]) -> bool:
    return any(version.action != "recorded" for version in versions)
