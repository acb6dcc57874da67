"""The form of a visit: what was typed, as entries to check, and as it was typed for another try."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from features.messages import Message
from scoring.double_random.results_table import SEVERITIES
from scoring.double_random.visits import Entry

Form = Mapping[str, str]
_COUNT = r"\d{1,3}"
_PARTS = ("code", "on", *SEVERITIES, "unfulfilled", "note", "attachments")


def standing_form(items: Sequence[Mapping[str, Any]], *, conclusion: str, today: date) -> Form:
    """The form as it is first shown: what stands now, and today where nothing does."""
    form = {"conclusion": conclusion, "correction": ""}
    for number, item in enumerate(items):
        told = _standing(item)
        if not _has_result(item):
            told["on"] = today.isoformat()
        form |= {f"{part}-{number}": told[part] for part in _PARTS}
    return form


def read_form(
    form: Form, items: Sequence[Mapping[str, Any]], *, by: str, enterprise_id: str, today: date
) -> tuple[list[Entry], list[Message]]:
    """Entries of the items that the form says something new of, and what can't be read.

    What can't be read is replaced by something harmless, so that all other faults are found too.
    """
    entries: list[Entry] = []
    faults: list[Message] = []
    for number, item in enumerate(items):
        told = {part: form.get(f"{part}-{number}", "").strip() for part in _PARTS}
        told["attachments"] = "\n".join(
            filter(None, map(str.strip, told["attachments"].split("\n")))
        )
        if not _is_new(told, item):
            continue
        entries.append(
            Entry(
                enterprise_id=enterprise_id,
                by=by,
                item=item["item"],
                result_code=told["code"] or None,
                completed_on=_day(told, item["item"], faults, today=today),
                is_unfulfilled=bool(told["unfulfilled"]),
                reason=told["note"],
                correction=form.get("correction", "").strip() if _has_result(item) else "",
                findings=_counts(told, item["item"], faults),
                attachments=tuple(told["attachments"].split("\n")) if told["attachments"] else (),
            )
        )
    if not entries:
        faults.append(Message("没有新填写的结果", "nothing new was filled in"))
    return entries, faults


def _has_result(item: Mapping[str, Any]) -> bool:
    return item["entered_on"] is not None


def _standing(item: Mapping[str, Any]) -> dict[str, str]:
    lines = () if item["attachments"] is None else item["attachments"]
    return {
        "code": item["result_code"] or "",
        "on": "" if item["completed_on"] is None else str(item["completed_on"]),
        **{name: "" if item[name] is None else str(int(item[name])) for name in SEVERITIES},
        "unfulfilled": "1" if item["is_unfulfilled"] else "",
        "note": item["reason"] or "",
        "attachments": "\n".join(lines),
    }


def _is_new(told: Mapping[str, str], item: Mapping[str, Any]) -> bool:
    # A day alone says nothing: today's stood there from the start, also where a colleague has
    # entered the item since.
    says_something = any(value for part, value in told.items() if part != "on")
    return says_something and not (_has_result(item) and told == _standing(item))


def _day(told: Mapping[str, str], item: str, faults: list[Message], *, today: date) -> date | None:
    if told["unfulfilled"] and not told["code"]:
        return None
    try:
        return date.fromisoformat(told["on"]) if told["on"] else None
    except ValueError:
        faults.append(
            Message(
                f"{item}：完成日期 {told['on']!r} 应写作 2026-11-30",
                f"{item}: the day {told['on']!r} must be like 2026-11-30",
            )
        )
        return today


def _counts(
    told: Mapping[str, str], item: str, faults: list[Message]
) -> tuple[int | None, int | None, int | None]:
    found = []
    for name in SEVERITIES:
        text = told[name]
        if text and not re.fullmatch(_COUNT, text, re.ASCII):
            faults.append(
                Message(
                    f"{item}：问题数 {text!r} 应为 0 至 999 的整数",
                    f"{item}: the count {text!r} must be a whole number, 0 to 999",
                )
            )
            text = ""
        found.append(int(text) if text else None)
    critical, serious, minor = found
    return critical, serious, minor
