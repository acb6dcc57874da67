"""`xinheng measures`: plans, repeat offenders, guidance, industry levels, zones, four in one."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

import law
from features.folders import hold
from law.files import write_atomically
from scoring.measures import (
    LevelOverride,
    append_override,
    count_by_area,
    overrides_in_force,
    parse_zones,
    read_overrides,
    read_zones,
)
from scoring.measures import reports as told
from scoring.measures.zones import FILE
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.cli.desk import desk_with_bar
from service.cli.options import RunOption
from service.cli.screen import console, parse_day, print_table
from service.clock import office_day, utc_now
from service.measures import operations
from service.measures.computing import compute_measures
from service.settings import get_settings

measures_app = typer.Typer(help="分级监管措施 / measures by grade", no_args_is_help=True)
Year = Annotated[int | None, typer.Option(help="计划年度；不填为次年 / year")]
Out = Annotated[Path | None, typer.Option(help="写成 Excel / write an Excel file")]
Uscc = Annotated[str, typer.Argument(help="统一社会信用代码 / credit code")]
By = Annotated[str, typer.Option(help="经办人 / who decides")]
Reason = Annotated[str, typer.Option(help="理由 / why")]
_SHOWN = 40


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(measures_app, name="measures")


@measures_app.command("table")
def table_command(year: Year = None) -> None:
    """各领域、各等级的监管措施 / The dated table of sector and grade."""
    settings = get_settings()
    chosen = year or office_day(utc_now()).year
    rules = operations.rules_of(settings, year=chosen, region=settings.region)
    rows = told.table_rows(rules)
    print_table(f"监管措施 · {chosen} · {settings.region}", told.TABLE_HEADERS, rows)
    console.print(f"每户年度检查上限 yearly cap: {rules.cap}")
    _print_unconfirmed(rules.reader.unconfirmed)


@measures_app.command("plan")
def plan_command(run: RunOption = None, year: Year = None, out: Out = None) -> None:
    """年度检查计划：谁、几次、依据、上限 / The year's supervision plan."""
    with desk_with_bar("检查计划 plan", run_id=run) as desk:
        plan = operations.make_plan(desk, year=year or desk.next_year)
    counts = plan.rows.group_by("grade").aggregate(
        [("grade", "count"), ("asked", "sum"), ("planned", "sum"), ("cut", "sum")]
    )
    rows = [
        [row[name] for name in ("grade", "grade_count", "asked_sum", "planned_sum", "cut_sum")]
        for row in counts.sort_by("grade").to_pylist()
    ]
    head = ["等级 grade", "企业 enterprises", "应检查 asked", "安排 planned", "上限减少 cut"]
    print_table(f"{plan.year} 年检查计划 · {plan.run.run_id}", head, rows)
    left_out = f"非在营未列入 {plan.not_in_business} / not in business, left out"
    console.print(f"每户年度上限 {plan.rules.cap} 次 / yearly cap；{left_out}")
    if not plan.run.has_statutory:
        console.print(f"{told.NO_STATUTORY} / no statutory grades in this run", style="yellow")
    _print_unconfirmed(plan.rules.reader.unconfirmed)
    if out is not None:
        _write(out, told.plan_workbook(plan))


@measures_app.command("compute")
def compute_command(run: RunOption = None, year: Year = None) -> None:
    """计算并保存一个批次的全部措施 / Work out all measures of a run for the console."""
    settings = get_settings()
    with desk_with_bar("监管措施 measures", run_id=run) as desk:
        kept = compute_measures(desk, year=year or desk.next_year, at=utc_now())
    told_of = kept.manifest
    counts = {
        name: sum(row[name] for row in told_of["counts"])
        for name in ("enterprises", "visited", "planned", "cut", "tasks")
    }
    rows = [
        ("在营企业 enterprises", counts["enterprises"]),
        ("列入检查计划 with a planned visit", counts["visited"]),
        ("安排检查次数 visits planned", counts["planned"]),
        ("因年度上限减少 cut by the yearly cap", counts["cut"]),
        ("行政指导建议 guidance proposed", counts["tasks"]),
        ("屡罚不改 repeat offenders", told_of["offenders"]),
    ]
    print_table(f"{told_of['year']} 年监管措施 · {told_of['run_id']}", ["项目 item", "数量"], rows)
    console.print(f"已保存 / kept: {kept.folder}", markup=False)
    console.print("在控制台查看 / on the console: /measures")
    _print_unconfirmed(tuple(told_of["unconfirmed"]))
    if not settings.key_supervision_dir.exists():
        console.print("提出重点监管对象 / next: xinheng key-supervision propose")


