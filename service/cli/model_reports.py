"""`xinheng model compare | drift | export`: reports and the card in other forms."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from law.files import write_atomically
from models.cards.report_tables import ReportPart, cell_text, report_page, report_workbook
from models.comparison.report import comparison_parts
from service.cli.screen import console, parse_day, print_table, progress_bar
from service.model_registry.comparing import compare_models
from service.model_registry.drifting import drift_between
from service.model_registry.exporting import FORMATS, export_card
from service.settings import get_settings

_SHOWN_ROWS = 12
OutOption = Annotated[
    Path | None, typer.Option("--out", help="写入 .html 或 .xlsx 文件 / write a file")
]


def compare_command(
    first: Annotated[str, typer.Argument(help="甲：版本或目录 / first model")],
    second: Annotated[str, typer.Argument(help="乙：版本或目录 / second model")],
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="观察日，默认两模型都未学过的最早一日 / as-of day"),
    ] = None,
    then: Annotated[
        str | None, typer.Option("--then", help="乙的观察日，比较两个月份 / the second one's day")
    ] = None,
    out: OutOption = None,
) -> None:
    """比较两个模型或两个月份 / Two models, or one model in two months, on the same enterprises."""
    _check_suffix(out)
    with progress_bar("比较 compare") as report:
        found = compare_models(
            get_settings(),
            first,
            second,
            as_of=None if as_of is None else parse_day(as_of),
            then=None if then is None else parse_day(then),
            progress=lambda done, of: report("indicators", done, of),
        )
    _show("模型比较 Comparison of models", comparison_parts(found), out)


def drift_command(
    before: Annotated[str, typer.Option("--from", help="前一批次 / earlier run")],
    now: Annotated[str, typer.Option("--to", help="后一批次 / later run")],
    out: OutOption = None,
) -> None:
    """漂移月报 / Monthly drift: PSI, migration of grades, found against foretold, alarms."""
    _check_suffix(out)
    _show("漂移月报 Drift report", drift_between(get_settings(), before, now), out)


def export_command(
    version: Annotated[
        str | None, typer.Argument(help="版本或目录，默认在用模型 / version or folder")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="、".join(FORMATS))] = "xlsx",
    out: Annotated[Path | None, typer.Option("--out", help="写入的文件 / file to write")] = None,
    dialect: Annotated[str, typer.Option("--dialect", help="duckdb 或 or spark")] = "duckdb",
    table: Annotated[
        str, typer.Option("--table", help="SQL 中指标表的名称 / table of indicators")
    ] = "indicators",
) -> None:
    """导出通用评分表 / The general card as Excel, page, JSON or one SQL query."""
    exported = export_card(get_settings(), version, form=form, dialect=dialect, table=table)
    path = out or Path(f"scorecard-{exported.version}.{form}")
    write_atomically(path, exported.content)
    console.print(f"已写入 written: {path}")


def _check_suffix(out: Path | None) -> None:
    if out is not None and out.suffix not in (".html", ".xlsx"):
        raise typer.BadParameter(
            f"“{out}” 须以 .html 或 .xlsx 结尾 / must end in .html or .xlsx", param_hint="--out"
        )


def _show(title: str, parts: Sequence[ReportPart], out: Path | None) -> None:
    for part in parts:
        shown = [[cell_text(cell) for cell in row] for row in part.rows[:_SHOWN_ROWS]]
        if part.headers:
            print_table(part.title, part.headers, shown)
        else:
            console.print(part.title)
        for note in part.notes:
            console.print(note)
        if len(part.rows) > _SHOWN_ROWS:
            console.print(
                f"（共 {len(part.rows)} 行，全部见 --out 文件 rows, all of them with --out）"
            )
    if out is not None:
        content = report_workbook(parts) if out.suffix == ".xlsx" else report_page(title, parts)
        write_atomically(out, content if isinstance(content, bytes) else content.encode())
        console.print(f"已写入 written: {out}")
