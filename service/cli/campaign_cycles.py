"""`xinheng campaign cycles`: a year of patrols by level, frozen first and drawn then."""

from pathlib import Path
from typing import Annotated

import typer

from law.files import write_atomically
from scoring.double_random import ReadOut
from scoring.double_random.cycles.cycle_workbook import NO_INSPECTION_EN, NO_INSPECTION_ZH
from scoring.double_random.randomness import read_instant
from service.campaigns import cycles as operations
from service.cli.options import RunOption
from service.cli.screen import console, print_table
from service.clock import aware_now
from service.grades.in_use import run_in_use
from service.settings import get_settings


def register(group: typer.Typer) -> None:
    """Add these commands to the group `campaign`."""
    group.command("cycles")(cycles_command)


def cycles_command(
    year: Annotated[int, typer.Option("--year", help="年度 / year", min=2000, max=2999)],
    randomness_name: Annotated[
        str, typer.Option("--randomness-name", help="公开随机数的名称 / name of the randomness")
    ],
    randomness: Annotated[
        str | None, typer.Option("--randomness", help="公开随机数；不填则先冻结名单 / randomness")
    ] = None,
    randomness_date: Annotated[
        str | None, typer.Option("--randomness-date", help="随机数产生的时间 / its instant")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Excel 文件 / Excel file", dir_okay=False)
    ] = None,
    run: RunOption = None,
    levels: Annotated[
        Path | None, typer.Option("--levels", help="巡查等级 CSV：uscc,level / levels by hand")
    ] = None,
    visited: Annotated[
        Path | None,
        typer.Option("--visited", help="本年已检查 CSV：uscc,visited_on / inspected this year"),
    ] = None,
) -> None:
    """甲乙丙巡查周期：先冻结名单，再由公开随机数排月份 / Patrol cycles: freeze, then draw."""
    _say(f"{NO_INSPECTION_ZH}\n{NO_INSPECTION_EN}")
    settings = get_settings()
    if randomness is None:
        commitment = operations.freeze_cycles(
            settings,
            year,
            randomness_name=randomness_name,
            now=aware_now(),
            run_id=run or run_in_use(settings),
            levels=levels,
            visited=visited,
        )
        _say(f"已冻结 frozen: {commitment.frame_rows} 户 enterprises")
        _say(f"请公布 publish: 名单 frame SHA-256 {commitment.frame_sha256}")
        _say(f"随机数 randomness to come: {commitment.randomness_name}")
        return
    if randomness_date is None:
        raise typer.BadParameter("请写明 --randomness-date / say --randomness-date")
    read_out = ReadOut(randomness, randomness_name, read_instant(randomness_date))
    drawn = operations.draw_year(settings, year, read_out, now=aware_now())
    rows, cycles = drawn.cycles.rows, drawn.cycles
    summary = [
        (level, len(group), drawn.commitment.interval_months[str(level)],
         int(group["times"].sum()), int((group["times"] == 0).sum()))
        for level, group in rows.groupby("level")
    ]  # fmt: skip
    headers = ["等级 level", "户数", "周期（月）months", "巡查 patrols", "上限已满 capped out"]
    print_table(f"巡查周期 patrol cycles {year}", headers, summary)
    _say(f"年度上限 yearly cap {drawn.commitment.yearly_cap}（待法制审核 unconfirmed），上限优先")
    _say(f"同一辖区各月最大差 greatest difference between months of an area: {cycles.spread()}")
    _say(f"种子 seed: {drawn.draw.seed}")
    if out is not None:
        write_atomically(out, drawn.to_workbook())
        _say(f"已写出 written: {out}")


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
