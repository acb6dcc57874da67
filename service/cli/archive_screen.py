"""One enterprise's archive on the terminal: four sections, then who corrected what."""

from collections.abc import Mapping
from typing import Any

from rich.control import strip_control_codes
from rich.markup import escape

from features.archive.view import EnterpriseView
from features.catalogue import record_kinds
from service.cli.screen import console, fold, print_table
from service.console.words import SECTIONS
from service.enterprises.record_text import (
    ACTIONS,
    NO_RECORD,
    changed_text,
    content_text,
    office_time,
    reference_text,
)


def print_archive(view: EnterpriseView) -> None:
    """Every section, an empty one with the word for it, then the corrections known by then."""
    asked = f"{escape(view.enterprise_id)} · 截至 as of {view.as_of}"
    if view.known != view.as_of:
        asked += f" · 按 {view.known} 所知 as known by {view.known}"
    corrected = {history.record_id for history in view.histories}
    for section, (zh, en) in SECTIONS.items():
        console.print(f"[bold]{zh} {en}[/bold] · {asked}", highlight=False)
        told = [
            paragraph
            for record in view.sections[section]
            for paragraph in _told(record, is_corrected=record["record_id"] in corrected)
        ]
        # Printed at once: rich takes its time for every call.
        console.out("\n".join(told or [f"  {NO_RECORD}"]), end="\n\n", highlight=False)
    _print_corrections(view)


def _told(record: Mapping[str, Any], *, is_corrected: bool) -> tuple[str, str]:
    """Two paragraphs, since no table leaves room for the content on a terminal of 80 columns."""
    kind = record["kind"]
    told = [record["event_on"], record_kinds()[kind].zh, reference_text(kind, record)]
    told += [record["source"], f"{record['record_id']}{' *' if is_corrected else ''}"]
    head = "  ".join(str(part) for part in told if part)
    return _indented(head, 2), _indented(content_text(kind, record), 6)


def _indented(text: str, spaces: int) -> str:
    """A paragraph folded to the terminal's width."""
    lines = fold(strip_control_codes(text), max(console.width - spaces, 2))
    return "\n".join(" " * spaces + line for line in lines)


def _print_corrections(view: EnterpriseView) -> None:
    rows = [
        (
            office_time(version.row["known_at"]),
            record_kinds()[history.kind].zh,
            escape(history.reference),
            ACTIONS[version.action],
            escape(version.row["corrected_by"] or version.row["provider"] or ""),
            escape(version.row["correction_reason"] or ""),
            escape(changed_text(history.kind, version.changed)),
            history.record_id,
        )
        for history in view.histories
        for version in history.versions
        if version.action != "recorded"
    ]
    if rows:
        headers = ["知悉时间 known at", "种类 kind", "文号 reference", "情况 how", "由谁 by"]
        headers += ["理由 reason", "变动 changed", "记录编号 record"]
        print_table("* 更正、撤回与重报 corrections, withdrawals, sent again", headers, rows)