@measures_app.command("repeat-offenders")
def offenders_command(
    as_of: Annotated[str, typer.Option(help="截至日期；不填为在用批次的 / as-of day")] = "",
    out: Out = None,
) -> None:
    """一年内同领域多次受罚的企业 / Who was punished again and again within a year."""
    settings = get_settings()
    day = parse_day(as_of) if as_of else operations.chosen_run(settings).as_of
    found = operations.offenders(settings, as_of=day)
    rows = told.offender_rows(found)
    head = [*told.OFFENDER_COLUMNS.values(), "法律后果", "依据"]
    more = f"，列出前 {_SHOWN}" if len(rows) > _SHOWN else ""
    print_table(f"屡罚不改 · {day} · {len(rows)} 项{more}", head, rows[:_SHOWN])
    console.print("本名单供人工研判，不作决定 / a person decides; this list does not")
    if out is not None:
        _write(out, told.offenders_workbook(found))


@measures_app.command("guidance")
def guidance_command(run: RunOption = None, out: Out = None) -> None:
    """建议的行政指导任务 / Guidance tasks proposed by grade and event."""
    with desk_with_bar("行政指导 guidance", run_id=run) as desk:
        tasks = operations.guidance(desk)
    counts = tasks.group_by(["guidance", "cause"]).aggregate([("cause", "count")])
    kinds = told.code_names("guidance_kinds")
    rows = [
        (kinds[row["guidance"]], row["cause"], row["cause_count"])
        for row in counts.sort_by([("cause_count", "descending")]).to_pylist()
    ]
    head = ["方式 kind", "原因 cause", "任务 tasks"]
    print_table(f"行政指导建议 · {desk.run.run_id} · {tasks.num_rows} 项", head, rows)
    if out is not None:
        _write(out, told.tasks_workbook(tasks))


@measures_app.command("overview")
def overview_command(run: RunOption = None, out: Out = None) -> None:
    """四位一体：等级、行业等级、警示、重点区域 / Four in one, counted by area."""
    with desk_with_bar("四位一体 overview", run_id=run) as desk:
        view = operations.overview(desk)
    by_area = count_by_area(view)
    print_table(
        f"四位一体 · {desk.run.run_id}", told.area_headers(by_area), told.area_rows(by_area)
    )
    if out is not None:
        _write(out, told.overview_workbook(desk.run, view, by_area))


@measures_app.command("show")
def show_command(uscc: Uscc, run: RunOption = None, year: Year = None) -> None:
    """一家企业的监管措施及依据 / One enterprise: the plan, every rule that asks, guidance."""
    with desk_with_bar("查询 show", run_id=run, enterprise_id=uscc) as desk:
        plan = operations.make_plan(desk, year=year or desk.next_year)
        view, tasks = operations.overview(desk), operations.guidance(desk)
    _print_pairs("四位一体 four in one", told.OVERVIEW_COLUMNS, view, told.overview_words())
    if not plan.rows.num_rows:
        console.print("企业不在营，不列入计划 / not in business, not planned")
    _print_pairs(f"{plan.year} 年检查计划 plan", told.PLAN_COLUMNS, plan.rows, told.plan_words())
    for title, table, columns, words in (
        ("规则要求 rules that ask", plan.demands, told.DEMAND_COLUMNS, told.plan_words()),
        ("行政指导建议 guidance", tasks, told.TASK_COLUMNS, told.task_words()),
    ):
        shown = {name: zh for name, zh in columns.items() if name not in view.column_names[:3]}
        print_table(title, [*shown.values()], list(told.told(table, shown, words)))
    console.print(f"{STATEMENT_ZH}\n{STATEMENT_EN}", style="dim")


