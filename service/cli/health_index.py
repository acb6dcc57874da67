"""`xinheng health-index`: the composite index of areas and industries; never a grade."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from law.files import write_atomically
from scoring.health_index import (
    STATEMENT_EN,
    STATEMENT_ZH,
    headers,
    health_page,
    health_workbook,
    rows,
    trend_headers,
    trend_rows,
)
from service.cli.desk import desk_with_bar
from service.cli.options import RunOption
from service.cli.screen import console, print_table
from service.measures import operations

_PAGE = (".html", ".htm")


class Grouping(StrEnum):
    """What the index is told of."""

    area = "area"
    industry = "industry"


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("health-index")(health_index_command)


def health_index_command(
    by: Annotated[
        Grouping, typer.Option(help="按辖区或行业 / by area or industry")
    ] = Grouping.area,
    run: RunOption = None,
    out: Annotated[Path | None, typer.Option(help=".xlsx 或 .html / file to write")] = None,
) -> None:
    """企业综合健康指数（不是等级）/ Composite health index, 0 to 100; not a grade."""
    if out is not None and out.suffix.lower() not in (".xlsx", *_PAGE):
        raise typer.BadParameter(
            f"“{out.name}”应以 .xlsx 或 .html 结尾 / must end in .xlsx or .html"
        )
    with desk_with_bar("综合健康指数 health index", run_id=run) as desk:
        report = operations.health_report(desk, by=by.value)
    console.print(f"{STATEMENT_ZH}\n{STATEMENT_EN}", style="yellow")
    if not report.groups:
        least = report.definition.small_cell
        console.print(f"企业不足 {least} 户，不显示 / fewer than {least} enterprises: not told")
        return
    print_table(f"综合健康指数 · {report.run_id}", headers(report), rows(report))
    print_table("趋势 trend", trend_headers(report), trend_rows(report))
    console.print(f"依据 basis: {report.definition.ground}", style="dim")
    if out is not None:
        is_page = out.suffix.lower() in _PAGE
        write_atomically(out, health_page(report) if is_page else health_workbook(report))
        console.print(f"已写出 / written: {out}", markup=False)
