"""`xinheng simulate | import | indicators | law`: files in, catalogues."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

import law
from features.indicators import catalogue, document, workbook
from features.intake import ImportReport, undo_import
from features.simulation import simulate
from law.files import write_atomically
from service.cli.preview import preview_items
from service.cli.screen import console, parse_day, print_table, progress_bar
from service.clock import office_day, utc_now
from service.pipeline import filing
from service.settings import get_settings

law_app = typer.Typer(help="法规参数 / parameters of law", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("simulate")(simulate_command)
    app.command("import")(import_command)
    app.command("undo-import")(undo_command)
    app.command("indicators")(indicators_command)
    app.add_typer(law_app, name="law")


def simulate_command(
    out: Annotated[Path, typer.Option(help="文件夹 / folder for the departments' files")],
    enterprises: Annotated[int, typer.Option(min=50, help="企业数 / enterprises")] = 20_000,
    seed: Annotated[int, typer.Option(help="随机种子 / seed")] = 20261031,
    last_day: Annotated[str, typer.Option(help="数据截止日 / last day of the data")] = "2026-10-31",
) -> None:
    """模拟一座城市各部门报送的文件 / Simulate the files that a city's departments would send."""
    with progress_bar("模拟城市 simulated city") as report:
        summary = simulate(
            out,
            enterprises=enterprises,
            seed=seed,
            last_day=parse_day(last_day),
            progress=lambda done, of: report("simulate", done, of),
        )
    rows = [(name, count) for name, count in summary.rows.items()]
    rows += [
        (f"{name}（无统一代码 no codes）", count)
        for name, count in summary.unidentified_rows.items()
    ]
    print_table(f"模拟数据 SIMULATED: {out}", ["文件 file", "行数 rows"], rows)


def import_command(
    paths: Annotated[
        list[Path], typer.Argument(help="文件或文件夹 / files or folders", exists=True)
    ],
    source: Annotated[str | None, typer.Option(help="来源（映射名）/ name of the mapping")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只检查，不导入 / judge only, import nothing")
    ] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(help="试检时退回文件的文件夹 / folder of a dry run's reject files"),
    ] = None,
) -> None:
    """导入部门报送的文件 / Import departments' files; bad rows go to a reject file."""
    if rejects is not None and not dry_run:
        raise typer.BadParameter(
            "--rejects 只与 --dry-run 同用；导入时退回文件在导入结果中列出"
            " / --rejects goes with --dry-run; an import names its reject files itself"
        )
    settings = get_settings()
    items = filing.files_to_import(paths, source=source)
    if dry_run:
        preview_items(items, settings, rejects_dir=rejects)
        return
    with progress_bar("导入 import") as report:
        reports = [filing.import_one(item, settings, progress=report) for item in items]
    print_reports(reports)
    if any(not report.already_imported for report in reports):
        console.print("下一步 / next: xinheng archive build")


def print_reports(reports: list[ImportReport]) -> None:
    """What each import accepted and rejected, and where the reject files lie."""
    rows = [
        (
            report.file_name,
            report.rows,
            sum(report.accepted.values()),
            report.rejected_rows,
            len(report.warnings),
            "已导入过 before" if report.already_imported else "已导入 done",
        )
        for report in reports
    ]
    headers = ["文件 file", "行 rows", "记录 records", "退回 rejected", "提醒 notes", "状态 state"]
    print_table("导入结果 imports", headers, rows)
    for report in (one for one in reports if not one.already_imported):
        # No markup: a column's name in brackets is no style.
        for note in report.warnings:
            told = f"提醒 note · {report.file_name}: {note.zh}\n  {note.en}"
            console.print(told, style="dim", markup=False)
        if report.reject_file is not None:
            told = f"退回文件 rejected rows · {report.file_name}:\n  {report.reject_file}"
            console.print(told, markup=False)


def undo_command(import_id: Annotated[str, typer.Argument(help="批次 / import id")]) -> None:
    """撤销一次导入 / Undo one import; then build the archive again."""
    undo_import(import_id, records_dir=get_settings().records_dir)
    console.print(f"已撤销 {import_id}，请重新归档 / undone; next: xinheng archive build")


def indicators_command(
    out: Annotated[
        Path | None, typer.Option(help="写入 .md 或 .xlsx 文件 / write a .md or .xlsx file")
    ] = None,
) -> None:
    """列出指标目录，或写成文件 / List the indicator catalogue, or write it to a file."""
    if out is not None:
        _write_indicators(out)
        console.print(f"已写入 written: {out} · {len(catalogue())} 项指标 indicators")
        return
    signs = {1: "↑", -1: "↓", 0: "–"}
    rows = [(i.name, i.zh, i.dimension, i.unit, signs[i.sign], i.basis) for i in catalogue()]
    print_table(
        "指标目录 indicators",
        ["名称 name", "指标", "维度 dimension", "单位 unit", "风险", "依据 basis"],
        rows,
    )


def _write_indicators(path: Path) -> None:
    content = {".md": lambda: document().encode(), ".xlsx": workbook}
    if path.suffix.lower() not in content:
        raise typer.BadParameter(
            f"{path.name}：文件名须以 .md 或 .xlsx 结尾 / the name must end in .md or .xlsx"
        )
    write_atomically(path, content[path.suffix.lower()]())


@law_app.command("list")
def law_list() -> None:
    """列出全部参数 / List every parameter."""
    print_table(
        "法规参数 parameters",
        ["名称 name", "说明"],
        [(n, law.parameter(n).zh) for n in law.names()],
    )


@law_app.command("show")
def law_show(
    name: Annotated[str, typer.Argument(help="参数名 / parameter")],
    on: Annotated[str, typer.Option(help="日期 / day")] = "",
    region: Annotated[str, typer.Option(help="地区 / region")] = "",
) -> None:
    """某日某地的取值与依据 / The value on a day in a region, with its reference and status."""
    day: date = parse_day(on) if on else office_day(utc_now())
    found = law.lookup(name, on=day, region=region or get_settings().region)
    status = "已确认 confirmed" if found.status == "confirmed" else "待法制审核 unconfirmed"
    print_table(
        f"{name} · {day}",
        ["取值 value", "生效 since", "地区 region", "依据 reference", "状态 status"],
        [(found.value, str(found.since), found.region, str(found.reference), status)],
    )
