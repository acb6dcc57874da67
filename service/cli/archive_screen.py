"""One enterprise's archive on the terminal: four sections, then who corrected what."""

from rich.markup import escape

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
        rows = [
            (
                str(record["event_on"]),
                record_kinds()[record["kind"]].zh,
                escape(reference_text(record["kind"], record)),
                escape(content_text(record["kind"], record)),
                escape(record["source"]),
                f"{record['record_id']}{' *' if record['record_id'] in corrected else ''}",
            )
            for record in view.sections[section]
        ]
        title = f"{zh} {en} · {asked}"
        if not rows:
            console.print(f"{title}\n  {NO_RECORD}\n")
            continue
        headers = ["日期 on", "种类 kind", "文号 reference", "内容 content", "来源 source"]
        print_table(title, [*headers, "记录编号 record"], rows)
    _print_corrections(view)


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
