"""What `xinheng import --dry-run` shows: counts and reasons of files that were not imported."""

from collections.abc import Sequence
from pathlib import Path

from features.catalogue import record_kinds
from features.intake import Preview
from service.cli.screen import console, print_table, progress_bar
from service.pipeline.filing import FileToImport, preview_one
from service.settings import Settings

_SHOWN_REASONS = 10


def preview_items(
    items: Sequence[FileToImport], settings: Settings, *, rejects_dir: Path | None
) -> None:
    """Judge each file and show what an import would do; nothing is imported."""
    with progress_bar("试检 dry run") as report:
        previews = [
            preview_one(item, settings, rejects_dir=rejects_dir, progress=report) for item in items
        ]
    _print_counts(previews)
    for preview in previews:
        _print_one(preview)
    console.print("只作检查，未导入任何内容 / judged only, nothing was imported")


def _print_counts(previews: Sequence[Preview]) -> None:
    rows = [
        (
            preview.report.file_name,
            preview.report.rows,
            sum(preview.report.accepted.values()),
            preview.report.rejected_rows,
            preview.report.duplicates,
            sum(preview.repeated.values()),
            sum(preview.newer.values()),
            preview.unknown_enterprises,
        )
        for preview in previews
    ]
    headers = [
        "文件 file",
        "行 rows",
        "可入库 accepted",
        "退回 rejected",
        "文件内重复 duplicates",
        "已入库 already there",
        "更正已入库 newer",
        "未登记企业 unknown",
    ]
    print_table("试检结果 dry run", headers, rows)


def _print_one(preview: Preview) -> None:
    report = preview.report
    if report.already_imported:
        told = f"{report.file_name}：此文件已导入过 / this file was imported before"
        console.print(told, markup=False)
    kinds = "，".join(f"{record_kinds()[kind].zh} {rows}" for kind, rows in report.accepted.items())
    if kinds:
        console.print(f"{report.file_name}：{kinds}", markup=False)
    if report.reasons:
        shown = report.reasons[:_SHOWN_REASONS]
        print_table(
            f"退回原因 reasons · {report.file_name}",
            ["原因 reason", "", "行 rows"],
            [(reason.zh, reason.en, rows) for reason, rows in shown],
        )
    if preview.unknown_enterprises:
        some = "、".join(preview.unknown_examples[:3])
        console.print(
            f"未登记企业 unknown enterprises {preview.unknown_enterprises}，"
            f"记录 records {preview.unknown_records}：{some}…",
            markup=False,
        )
    for note in report.warnings:
        console.print(f"提醒 note: {note.zh}\n  {note.en}", style="dim", markup=False)
    if report.reject_file is not None:
        console.print(f"退回文件 rejected rows:\n  {report.reject_file}", markup=False)
