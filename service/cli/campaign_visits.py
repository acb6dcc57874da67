"""`xinheng campaign visits`, `enter`, `publish-results`, `follow-ups`, `to-archive` and more."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from features.workbook import Sheet, workbook_bytes
from law import codes
from law.files import sha256_of, write_atomically
from scoring.double_random.visits import Entry
from scoring.double_random.visits.board import (
    DONE,
    LATE,
    OPEN,
    OVERDUE,
    PUBLISHING,
    STATES,
    TO_PUBLISH,
    UNFULFILLED,
)
from service.campaigns import visits as operations
from service.campaigns.entering import enter_result
from service.campaigns.visit_sheets import (
    FOLLOW_UP_HEADERS,
    VISIT_HEADERS,
    follow_up_rows,
    publication_sheet,
    sheets_of,
    visit_rows,
)
from service.cli.data import print_reports
from service.cli.screen import console, parse_day, print_table
from service.clock import aware_now, office_day
from service.settings import get_settings

RoundOption = Annotated[str, typer.Option("--round", help="轮次编号，如 2026-11 / round")]
ByOption = Annotated[
    str, typer.Option("--by", help="检查人员编号，谁检查、谁录入、谁公开 / inspector")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="写成 Excel / write an Excel file", dir_okay=False)
]
UsccArgument = Annotated[str, typer.Argument(help="统一社会信用代码 / enterprise")]
ItemOption = Annotated[
    str, typer.Option("--item", help="抽查事项，只有一项时可省 / item, if several")
]
CountOption = Annotated[
    int | None, typer.Option(min=0, max=999, help="该严重程度的问题数 / findings of this severity")
]
_SHOWN = 40


def register(group: typer.Typer) -> None:
    """Add these commands to the group `campaign`."""
    group.command("visits")(visits_command)
    group.command("enter")(enter_command)
    group.command("publish-results")(publish_command)
    group.command("follow-ups")(follow_ups_command)
    group.command("follow-up-done")(follow_up_done_command)
    group.command("to-archive")(to_archive_command)


def visits_command(
    round_id: RoundOption,
    state: Annotated[
        str | None,
        typer.Option("--state", help="done、unfulfilled、open、overdue、to_publish 或 late"),
    ] = None,
    out: OutOption = None,
) -> None:
    """检查进度、逾期和待公示 / How far the visits are: done, open, overdue, to publish by."""
    allowed = (*STATES, TO_PUBLISH, LATE)
    if state is not None and state not in allowed:
        raise typer.BadParameter(f"--state 应为 / must be: {', '.join(allowed)}")
    visits = operations.open_visits(get_settings().campaigns_dir, round_id, today=_today())
    board = visits.board
    left = f"还有 {board.days_left} 天 days left（{board.working_days_left} 个工作日 working）"
    if board.days_left < 0:
        left = f"已过期 {-board.days_left} 天 days over"
    _say(f"轮次 round {round_id}：任务期至 until {board.task_to}，{left}")
    if board.provisional:
        _say("部分期限跨越未公布放假安排的年份 some deadlines reach beyond published holidays")
    counts = "，".join(
        f"{STATES[one]} {board.count(one)}" for one in (DONE, UNFULFILLED, OPEN, OVERDUE)
    )
    waiting = board.items["publishing"].value_counts()
    _say(f"检查 visits {len(board.visits)}：{counts}")
    _say(
        "公示 items："
        + "，".join(f"{PUBLISHING[one]} {waiting.get(one, 0)}" for one in PUBLISHING if one)
    )
    rows = visit_rows(visits, state=state)
    print_table(f"检查 visits {round_id}", VISIT_HEADERS, rows[:_SHOWN])
    if len(rows) > _SHOWN:
        _say(f"另有 and {len(rows) - _SHOWN} 户 more；用 --out 或 --state / use --out or --state")
    if out is not None:
        write_atomically(out, workbook_bytes(sheets_of(visits)))
        _say(f"已写出 written: {out}")


def enter_command(
    round_id: RoundOption,
    uscc: UsccArgument,
    by: ByOption,
    item: ItemOption = "",
    code: Annotated[
        str | None, typer.Option("--code", help="检查结果代码 / result code, e.g. 1, B, 6")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", help="完成日期，默认今天 / day of the check")
    ] = None,
    critical: CountOption = None,
    serious: CountOption = None,
    minor: CountOption = None,
    attach: Annotated[
        list[Path] | None,
        typer.Option("--attach", help="附件，只记文件名和 SHA-256，可重复 / its name and hash"),
    ] = None,
    unfulfilled: Annotated[
        bool, typer.Option("--unfulfilled", help="未能检查，须写 --note / the visit was not made")
    ] = False,
    note: Annotated[str, typer.Option("--note", help="未完成原因 / why it was not made")] = "",
    correct: Annotated[
        str, typer.Option("--correct", help="更正已录结果的理由 / why a result is corrected")
    ] = "",
) -> None:
    """录入或更正一项检查结果 / Enter a result, or correct one; nothing is overwritten."""
    day = parse_day(on) if on else None
    entry = Entry(
        enterprise_id=uscc,
        by=by,
        item=item,
        result_code=code,
        completed_on=day or (None if unfulfilled else _today()),
        is_unfulfilled=unfulfilled,
        reason=note,
        correction=correct,
        findings=(critical, serious, minor),
        attachments=tuple(f"{sha256_of(path)}  {path.name}" for path in attach or []),
    )
    act = enter_result(get_settings().campaigns_dir, round_id, entry, now=aware_now())
    done = "更正 corrected" if act.kind == "corrected" else "录入 entered"
    what = codes("inspection_results")[code].zh if code else f"未能检查 not made：{note}"
    _say(f"已{done}（第 {act.number} 项 no.）：{uscc} {act.rows[0].item} {what}")
    _tell_visit(round_id, uscc)


def _tell_visit(round_id: str, uscc: str) -> None:
    """What a visit still lacks, its conclusion, and by when to publish."""
    board = operations.open_visits(get_settings().campaigns_dir, round_id, today=_today()).board
    mine = board.items[board.items["enterprise_id"] == uscc]
    missing = mine.loc[mine["result_code"].isna() & ~mine["is_unfulfilled"], "item"].tolist()
    if missing:
        _say(f"还须检查 still to check: {'、'.join(missing)}")
    visit = board.visits[board.visits["enterprise_id"] == uscc].iloc[0]
    if visit["conclusion"]:
        _say(f"检查结论 conclusion: {codes('inspection_conclusions')[visit['conclusion']].zh}")
    if visit["publish_by"] is not None:
        _say(f"须于 {visit['publish_by']} 前公示 publish by {visit['publish_by']}")


def publish_command(
    round_id: RoundOption,
    by: ByOption,
    on: Annotated[
        str | None, typer.Option("--on", help="公示日期，默认今天 / day of publication")
    ] = None,
    uscc: Annotated[
        list[str] | None, typer.Option("--uscc", help="只限这些企业，可重复 / only these")
    ] = None,
    out: OutOption = None,
) -> None:
    """登记本部门结果已公示，并写出公示表 / Record that the department's results are public."""
    visits, keys = operations.record_publication(
        get_settings().campaigns_dir,
        round_id,
        by=by,
        published_on=parse_day(on) if on else _today(),
        now=aware_now(),
        enterprises=uscc or (),
    )
    if not keys:
        _say("没有待公示的结果 nothing waits to be published")
        return
    late = visits.board.items["publishing"].eq(LATE).sum()
    _say(f"已登记公示 published: {len(keys)} 项 items；此前逾期 late before this: {late}")
    if out is not None:
        write_atomically(out, workbook_bytes([publication_sheet(visits, keys)]))
        _say(f"公示表 for the publicity system: {out}")


