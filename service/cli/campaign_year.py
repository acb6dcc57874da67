"""`xinheng campaign approve | year | capped`: approval, the plan of a year, the yearly cap."""

from pathlib import Path
from typing import Annotated

import typer

from law.files import write_atomically
from scoring.double_random.tables import canonical_table
from scoring.double_random.year_plan import year_workbook
from service.campaigns.approval import approve_round
from service.campaigns.year import open_year
from service.campaigns.yearly_cap import capped_out
from service.cli.options import RunOption
from service.cli.screen import console, print_table
from service.clock import aware_now
from service.grades.in_use import run_in_use
from service.settings import get_settings


def register(group: typer.Typer) -> None:
    """Add these commands to the group `campaign`."""
    group.command("approve")(approve_command)
    group.command("year")(year_command)
    group.command("capped")(capped_command)


def approve_command(
    round_id: Annotated[str, typer.Option("--round", help="轮次编号 / round")],
    planned_by: Annotated[str, typer.Option("--planned-by", help="拟定人 / who planned")],
    by: Annotated[str, typer.Option("--by", help="批准人，不得为拟定人 / who approves")],
    note: Annotated[str, typer.Option("--note", help="批准意见 / remark")] = "",
    ground: Annotated[
        str, typer.Option("--ground", help="偏离比例要求的依据 / why the plan may depart")
    ] = "",
) -> None:
    """由第二人批准方案，冻结前必经 / Approve a plan by a second person, before the freeze."""
    approval = approve_round(
        get_settings().campaigns_dir,
        round_id,
        planned_by=planned_by,
        approved_by=by,
        note=note,
        now=aware_now(),
        ground=ground,
    )
    for departure in approval.departures:
        _say(f"偏离 departure: {departure}；依据 ground: {approval.ground}")
    _say(f"已批准 approved: {approval.planned_by} → {approval.approved_by}")
    _say(f"方案哈希 plan hash: {approval.plan_hash}")
    _say(f"下一步 next: xinheng campaign freeze --round {round_id}")


def year_command(
    year: Annotated[int, typer.Option("--year", help="年度 / year", min=2000, max=2999)],
    out: Annotated[
        Path | None, typer.Option("--out", help="Excel 文件 / Excel file", dir_okay=False)
    ] = None,
) -> None:
    """年度抽查计划：各轮次、最低比例、联合占比 / The year's rounds and the least shares."""
    plan = open_year(get_settings(), year)
    rows = [
        (
            row["round"],
            row["state"],
            row["items"],
            f"{row['task_from']} – {row['task_to']}",
            row["visits"],
            f"{plan.uniform_per_mille[row['round']]}‰",
            row["approved_by"] or "未批准 not approved",
        )
        for row in plan.rounds.to_dict("records")
    ]
    headers = ["轮次", "状态 state", "事项 items", "任务期", "户次 visits", "均匀 uniform", "批准"]
    print_table(f"年度抽查计划 plan of {year}", headers, rows)
    if not rows:
        _say(f"{year} 年没有抽查轮次；请用 xinheng campaign plan / no rounds yet")
        return
    state = "已达到 reached" if plan.reaches_minimum else "未达到 not reached"
    _say(
        f"全年 {plan.visits} 户次 visits；公示信息抽查最低 {plan.minimum_per_mille}‰，"
        f"即 {plan.least_visits} 户：{state}"
    )
    _say(f"部门联合抽查占轮次 joint rounds: {plan.joint_per_mille}‰")
    if out is not None:
        write_atomically(out, year_workbook(plan))
        _say(f"已写出 written: {out}（含按等级数，内部 internal）")


def capped_command(
    year: Annotated[int, typer.Option("--year", help="年度 / year", min=2000, max=2999)],
    out: Annotated[Path, typer.Option("--out", help="排除名单 CSV / exclusions", dir_okay=False)],
    visited: Annotated[
        Path | None,
        typer.Option("--visited", help="本年已检查 CSV：uscc,visited_on / inspected this year"),
    ] = None,
    run: RunOption = None,
) -> None:
    """年度检查次数已满的企业，写成排除名单 / Whose yearly cap is reached, as exclusions."""
    settings = get_settings()
    found = capped_out(settings, year=year, visited=visited, run_id=run or run_in_use(settings))
    write_atomically(out, canonical_table(found))
    _say(f"{len(found)} 户已达年度上限（待法制审核 unconfirmed）：{out}")
    _say(f"下一步 next: xinheng campaign plan --exclusions {out} …")


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
