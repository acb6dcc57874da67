"""The archive of one enterprise as a file: a workbook for people, JSON for machines."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from features.archive.record_versions import Version
from features.archive.view import EnterpriseView
from features.catalogue import record_kinds
from features.workbook import Sheet, workbook_bytes
from service.clock import utc_text
from service.console.words import SECTIONS
from service.enterprises.record_text import (
    NO_RECORD,
    content_text,
    history_text,
    office_time,
    reference_text,
)
from service.errors import ExportFormatError

HEADERS = (
    "日期 on",
    "种类 kind",
    "文号 reference",
    "内容 content",
    "知悉时间 known at",
    "更正情况 corrections",
    "来源 source",
    "产生单位 producer",
    "提供单位 provider",
    "记录编号 record",
    "统一社会信用代码 enterprise",
    "截至日期 as of",
    "知悉截至 known by",
)
_WIDTHS = {"内容 content": 80, "更正情况 corrections": 50, "文号 reference": 28, "日期 on": 12}


def export_archive(view: EnterpriseView, path: Path) -> bytes:
    """The view in the format that the name of `path` asks for.

    Raises
    ------
    ExportFormatError
        The name ends neither in .xlsx nor in .json.
    """
    writers: dict[str, Callable[[EnterpriseView], bytes]] = {
        ".xlsx": archive_workbook,
        ".json": archive_json,
    }
    if path.suffix.lower() not in writers:
        raise ExportFormatError(path.name, sorted(writers))
    return writers[path.suffix.lower()](view)


def archive_workbook(view: EnterpriseView) -> bytes:
    """Four sheets, one a section, newest event first; a section without records says so."""
    corrections = {history.record_id: history_text(history) for history in view.histories}
    sheets = []
    for section, (zh, en) in SECTIONS.items():
        rows = [
            (
                record["event_on"],
                record_kinds()[record["kind"]].zh,
                reference_text(record["kind"], record),
                content_text(record["kind"], record),
                office_time(record["known_at"]),
                corrections.get(record["record_id"], ""),
                record["source"],
                record["producer"],
                record["provider"],
                record["record_id"],
                *_asked(view),
            )
            for record in view.sections[section]
        ]
        nothing = ("", NO_RECORD, *([""] * (len(HEADERS) - 2 - len(_asked(view)))), *_asked(view))
        sheets.append(Sheet(f"{zh} {en}", HEADERS, rows or [nothing], _WIDTHS))
    return workbook_bytes(sheets)


def archive_json(view: EnterpriseView) -> bytes:
    """Codes as they are stored, money as text, days as ISO, instants as UTC; no personal hash."""
    told = {
        "enterprise_id": view.enterprise_id,
        "as_of": view.as_of,
        "known_by": view.known,
        "sections": {
            section: {
                "zh": zh,
                "en": en,
                "records": [
                    {
                        "kind_zh": record_kinds()[record["kind"]].zh,
                        **_public(record["kind"], record),
                    }
                    for record in view.sections[section]
                ],
            }
            for section, (zh, en) in SECTIONS.items()
        },
        "corrections": [
            {
                "kind": history.kind,
                "record_id": history.record_id,
                "reference": reference_text(history.kind, history.newest),
                "versions": [_version(history.kind, version) for version in history.versions],
            }
            for history in view.histories
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=1, default=_plain).encode("utf-8")


def _asked(view: EnterpriseView) -> tuple[Any, ...]:
    return (view.enterprise_id, view.as_of, view.known)


def _public(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    fields = record_kinds()[kind].fields
    return {
        name: value
        for name, value in record.items()
        if not (name in fields and fields[name].personal)
    }


def _version(kind: str, version: Version) -> dict[str, Any]:
    row = version.row
    return {
        "action": version.action,
        "known_at": row["known_at"],
        "corrected_by": row["corrected_by"],
        "correction_reason": row["correction_reason"],
        "import_id": row["import_id"],
        "changed": {
            name: {"before": before, "after": after}
            for name, (before, after) in _public(kind, version.changed).items()
        },
    }


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date | Decimal):
        return str(value)
    raise TypeError(f"not for JSON: {type(value).__name__}")