@measures_app.command("set-level")
def set_level_command(
    uscc: Uscc,
    level: Annotated[str, typer.Argument(help="甲、乙或丙 / level")],
    by: By = "",
    reason: Reason = "",
    expires: Annotated[str, typer.Option(help="到期日 / last day in force")] = "",
) -> None:
    """人工调整行业等级 / Change the industry level of one enterprise for a time."""
    last_day = parse_day(expires) if expires else None
    _decide("set", uscc, level, by=by, reason=reason, expires_on=last_day)


@measures_app.command("revoke-level")
def revoke_level_command(uscc: Uscc, by: By = "", reason: Reason = "") -> None:
    """撤销人工调整 / Revoke a change of the industry level."""
    _decide("revoke", uscc, "", by=by, reason=reason, expires_on=None)


@measures_app.command("levels")
def levels_command() -> None:
    """人工调整的登记簿 / Every change of an industry level, and whether it is in force."""
    decisions = read_overrides(get_settings().measures_dir)
    now = overrides_in_force(decisions, on=office_day(utc_now()))
    actions = {"set": "调整", "revoke": "撤销"}
    rows = [
        (
            one.decided_on,
            actions[one.action],
            one.enterprise_id,
            one.level,
            one.by,
            one.reason,
            one.expires_on,
            "有效" if one in now else "",
        )
        for one in decisions
    ]
    head = ["日期", "行为", "统一社会信用代码", "等级", "经办人", "理由", "到期日", "状态"]
    print_table("行业等级人工调整 level overrides", head, rows)


@measures_app.command("zones")
def zones_command(
    file: Annotated[
        Path | None, typer.Argument(help="重点区域 CSV；不填为查看 / zone file", exists=True)
    ] = None,
) -> None:
    """导入或查看重点区域 / Take over a file of key zones, or show the zones in use."""
    folder = get_settings().measures_dir
    if file is not None:
        content = file.read_bytes()
        parse_zones(content)
        with hold(folder):
            write_atomically(folder / FILE, content)
        _print_next()
    kinds = law.codes("key_zone_kinds")
    rows = [
        (zone.zone_id, zone.name, kinds[zone.kind].zh, zone.latitude, zone.longitude, zone.radius_m)
        for zone in read_zones(folder)
    ]
    print_table("重点区域 key zones", ["编号", "名称", "种类", "纬度", "经度", "半径米"], rows)


def _decide(
    action: Any, uscc: str, level: str, *, by: str, reason: str, expires_on: date | None
) -> None:
    settings = get_settings()
    operations.chosen_run(settings).only(uscc)
    today = office_day(utc_now())
    decision = LevelOverride(action, uscc, level, reason, by, today, expires_on)
    append_override(settings.measures_dir, decision, region=settings.region)
    console.print("已记录 / recorded")
    _print_next()


def _print_next() -> None:
    console.print("控制台在重新计算后显示 / the console shows it after: xinheng measures compute")


def _print_pairs(title: str, columns: dict[str, str], table: Any, words: told.Words) -> None:
    for row in told.told(table, columns, words):
        pairs = [pair for pair in zip(columns.values(), row, strict=True) if pair[1] is not None]
        print_table(title, ["项目", "内容"], [(name, str(value)) for name, value in pairs])


def _print_unconfirmed(names: tuple[str, ...]) -> None:
    if names:
        console.print(f"待法制审核 unconfirmed: {'、'.join(names)}", style="dim")


def _write(out: Path, content: bytes) -> None:
    write_atomically(out, content)
    console.print(f"已写出 / written: {out}", markup=False)
