"""`xinheng library`: item list, inspectors, avoidance and objects, each in confirmed editions."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

import law
from features.workbook import Sheet, workbook_bytes
from law.files import write_atomically
from scoring.double_random.libraries import (
    LIBRARIES,
    EditionRecord,
    check_people,
    find_unready,
)
from service.campaigns import libraries as operations
from service.cli.screen import console, parse_day, print_table
from service.clock import aware_now, office_day
from service.settings import get_settings

library_app = typer.Typer(
    help="一单两库：事项清单、对象名录、人员名录 / items, objects, inspectors", no_args_is_help=True
)
ByOption = Annotated[str, typer.Option("--by", help="确认人 / confirmed by")]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="调整或取消的理由 / why rows change or go")
]
EditionOption = Annotated[int | None, typer.Option("--edition", help="版次，默认最新 / edition")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="写成 Excel / write an Excel file", dir_okay=False)
]
FileArgument = Annotated[
    Path | None, typer.Argument(help="CSV：确认为新版；不填则显示 / a table; none shows")
]
OnOption = Annotated[str | None, typer.Option("--on", help="日期，默认今天 / day")]
_CHANGES_ZH = {"added": "新增 added", "adjusted": "调整 adjusted", "deleted": "取消 deleted"}
_SHOWN = 40


def register(app: typer.Typer) -> None:
    """Add the group `library`."""
    app.add_typer(library_app, name="library")


@library_app.command("items")
def items_command(
    file: FileArgument = None,
    by: ByOption = "",
    reason: ReasonOption = "",
    edition: EditionOption = None,
    out: OutOption = None,
) -> None:
    """抽查事项清单：保留、调整、取消均有记录 / The item list; keep, adjust, delete on record."""
    _confirm_or_show("items", file, by=by, reason=reason, edition=edition, out=out)


@library_app.command("inspectors")
def inspectors_command(
    file: FileArgument = None,
    by: ByOption = "",
    reason: ReasonOption = "",
    edition: EditionOption = None,
    out: OutOption = None,
    on: OnOption = None,
) -> None:
    """检查人员名录库，并检查谁不能出检 / The inspectors, and who of them may not go on a day."""
    _confirm_or_show("inspectors", file, by=by, reason=reason, edition=edition, out=out)
    people = operations.load_library(get_settings(), "inspectors", edition)
    day = parse_day(on) if on else _today()
    rows = list(check_people(people, on=day).items())
    print_table(f"{day} 不能出检 may not go（{len(rows)}/{len(people)}）", ["编号", "原因"], rows)


@library_app.command("avoidance")
def avoidance_command(
    file: FileArgument = None,
    by: ByOption = "",
    reason: ReasonOption = "",
    edition: EditionOption = None,
    out: OutOption = None,
) -> None:
    """回避关系 / Whom an inspector must not inspect."""
    _confirm_or_show("avoidance", file, by=by, reason=reason, edition=edition, out=out)


@library_app.command("objects")
def objects_command(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="按该日信用档案更新 / refresh from the archive")
    ] = None,
    by: ByOption = "",
    reason: ReasonOption = "",
    edition: EditionOption = None,
    out: OutOption = None,
) -> None:
    """各事项的监管对象名录库 / The objects of every item, refreshed from the archive."""
    settings = get_settings()
    if as_of is not None:
        record, is_new = operations.refresh_objects(
            settings, as_of=parse_day(as_of), by=by, reason=reason, now=aware_now()
        )
        _tell(record, is_new=is_new)
    table = operations.load_library(settings, "objects", edition)
    counts = list(table["item"].value_counts().sort_index().items())
    print_table("监管对象 objects", ["事项 item", "户数 enterprises"], counts)
    _show_changes("objects", edition, out=out)


@library_app.command("retire")
def retire_command(
    item: Annotated[str, typer.Argument(help="抽查事项 / item")],
    by: ByOption = "",
    reason: ReasonOption = "",
) -> None:
    """取消一个抽查事项，记入新版清单 / Take an item off the list, on record."""
    settings = get_settings()
    record = operations.retire_item(settings, item, by=by, reason=reason, now=aware_now())
    _tell(record, is_new=True)
    _say("已冻结或已抽取的轮次不受影响；草案须重新制定 rounds already frozen stay as they are")


@library_app.command("editions")
def editions_command(
    name: Annotated[str, typer.Argument(help="items、inspectors、avoidance 或 objects")],
) -> None:
    """各版确认记录 / The confirmation record of every edition."""
    if name not in LIBRARIES:
        raise typer.BadParameter(f"应为 / must be: {', '.join(LIBRARIES)}")
    rows = [
        (
            one.number,
            f"{one.confirmed_at:%Y-%m-%d %H:%M}",
            one.confirmed_by,
            one.reason,
            one.rows,
            one.kept,
            one.adjusted,
            one.deleted,
            one.added,
        )
        for one in operations.list_library(get_settings(), name)
    ]
    headers = ["版次", "确认（UTC）", "确认人", "理由", "行数", "保留", "调整", "取消", "新增"]
    print_table(f"{LIBRARIES[name].zh} {name}", headers, rows)


@library_app.command("ready")
def ready_command(on: OnOption = None) -> None:
    """各事项能否抽取，缺什么 / Which items can be drawn, and what the others lack."""
    settings, day = get_settings(), parse_day(on) if on else _today()
    libraries = {name: operations.load_library(settings, name) for name in LIBRARIES}
    minimum = law.value("double_random.minimum_inspectors", on=day)
    found = find_unready(libraries, libraries["items"]["item"].tolist(), on=day, minimum=minimum)
    rows = [
        (one.item, one.objects, one.inspectors, "；".join(f"{m.zh} {m.en}" for m in one.lacks))
        for one in found
    ]
    headers = ["事项 item", "对象 objects", "人员 inspectors", "缺 lacks"]
    print_table(f"可抽取情况 readiness {day}", headers, rows)


@library_app.command("hand-in")
def hand_in_command(
    items: Annotated[list[str], typer.Option("--item", help="事项，首项为发起 / the first leads")],
    out: Annotated[Path, typer.Option("--out", help="新文件夹 / a new folder")],
    on: OnOption = None,
) -> None:
    """写出制定方案所用的表 / Write the tables that `campaign plan` takes."""
    day = parse_day(on) if on else _today()
    counts = operations.write_hand_in(get_settings(), items, out, on=day)
    print_table(f"{out}", ["文件 file", "行数 rows"], list(counts.items()))
    _say(f"下一步 next: xinheng campaign plan --hand-in {out} …")


def _confirm_or_show(
    name: str, file: Path | None, *, by: str, reason: str, edition: int | None, out: Path | None
) -> None:
    settings = get_settings()
    if file is not None:
        record, is_new = operations.confirm_edition(
            settings, name, file, by=by, reason=reason, now=aware_now()
        )
        _tell(record, is_new=is_new)
    _show_changes(name, edition, out=out)


def _show_changes(name: str, edition: int | None, *, out: Path | None) -> None:
    settings = get_settings()
    table = operations.load_library(settings, name, edition)
    records = operations.list_library(settings, name)
    if not records:
        _say(f"{LIBRARIES[name].zh}尚无已确认的版次 nothing was confirmed yet")
        return
    changes = operations.load_changes(settings, name, edition)
    rows = [[_CHANGES_ZH[one], key, what] for one, key, what in changes.itertuples(index=False)]
    _say(f"{LIBRARIES[name].zh} 第 {edition or records[-1].number} 版：{len(table)} 行 rows")
    print_table("变动 changes", ["变动", "行 key", "内容 what"], rows[:_SHOWN])
    if len(rows) > _SHOWN:
        _say(f"共 {len(rows)} 项变动，用 --out 写出全部 / all of them with --out")
    if out is not None:
        sheets = [
            Sheet("名录", list(table.columns), table.values.tolist()),
            Sheet("变动", ["变动", "行", "内容"], rows),
        ]
        write_atomically(out, workbook_bytes(sheets))
        _say(f"已写出 written: {out}")


def _tell(record: EditionRecord, *, is_new: bool) -> None:
    if not is_new:
        _say(f"第 {record.number} 版没有变化 edition {record.number} is unchanged")
        return
    _say(
        f"第 {record.number} 版已确认 confirmed：保留 kept {record.kept}，调整 adjusted"
        f" {record.adjusted}，取消 deleted {record.deleted}，新增 added {record.added}"
    )


def _today() -> date:
    return office_day(aware_now().replace(tzinfo=None))


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
