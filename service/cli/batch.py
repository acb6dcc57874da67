"""`xinheng score`: the monthly batch, from the archive to everybody's grade."""

import time
from enum import StrEnum
from typing import Annotated

import typer

from service.cli.following import WithMeasures, follow_with_bar
from service.cli.screen import console, parse_day, progress_bar
from service.pipeline.engines import DUCKDB, SPARK
from service.settings import get_settings


class _Explained(StrEnum):
    CD = "cd"
    ALL = "all"


class _Excel(StrEnum):
    AUTO = "auto"
    ALL = "all"
    CD = "cd"
    NONE = "none"


class _Engine(StrEnum):
    DUCKDB = DUCKDB
    SPARK = SPARK


_GRADES = {"cd": frozenset("CD"), "all": frozenset("ABCD"), "none": frozenset[str]()}


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("score")(score_command)


def score_command(
    as_of: Annotated[str, typer.Option("--as-of", help="截至日期 / as-of day")],
    reasons: Annotated[
        _Explained, typer.Option(help="对哪些等级说明原因 / whose reasons are told")
    ] = _Explained.CD,
    excel: Annotated[
        _Excel, typer.Option(help="哪些等级写入分辖区 Excel / grades in the Excel files by area")
    ] = _Excel.AUTO,
    excel_area: Annotated[
        list[str] | None,
        typer.Option("--excel-area", help="只写这些辖区 / areas with an Excel file; repeatable"),
    ] = None,
    engine: Annotated[
        _Engine, typer.Option(help="数据引擎 / where indicators are computed")
    ] = _Engine.DUCKDB,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="不接续已完成部分，全部重算 / grade everything again")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish/--no-publish", help="完成后启用 / put the run into use")
    ] = True,
    measures: WithMeasures = True,
) -> None:
    """为全部企业分级，中断后可接续 / Grade every enterprise; goes on after an interruption."""
    from scoring.outputs import ExcelChoice
    from service.cli.modelling import print_run
    from service.pipeline import operations

    areas = frozenset(excel_area) if excel_area else None
    options = operations.ScoreOptions(
        explained=_GRADES[reasons.value],
        excel=ExcelChoice(_GRADES.get(excel.value), areas),
        engine=engine.value,
        afresh=afresh,
        publish=publish,
    )
    began = time.monotonic()
    with progress_bar("分级 grade") as report:
        run = operations.score(
            get_settings(), as_of=parse_day(as_of), options=options, progress=report
        )
    print_run(run.manifest)
    seconds, graded = time.monotonic() - began, int(run.manifest["enterprises"])
    console.print(
        f"用时 {seconds:.1f} 秒，每户 {1e6 * seconds / max(graded, 1):.0f} 微秒 · {seconds:.1f} s,"
        f" {1e6 * seconds / max(graded, 1):.0f} µs an enterprise"
    )
    for name in sorted(run.manifest["files"]):
        console.print(str(run.folder / name), markup=False, soft_wrap=True)
    if publish and measures:
        follow_with_bar(run.run_id)
