"""One enterprise's archive on the terminal: four sections, then who corrected what."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from features.archive.view import EnterpriseView
from features.catalogue import record_kinds
from service.cli.screen import console, print_table
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
        if not view.sections[section]:
            console.print(f"  {NO_RECORD}")
        for record in view.sections[section]:
            _print_record(record, is_corrected=record["record_id"] in corrected)
        console.print()
    _print_corrections(view)


def _print_record(record: Mapping[str, Any], *, is_corrected: bool) -> None:
    """Two paragraphs, since no table leaves room for the content on a terminal of 80 columns."""
    kind = record["kind"]
    told = [record["event_on"], record_kinds()[kind].zh, reference_text(kind, record)]
    told += [record["source"], f"{record['record_id']}{' *' if is_corrected else ''}"]
    head = Text("  ".join(str(part) for part in told if part))
    console.print(Padding(head, (0, 0, 0, 2)))
    console.print(Padding(Text(content_text(kind, record)), (0, 0, 0, 6)))


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
