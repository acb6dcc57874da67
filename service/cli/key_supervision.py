"""`xinheng key-supervision`: propose, confirm, notify, review and list objects."""

from pathlib import Path
from typing import Annotated

import typer

from law.files import write_atomically
from scoring.errors import KeySupervisionError
from scoring.key_supervision import (
    KeyObject,
    due_for_review,
    fold,
    key_supervision_workbook,
    last_edition,
    listed,
    read_acts,
)
from scoring.key_supervision.reports import LIST_HEADERS, LOG_HEADERS, list_row, log_row
from service.cli.desk import desk_with_bar
from service.cli.options import RunOption
from service.cli.screen import console, parse_day, print_table
from service.clock import office_day, utc_now
from service.measures import key_supervision as acting
from service.measures import operations
from service.measures.computing import SCREENING
from service.settings import get_settings

key_supervision_app = typer.Typer(
    help="重点监管对象清单 / the key-supervision list", no_args_is_help=True
)
Usccs = Annotated[list[str] | None, typer.Argument(help="统一社会信用代码 / credit codes")]
Uscc = Annotated[str, typer.Argument(help="统一社会信用代码 / credit code")]
By = Annotated[str, typer.Option(help="经办人 / who decides")]
Reason = Annotated[str, typer.Option(help="理由 / why")]
_SHOWN = 40


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(key_supervision_app, name="key-supervision")


@key_supervision_app.command("propose")
def propose_command(
    run: RunOption = None,
    by: By = SCREENING,
) -> None:
    """按等级和事项提出对象，待人工确认 / Propose objects; a person confirms them."""
    with desk_with_bar("筛选 propose", run_id=run) as desk:
        acts = operations.propose_key_supervision(desk, by=by)
    waiting = [one for one in _objects().values() if one.state == "proposed"]
    console.print(f"新提出 {len(acts)} 户，待确认 {len(waiting)} 户 / proposed, waiting")
    _print_rows("待确认 waiting", [list_row(one) for one in waiting])


@key_supervision_app.command("confirm")
def confirm_command(
    usccs: Usccs = None,
    by: By = "",
    reason: Reason = "",
    office: Annotated[str, typer.Option(help="监管主体 / who supervises")] = "",
    measures: Annotated[str, typer.Option(help="监管措施；不填为每年检查次数 / how")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="全部待确认 / all waiting")] = False,
) -> None:
    """确认列入，生成新一版清单 / Put objects on the list: the next edition."""
    written = acting.confirm(
        get_settings(),
        _chosen(usccs, everybody=everybody),
        by=by,
        reason=reason,
        office=office,
        measures=measures,
        at=utc_now(),
    )
    console.print(f"已列入 {len(written)} 户，第 {written[0].edition} 版 / listed, edition")


@key_supervision_app.command("reject")
def reject_command(usccs: Usccs = None, by: By = "", reason: Reason = "") -> None:
    """不予列入 / Turn a proposal down."""
    acts = acting.reject(get_settings(), usccs or [], by=by, reason=reason, at=utc_now())
    console.print(f"不予列入 {len(acts)} 户 / rejected")


@key_supervision_app.command("notify")
def notify_command(uscc: Uscc, by: By = "") -> None:
    """制作告知书 / Make the notice; it tells no grade."""
    settings = get_settings()
    (made,) = acting.notify(settings, [uscc], by=by, at=utc_now())
    path = acting.notice_file(settings, made.notice_no)
    console.print(f"告知书 {made.notice_no} / notice: {path}", markup=False)


@key_supervision_app.command("served")
def served_command(
    notice_no: Annotated[str, typer.Argument(help="告知书文号 / number of the notice")],
    by: By = "",
    method: Annotated[str, typer.Option(help="送达方式 / how it was served")] = "",
    receiver: Annotated[str, typer.Option(help="受送达人 / who received it")] = "",
    on: Annotated[str, typer.Option(help="送达日期；不填为今天 / day")] = "",
) -> None:
    """登记送达 / Record the service of a notice."""
    acting.record_service(
        get_settings(),
        notice_no,
        by=by,
        method=method,
        receiver=receiver,
        on=parse_day(on) if on else None,
        at=utc_now(),
    )
    console.print("已登记送达 / service recorded")


@key_supervision_app.command("review")
def review_command(
    usccs: Usccs = None,
    by: By = "",
    reason: Reason = "",
    keep: Annotated[bool, typer.Option("--keep", help="保留 / stays on the list")] = False,
    leave: Annotated[bool, typer.Option("--leave", help="移出 / leaves the list")] = False,
    due: Annotated[str, typer.Option(help="查看该日前到期的 / due by this day")] = "",
) -> None:
    """复核：不带代码为查看到期对象 / What is due for review; with codes, keep or leave."""
    settings = get_settings()
    if not usccs:
        day = parse_day(due) if due else office_day(utc_now())
        rows = [list_row(one) for one in due_for_review(_objects(), by=day).values()]
        _print_rows(f"截至 {day} 应复核 due for review", rows)
        return
    if keep == leave:
        raise KeySupervisionError(
            "请写明 --keep（保留）或 --leave（移出），二者择一",
            "say --keep or --leave, one of them",
        )
    written = acting.review(settings, usccs, stays=keep, by=by, reason=reason, at=utc_now())
    last = written[0]
    told = (
        f"保留，下次复核 {last.review_on} / kept" if keep else f"移出，第 {last.edition} 版 / left"
    )
    console.print(f"{len(written)} 户{told}")


@key_supervision_app.command("list")
def list_command(
    edition: Annotated[int | None, typer.Option(help="版次；不填为最新 / edition")] = None,
    log: Annotated[bool, typer.Option("--log", help="办理记录 / every act")] = False,
    out: Annotated[Path | None, typer.Option(help="写成 Excel / write an Excel file")] = None,
) -> None:
    """清单、待确认和办理记录 / The list of an edition, what waits, and the log."""
    acts = read_acts(get_settings().key_supervision_dir)
    newest = last_edition(acts)
    if edition is not None and not 1 <= edition <= newest:
        raise KeySupervisionError(
            f"没有第 {edition} 版，现有 {newest} 版",
            f"there is no edition {edition}; there are {newest}",
        )
    objects = fold(acts, edition=edition)
    number = edition or newest
    _print_rows(
        f"重点监管对象清单 第 {number} 版", [list_row(one) for one in listed(objects).values()]
    )
    waiting = sum(one.state == "proposed" for one in objects.values())
    console.print(f"待确认 {waiting} 户 / waiting for confirmation")
    if log:
        print_table("办理记录 log", LOG_HEADERS, [log_row(act) for act in acts])
    if out is not None:
        write_atomically(out, key_supervision_workbook(objects, acts, edition=number))
        console.print(f"已写出 / written: {out}", markup=False)


def _chosen(usccs: list[str] | None, *, everybody: bool) -> list[str]:
    waiting = [name for name, one in _objects().items() if one.state == "proposed"]
    return waiting if everybody else usccs or []


def _objects() -> dict[str, KeyObject]:
    return acting.objects_of(get_settings())


def _print_rows(title: str, rows: list[list[object]]) -> None:
    more = f"，列出前 {_SHOWN}" if len(rows) > _SHOWN else ""
    print_table(f"{title} · {len(rows)} 户{more}", LIST_HEADERS, rows[:_SHOWN])
