"""`xinheng regrade`: grade one enterprise, or those that changed, again after an event."""

from typing import Annotated

import typer

from service.cli.screen import console, parse_day, print_table
from service.clock import office_day, utc_now
from service.settings import get_settings

# What a person reads who asks for one; thousands go to the delta only.
_MOST_SHOWN = 50
_KEYS = {
    "legal_representative": "同一法定代表人",
    "main_shareholder": "同一主要股东",
    "address": "同一地址",
    "map_cell": "同一地块",
    "map_block": "邻近地块",
    "industry": "同行业",
    "industry_division": "同行业大类",
    "area": "同辖区",
    "category": "同许可类别",
    "maintenance_firm": "同一维保单位",
}


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("regrade")(regrade_command)


def regrade_command(
    enterprise_id: Annotated[str, typer.Argument(help="统一社会信用代码 / enterprise id")] = "",
    changed: Annotated[
        bool, typer.Option("--changed", help="档案有变化的全部企业 / all whose records changed")
    ] = False,
    as_of: Annotated[str, typer.Option("--as-of", help="截至日期，默认今天 / default today")] = "",
    reason: Annotated[str, typer.Option(help="事由 / why")] = "档案更新 archive updated",
    by: Annotated[str, typer.Option(help="操作人 / who")] = "cli",
) -> None:
    """事件后立即重新分级，并更新在用结果 / Grade again after an event; the rows in use follow."""
    from service.pipeline.errors import FutureDayError
    from service.pipeline.operations import champion, open_database
    from service.regrading.errors import NothingToGradeError
    from service.regrading.operations import Event, regrade
    from service.regrading.warm import WarmGrader

    if bool(enterprise_id) == changed:
        raise NothingToGradeError
    settings, now = get_settings(), utc_now()
    today = office_day(now)
    day = parse_day(as_of) if as_of else today
    if day > today:
        raise FutureDayError(day, today=today)
    with open_database(settings) as database, WarmGrader(settings, champion(settings)) as warm:
        done = regrade(
            settings,
            database,
            warm,
            event=Event(day, reason, by, now),
            enterprise_ids=None if changed else [enterprise_id],
        )
    rows = [
        (
            row["enterprise_id"],
            row["name"],
            done.before[row["enterprise_id"]]["grade"]
            if row["enterprise_id"] in done.before
            else "—",
            row["grade"],
            f"{row['probability']:.4f}",
        )
        for row in done.grades.slice(0, _MOST_SHOWN).to_pylist()
    ]
    headers = ["代码 id", "名称 name", "原等级 before", "现等级 now", "概率 probability"]
    print_table(f"重新分级 graded again（{day}）", headers, rows)
    console.print(
        f"企业 enterprises {done.grades.num_rows} · 等级变动 moved {done.moved}"
        f" · 退出 left {len(done.left)}"
    )
    if done.also_affected:
        named = "、".join(_KEYS.get(key, key) for key in done.also_affected)
        console.print(
            f"其他企业的等级可能经由以下关系略有变动，下次全量分级时更新：{named}\n"
            f"Through these keys other grades may move a little until the next batch:"
            f" {', '.join(done.also_affected)}"
        )
    if done.delta is not None:
        console.print(str(done.delta), markup=False, soft_wrap=True)
    steps = " · ".join(f"{step} {seconds:.2f} s" for step, seconds in done.seconds.items())
    console.print(f"用时 time: {steps}")
