"""`xinheng regrade`: grade one enterprise, or those that changed, again after an event."""

from typing import Annotated

import typer

from features.indicators.formulas import KEY_WORDS
from features.messages import Message
from service.cli.screen import console, parse_day, print_table
from service.clock import office_day, utc_now
from service.settings import get_settings

# What a person reads who asks for one; thousands go to the delta only.
_MOST_SHOWN = 50
_KEYS = {
    **KEY_WORDS,
    "category": Message("同许可类别", "licence category"),
    "maintenance_firm": Message("同一维保单位", "maintenance firm"),
    "manufacturer": Message("同一制造单位", "manufacturer"),
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
    if done.waiting_imports:
        console.print(
            f"注意：有 {done.waiting_imports} 次导入尚未归档，以上等级未包含其记录；请先运行"
            " xinheng archive build\n"
            f"Note: {done.waiting_imports} imports are not in the archive yet, these grades know"
            " nothing of them; first run xinheng archive build"
        )
    if done.also_affected:
        words = [_KEYS[key] for key in done.also_affected]
        zh = "、".join(dict.fromkeys(word.zh for word in words))
        en = ", ".join(dict.fromkeys(word.en for word in words))
        console.print(
            f"其他企业的等级可能经由以下关系略有变动，下次全量分级时更新：{zh}\n"
            f"Through these keys other grades may move a little until the next batch:"
            f" {en}"
        )
    if done.delta is not None:
        console.print(str(done.delta), markup=False, soft_wrap=True)
    steps = " · ".join(f"{step} {seconds:.2f} s" for step, seconds in done.seconds.items())
    console.print(f"用时 time: {steps}")