def follow_ups_command(round_id: RoundOption, out: OutOption = None) -> None:
    """检查结果的后续处理 / What the results call for: orders, lists, cases, transfers."""
    visits = operations.open_visits(get_settings().campaigns_dir, round_id, today=_today())
    rows = follow_up_rows(visits)
    if not rows:
        _say("没有需要后续处理的结果 no result calls for anything further")
        return
    print_table(f"后续处理 follow-ups {round_id}", FOLLOW_UP_HEADERS, rows[:_SHOWN])
    _say(f"办结后 when done: xinheng campaign follow-up-done --round {round_id} …")
    _say(f"共 total {len(rows)}；对应关系待法制审核 the rules are unconfirmed")
    if out is not None:
        write_atomically(out, workbook_bytes([Sheet("后续处理", FOLLOW_UP_HEADERS, rows)]))
        _say(f"已写出 written: {out}")


def follow_up_done_command(
    round_id: RoundOption,
    uscc: UsccArgument,
    by: ByOption,
    note: Annotated[str, typer.Option("--note", help="办理情况，如文书号 / what was done")],
    item: ItemOption = "",
    action: Annotated[
        str, typer.Option("--action", help="order、list、case、publish、transfer、clue、handle")
    ] = "",
    on: Annotated[str | None, typer.Option("--on", help="办理日期，默认今天 / day")] = None,
) -> None:
    """后续处理已办结 / Tick off what a result called for: done on a day, by whom."""
    keys = operations.tick_follow_ups(
        get_settings().campaigns_dir,
        round_id,
        uscc,
        by=by,
        done_on=parse_day(on) if on else _today(),
        note=note,
        now=aware_now(),
        item=item,
        action=action,
    )
    for key in keys:
        _say(f"已办 done: {key.enterprise_id} {key.item} {key.result_code} {key.action}")


def to_archive_command(
    round_id: RoundOption,
    file_only: Annotated[
        bool, typer.Option("--file-only", help="只写文件，不导入 / write the file only")
    ] = False,
) -> None:
    """检查结果归集入信用档案 / Import the results as inspections, by the ordinary intake."""
    settings = get_settings()
    if file_only:
        path, rows = operations.write_returned(settings.campaigns_dir, round_id, today=_today())
        _say(f"{rows} 行 rows: {path}")
        return
    print_reports([operations.return_to_archive(settings, round_id, today=_today())])
    _say("下一步 next: xinheng archive build")


def _today() -> date:
    return office_day(aware_now().replace(tzinfo=None))


def _say(text: str) -> None:
    # Names come from outside: brackets in them are no markup, and paths are never broken.
    console.print(text, markup=False, highlight=False, soft_wrap=True)
