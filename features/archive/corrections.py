"""Main flow of corrections: one record changed or withdrawn by hand, as an import of one row.

Nothing is ever overwritten (AR-10): the old version stays what the office knew until the
correction was received, and undoing the import brings it back. The record keeps its source and
producer, and with them its identity; whoever corrects answers by name and reason (AR-07: whoever
produces a record, provides it and is responsible for it; nobody else edits it).
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.archive.correction_values import read_changes
from features.archive.files import Archive
from features.archive.record_versions import RecordAddress, RecordHistory, find_record
from features.catalogue import RecordKind, record_kinds, record_schema
from features.engine import Engine
from features.errors import ArchiveBehindError, CorrectionError
from features.folders import hold, publish
from features.intake.importing import fresh_stage, naive_utc
from features.intake.report import ImportReport, list_imports, write_report
from features.intake.text import tidy
from features.messages import Message
from features.point_in_time import OFFICE_OFFSET
from law.files import sha256_of

_ID_CHARACTERS = 16


@dataclass(frozen=True)
class Correction:
    """What was written: the import, the record as it stood, and ``{field: (before, after)}``."""

    report: ImportReport
    record: RecordHistory
    changed: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class _Statement:
    """Who says so, why, and when it was received (naive UTC)."""

    by: str
    reason: str
    received_at: datetime


def correct_record(
    engine: Engine,
    archive: Archive,
    *,
    address: RecordAddress,
    changes: Mapping[str, str],
    by: str,
    reason: str,
    received_at: datetime,
    records_dir: Path,
) -> Correction:
    """Change fields of one record; known from `received_at`, once the archive is built again.

    Parameters
    ----------
    changes
        Text by field name, read as the intake reads it; empty text clears a field. ``event_on``
        can be changed where it is not part of the kind's key.
    by
        Who corrects: name and office, for instance ``张三（综合科科长）``.
    reason
        Why; shown wherever the record is.
    received_at
        The instant, UTC.

    Raises
    ------
    RecordAddressError, UnknownRecordError, AmbiguousRecordError
        The address does not lead to one record.
    ArchiveBehindError
        The record was changed since the archive was built.
    CorrectionError
        With every fault: nobody or no reason named, nothing changed, a key or personal field, a
        value that the intake would reject, a record already withdrawn.
    """
    statement = _Statement(tidy(by), tidy(reason), naive_utc(received_at))
    record = find_record(engine, archive, address=address)
    kind = record_kinds()[record.kind]
    corrected_on = (statement.received_at + OFFICE_OFFSET).date()
    wanted = read_changes(kind, changes, corrected_on=corrected_on)
    faults = [*_statement_faults(record, statement), *wanted.faults]
    newest = record.newest
    changed = {
        name: (newest[name], value)
        for name, value in wanted.values.items()
        if value != newest[name]
    }
    if not wanted.faults and not changed:
        faults.append(
            Message(
                "没有任何改动：所给内容与现有记录相同；请写明要改的字段和新值",
                "nothing would change: the record says so already; name a field and a new value",
            )
        )
    _refuse(faults, record=record)
    row = {**newest, **{name: after for name, (_, after) in changed.items()}}
    report = _write(
        row, record, statement, kind=kind, archive=archive, records_dir=records_dir, title="更正"
    )
    return Correction(report, record, changed)


def withdraw_record(
    engine: Engine,
    archive: Archive,
    *,
    address: RecordAddress,
    by: str,
    reason: str,
    received_at: datetime,
    records_dir: Path,
) -> Correction:
    """Take one record back: from `received_at` on nobody sees it, on earlier days it stays.

    Parameters and errors as of :func:`correct_record`.
    """
    statement = _Statement(tidy(by), tidy(reason), naive_utc(received_at))
    record = find_record(engine, archive, address=address)
    _refuse(_statement_faults(record, statement), record=record)
    row = {**record.newest, "is_withdrawn": True}
    kind = record_kinds()[record.kind]
    report = _write(
        row, record, statement, kind=kind, archive=archive, records_dir=records_dir, title="撤回"
    )
    return Correction(report, record, {"is_withdrawn": (False, True)})


def _statement_faults(record: RecordHistory, statement: _Statement) -> list[Message]:
    faults = []
    if not statement.by:
        faults.append(Message("请写明由谁更正（姓名和职务）", "say who corrects: name and office"))
    if not statement.reason:
        faults.append(Message("请写明理由", "give a reason"))
    newest = record.newest
    if newest["is_withdrawn"]:
        day = (newest["known_at"] + OFFICE_OFFSET).date()
        faults.append(
            Message(
                f"该记录已于 {day} 由{newest['corrected_by']}撤回；如系误撤，请撤销那次导入："
                f"xinheng undo-import {newest['import_id']}",
                f"the record was withdrawn on {day} by {newest['corrected_by']}; if that was a "
                f"mistake, undo it: xinheng undo-import {newest['import_id']}",
            )
        )
    elif statement.received_at <= newest["known_at"]:
        faults.append(
            Message(
                f"更正时间 {statement.received_at}（UTC）不晚于现有版本的知悉时间 "
                f"{newest['known_at']}（UTC），请核对时钟",
                f"the instant of the correction, {statement.received_at} UTC, is not after the "
                f"one at which the present version was known, {newest['known_at']} UTC; check "
                "the clock",
            )
        )
    return faults


def _refuse(faults: list[Message], *, record: RecordHistory) -> None:
    if not faults:
        return
    name = f"{record_kinds()[record.kind].zh} {record.reference}（{record.record_id}）"
    zh = "；\n  ".join(fault.zh for fault in faults)
    en = ";\n  ".join(fault.en for fault in faults)
    raise CorrectionError(
        f"未作更正，{name}有 {len(faults)} 处问题：\n  {zh}",
        f"nothing was changed, {record.kind} {record.reference} ({record.record_id}) has "
        f"{len(faults)} faults:\n  {en}",
    )


def _write(
    row: Mapping[str, Any],
    record: RecordHistory,
    statement: _Statement,
    *,
    kind: RecordKind,
    archive: Archive,
    records_dir: Path,
    title: str,
) -> ImportReport:
    """The new version as an import of one row, in the layout of every import."""
    row = {
        **row,
        "known_at": statement.received_at,
        "corrected_by": statement.by,
        "correction_reason": statement.reason,
        "row_no": 1,
    }
    said = json.dumps([kind.name, title, {**row, "import_id": ""}], default=str, sort_keys=True)
    content = sha256(said.encode("utf-8")).hexdigest()
    import_id = content[:_ID_CHARACTERS]
    table = pa.Table.from_pylist([{**row, "import_id": import_id}], record_schema(kind.name))
    with hold(records_dir):
        _refuse_behind(record, archive=archive, records_dir=records_dir)
        stage = fresh_stage(records_dir, import_id)
        try:
            path = stage / f"{kind.name}.parquet"
            pq.write_table(table, path, compression="zstd")
            report = ImportReport(
                import_id=import_id,
                source=row["source"],
                file_name=f"{title} {kind.zh} {record.reference}",
                file_sha256=content,
                mapping_sha256="",
                received_at=statement.received_at,
                rows=1,
                accepted={kind.name: 1},
                rejected_rows=0,
                skipped_rows=0,
                duplicates=0,
                warnings=(),
                reject_file=None,
                files={path.name: sha256_of(path)},
            )
            write_report(report, stage)
            publish(stage, records_dir / import_id)
        except BaseException:
            shutil.rmtree(stage, ignore_errors=True)
            raise
    return report


def _refuse_behind(record: RecordHistory, *, archive: Archive, records_dir: Path) -> None:
    """A correction rests on the newest state; imports made or undone since may have changed it."""
    reports = {report.import_id: report for report in list_imports(records_dir)}
    name = f"{record.kind}.parquet"
    undone = {version.row["import_id"] for version in record.versions} - set(reports)
    new = [r for r in reports.values() if name in r.files and r.import_id not in archive.imports]
    of_record = [("record_id", "==", record.record_id)]
    if undone or any(
        pq.read_table(
            records_dir / report.import_id / name,
            columns=["record_id"],
            filters=of_record,
            partitioning=None,
        ).num_rows
        for report in new
    ):
        raise ArchiveBehindError(
            f"这条记录（{record.record_id}）在上次归档之后又有导入、更正或撤销；请先重新归档："
            "xinheng archive build，再作更正",
            f"the record {record.record_id} was imported, corrected or undone since the archive "
            "was built; first run xinheng archive build, then correct it",
        )
