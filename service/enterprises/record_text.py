"""A record and its versions as a person reads them: Chinese labels, no personal hashes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from features.archive.record_versions import RecordHistory, Version
from features.catalogue import record_kinds
from features.point_in_time import OFFICE_OFFSET
from service.console.words import field_text

ACTIONS = {
    "recorded": "录入 recorded",
    "sent_again": "重报 sent again",
    "corrected": "更正 corrected",
    "withdrawn": "撤回 withdrawn",
    "late": "晚到未用 came late",
}
NO_RECORD = "无记录 none"
_NOTHING = "（空）"
_HIDDEN = "（个人信息 personal）"


def content_text(kind: str, record: Mapping[str, Any]) -> str:
    """The filled fields of a record: ``罚款金额（元）=15,000.00；…``, without personal ones."""
    fields = record_kinds()[kind].fields.values()
    return "；".join(
        f"{field.zh}={field_text(field, record[field.name])}"
        for field in fields
        if not field.personal and record.get(field.name) not in (None, "")
    )


def reference_text(kind: str, record: Mapping[str, Any]) -> str:
    """What identifies a record to a person."""
    described = record_kinds()[kind]
    field = described.fields[described.reference]
    value = record.get(field.name)
    return "" if value is None else field_text(field, value)


def changed_text(kind: str, changed: Mapping[str, tuple[Any, Any]]) -> str:
    """What a version says otherwise: ``罚款金额（元）：15,000.00 → 20,000.00``."""
    described = record_kinds()[kind]
    told = []
    for name, (before, after) in changed.items():
        if name not in described.fields:
            told.append(f"{described.event_zh}：{before} → {after}")
            continue
        field = described.fields[name]
        if field.personal:
            told.append(f"{field.zh}：{_HIDDEN}")
            continue
        old, new = (
            _NOTHING if value is None else field_text(field, value) for value in (before, after)
        )
        told.append(f"{field.zh}：{old} → {new}")
    return "；".join(told)


def version_text(kind: str, version: Version) -> str:
    """One version in one line: when, how, who, why, what."""
    row = version.row
    who = "：".join(text for text in (row["corrected_by"], row["correction_reason"]) if text)
    parts = [office_time(row["known_at"]), ACTIONS[version.action], who]
    return " · ".join([*filter(None, parts), *filter(None, [changed_text(kind, version.changed)])])


def history_text(history: RecordHistory) -> str:
    """The versions after the first, one a line; empty where there are none."""
    later = [version for version in history.versions if version.action != "recorded"]
    return "\n".join(version_text(history.kind, version) for version in later)


def office_time(instant: datetime | None) -> str:
    """An instant (naive UTC) on the clock of the office, to the minute."""
    return "" if instant is None else f"{instant + OFFICE_OFFSET:%Y-%m-%d %H:%M}"
