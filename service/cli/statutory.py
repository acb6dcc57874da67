"""`xinheng statutory`: the statutory score sheet of an enterprise, and what is handed in for it."""

from pathlib import Path
from typing import Annotated

import typer

from law.files import write_atomically
from scoring.statutory.sheet import UNCONFIRMED, sheet_rows, sheet_workbook, summary_rows
from service.cli.screen import console, parse_day, print_table
from service.clock import office_day, utc_now
from service.settings import get_settings
from service.statutory import operations
from service.statutory.operations import StatutorySheet

statutory_app = typer.Typer(
    help="法定分级：食品静态动态评分、特种设备重点单位 / statutory scores", no_args_is_help=True
)
_HEADERS = ["部分 part", "项目 item", "取值", "得分", "满分", "情况 state", "依据记录 record"]
File = Annotated[Path, typer.Argument(help="CSV 或 Excel / file", exists=True, dir_okay=False)]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(statutory_app, name="statutory")


@statutory_app.command("show")
def show_command(
    uscc: Annotated[str, typer.Argument(help="统一社会信用代码 / credit code")],
    as_of: Annotated[str, typer.Option(help="截至日期 / as-of day")],
    out: Annotated[Path | None, typer.Option(help="写成 Excel / write an Excel file")] = None,
) -> None:
    """一户企业的法定评分表 / One enterprise's statutory score sheet, as a clerk would fill it."""
    sheet = operations.work_out(get_settings(), uscc, as_of=parse_day(as_of))
    if out is not None:
        write_atomically(out, sheet_workbook(_heading(sheet), sheet.result, sheet.rules))
        console.print(f"已写出 / written: {out}", markup=False)
        return
    facts = [*_heading(sheet), *summary_rows(sheet.result)]
    print_table(f"法定分级 {sheet.name} · {sheet.as_of}", ["项目 item", "内容 value"], facts)
    rows = [
        (
            row.section[0],
            row.zh if row.confirmed else f"{row.zh} *",
            row.value,
            row.points,
            row.most,
            " ".join(filter(None, (row.state_text, row.result_text))),
            f"{row.reference}（{row.event_on}）" if row.reference else "",
        )
        for row in sheet_rows(sheet.result, sheet.rules)
    ]
    print_table("评分表 score sheet", _HEADERS, rows)
    console.print(f"* {UNCONFIRMED}", markup=False)


@statutory_app.command("import-results")
def import_results_command(
    file: File,
    mapping: Annotated[
        Path | None, typer.Option(help="映射 YAML：columns、grades / mapping", exists=True)
    ] = None,
) -> None:
    """导入省级分级结果，并列展示，不改变本地结果 / Import a province's results, shown beside."""
    now = utc_now()
    count = operations.import_results(get_settings(), file, known_at=now, mapping=mapping)
    day = office_day(now)
    console.print(
        f"已导入省级结果 {count} 行；观察日不早于 {day} 的分级和评分表并列展示 / "
        f"rows imported; shown beside as of {day} or later, not on days before they were known"
    )


@statutory_app.command("import-facts")
def import_facts_command(file: File) -> None:
    """导入食品静态评分表的填报内容 / Import what was filled into static score sheets of food."""
    now = utc_now()
    count = operations.import_facts(get_settings(), file, known_at=now, on=office_day(now))
    console.print(
        f"已导入静态评分内容 {count} 行，下次评分生效 / rows imported; scored from now on"
    )


def _heading(sheet: StatutorySheet) -> list[tuple[str, str]]:
    return [
        ("统一社会信用代码 credit code", sheet.enterprise_id),
        ("名称 name", sheet.name),
        ("截至 as of", sheet.as_of.isoformat()),
        ("通用等级 general grade", sheet.general_grade or "— 该日没有已发布的分级批次 no run"),
    ]
