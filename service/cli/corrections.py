"""`xinheng record show | correct | withdraw`: one record through time, and who may change it."""

from typing import Annotated

import typer
from rich.markup import escape

from features.archive import (
    Archive,
    Correction,
    RecordAddress,
    RecordHistory,
    correct_record,
    find_record,
    open_archive,
    withdraw_record,
)
from features.catalogue import record_kinds
from features.errors import CorrectionError
from service.cli.screen import console, print_table
from service.clock import utc_now
from service.enterprises.record_text import ACTIONS, changed_text, content_text, office_time
from service.pipeline.engines import open_engine
from service.settings import Settings, get_settings

record_app = typer.Typer(
    help="单条记录：查看、更正、撤回 / one record: show, correct, withdraw", no_args_is_help=True
)

RecordId = Annotated[str, typer.Argument(help="记录编号 / record_id")]
Kind = Annotated[str, typer.Option(help="记录种类（如 penalty）/ record kind")]
Reference = Annotated[str, typer.Option(help="文号或编号 / number a person knows it by")]
Enterprise = Annotated[str, typer.Option(help="统一社会信用代码 / enterprise id")]
By = Annotated[str, typer.Option(help="更正人：姓名和职务 / who: name and office")]
Reason = Annotated[str, typer.Option(help="理由 / why")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(record_app, name="record")


@record_app.command("show")
def record_show(
    record_id: RecordId = "",
    kind: Kind = "",
    reference: Reference = "",
    enterprise: Enterprise = "",
) -> None:
    """查看一条记录的全部版本 / Show every version of a record: when known, who, why, what."""
    settings = get_settings()
    archive = open_archive(settings.archive_dir)
    with open_engine(settings) as engine:
        record = find_record(
            engine, archive, address=_address(record_id, kind, reference, enterprise)
        )
    _print_record(record)
    rows = [
        (
            number,
            ACTIONS[version.action],
            office_time(version.row["known_at"]),
            office_time(version.row["superseded_at"]),
            escape(version.row["corrected_by"] or ""),
            escape(version.row["correction_reason"] or ""),
            escape(changed_text(record.kind, version.changed)),
            version.row["import_id"],
        )
        for number, version in enumerate(record.versions, start=1)
    ]
    print_table(
        "版本 versions",
        [
            "序号 no",
            "情况 how",
            "知悉时间 known at",
            "失效时间 superseded",
            "更正人 by",
            "理由 reason",
            "变动 changed",
            "批次 import",
        ],
        rows,
    )


@record_app.command("correct")
def record_correct(
    assignments: Annotated[
        list[str], typer.Option("--set", help="字段=新值，可多次 / field=value, repeatable")
    ],
    by: By,
    reason: Reason,
    record_id: RecordId = "",
    kind: Kind = "",
    reference: Reference = "",
    enterprise: Enterprise = "",
) -> None:
    """更正一条记录；旧内容在此前各日仍可查 / Correct a record; earlier days keep the old state."""
    settings, archive = _opened()
    with open_engine(settings) as engine:
        done = correct_record(
            engine,
            archive,
            address=_address(record_id, kind, reference, enterprise),
            changes=_changes(assignments),
            by=by,
            reason=reason,
            received_at=utc_now(),
            records_dir=settings.records_dir,
        )
    console.print(f"已更正 corrected: {changed_text(done.record.kind, done.changed)}", markup=False)
    _print_next(done)


@record_app.command("withdraw")
def record_withdraw(
    by: By,
    reason: Reason,
    record_id: RecordId = "",
    kind: Kind = "",
    reference: Reference = "",
    enterprise: Enterprise = "",
) -> None:
    """撤回一条记录；此前各日仍可查 / Withdraw a record; earlier days still show it."""
    settings, archive = _opened()
    with open_engine(settings) as engine:
        done = withdraw_record(
            engine,
            archive,
            address=_address(record_id, kind, reference, enterprise),
            by=by,
            reason=reason,
            received_at=utc_now(),
            records_dir=settings.records_dir,
        )
    kind_zh = record_kinds()[done.record.kind].zh
    console.print(f"已撤回 withdrawn: {kind_zh} {done.record.reference}", markup=False)
    _print_next(done)


def _opened() -> tuple[Settings, Archive]:
    settings = get_settings()
    return settings, open_archive(settings.archive_dir)


def _address(record_id: str, kind: str, reference: str, enterprise: str) -> RecordAddress:
    return RecordAddress(
        record_id=record_id or None,
        kind=kind or None,
        reference=reference or None,
        enterprise_id=enterprise or None,
    )


def _changes(assignments: list[str]) -> dict[str, str]:
    wrong = [text for text in assignments if "=" not in text]
    pairs = [text.split("=", 1) for text in assignments if "=" in text]
    names = [name.strip() for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if wrong or twice:
        listed = "、".join(f"“{text}”" for text in (*wrong, *twice))
        raise CorrectionError(
            f"--set 应写成 字段=新值，每个字段一次；有误：{listed}",
            f"--set is written field=value, once a field; wrong: {', '.join((*wrong, *twice))}",
        )
    return {name: value for name, (_, value) in zip(names, pairs, strict=True)}


def _print_record(record: RecordHistory) -> None:
    row = record.newest
    described = record_kinds()[record.kind]
    state = "已撤回 withdrawn" if row["is_withdrawn"] else "有效 in force"
    print_table(
        f"{described.zh} {escape(record.reference)} · {record.record_id}",
        ["项目 item", "内容 content"],
        [
            ("企业 enterprise", escape(row["enterprise_id"])),
            (f"{described.event_zh} event_on", str(row["event_on"])),
            ("内容 content", escape(content_text(record.kind, row))),
            ("状态 state", state),
            ("来源 source", escape(row["source"])),
            ("产生单位 producer", escape(row["producer"] or "")),
        ],
    )


def _print_next(done: Correction) -> None:
    import_id = done.report.import_id
    console.print(f"记录编号 record: {done.record.record_id} · 批次 import: {import_id}")
    console.print("下一步 / next: xinheng archive build")
    console.print(f"如需撤销 / to take it back: xinheng undo-import {import_id}")
