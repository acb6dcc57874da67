"""`xinheng runs`: list, show, compare, publish and withdraw grading runs."""

from pathlib import Path
from typing import Annotated

import typer

from law.files import write_atomically
from models.rating.cutoffs import GRADES
from scoring.errors import refuse_unsigned
from scoring.grading.reports import (
    Report,
    alarm_text,
    describe_manifest,
    mover_text,
    report_html,
    report_workbook,
)
from scoring.workbook import BASIS_ZH, STATEMENT_EN, STATEMENT_ZH
from service.cli.following import WithMeasures, follow_with_bar
from service.cli.screen import print_table, say
from service.clock import utc_now
from service.console.rendering import instant
from service.errors import ExportFormatError, PublicationError, RunUnusableError
from service.grades import repository
from service.grades.comparing import compare_runs, compared_report
from service.grades.folders import find_run, read_run, run_names
from service.grades.operations import is_in_use, publish_run, withdraw_run
from service.grades.states import ACTS, STATUSES
from service.pipeline.filing import open_database
from service.settings import get_settings

runs_app = typer.Typer(help="分级批次 / grading runs", no_args_is_help=True)
RunArgument = Annotated[str, typer.Argument(help="批次 / the run, see xinheng runs list")]
By = Annotated[str, typer.Option(help="经办人 / who")]
Reason = Annotated[str, typer.Option(help="理由 / why")]
_SHOWN = 10


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(runs_app, name="runs")


@runs_app.command("list")
def list_command() -> None:
    """全部批次及其状态 / Every run and its state."""
    settings = get_settings()
    with open_database(settings) as database, database.reading() as session:
        # The newest load of a run comes first; it says what became of the folder.
        statuses = {row["run_id"]: row["status"] for row in reversed(repository.list_runs(session))}
    rows: list[tuple[object, ...]] = []
    for name in run_names(settings.runs_dir):
        status = " ".join(STATUSES.get(statuses.get(name, ""), ("未发布", "not published")))
        try:
            run = read_run(settings.runs_dir / name, whole=False)
        except RunUnusableError:
            rows.append((name, "", "", "损坏 damaged"))
            continue
        counts = run.manifest.get("grades", {})
        rows.append(
            (name, run.as_of, " ".join(f"{one} {counts.get(one, 0)}" for one in GRADES), status)
        )
    if not rows:
        say("还没有分级批次，请运行 xinheng score --as-of 日期 / no runs yet: xinheng score")
        return
    print_table("分级批次 runs", ["批次 run", "截至 as of", "各级企业 grades", "状态 state"], rows)


@runs_app.command("show")
def show_command(run_id: RunArgument) -> None:
    """一个批次的依据、分级和经办记录 / What a run rests on, its grades, who acted on it."""
    settings = get_settings()
    run = find_run(settings.runs_dir, run_id)
    facts = [*describe_manifest(run.manifest), ("上期 previous", run.manifest.get("previous_run"))]
    facts += [("文件 SHA-256", run.digest), ("文件夹 folder", str(run.folder))]
    print_table(f"批次 {run_id}", ["项目 item", "内容 content"], facts)
    counts, total = run.manifest["grades"], max(run.manifest["enterprises"], 1)
    rows = [(grade, counts[grade], f"{counts[grade] / total:.1%}") for grade in GRADES]
    print_table("等级 grades", ["等级 grade", "企业 enterprises", "占比 share"], rows)
    bases = [(BASIS_ZH.get(basis, basis), count) for basis, count in run.manifest["basis"].items()]
    print_table("依据 basis", ["依据 basis", "企业 enterprises"], bases)
    with open_database(settings) as database, database.reading() as session:
        acts = [
            (
                instant(act["acted_at"]),
                " ".join(ACTS[act["act"]]),
                act["acted_by"],
                act["reason"],
            )
            for act in repository.list_acts(session, run_id=run_id)
        ]
    print_table("经办记录 acts", ["时间 at", "事项 act", "经办人 by", "理由 reason"], acts)
    say(f"{STATEMENT_ZH}\n{STATEMENT_EN}")


@runs_app.command("compare")
def compare_command(
    before: Annotated[str, typer.Argument(help="前期批次 / the earlier run")],
    after: Annotated[str, typer.Argument(help="本期批次 / the later run")],
    out: Annotated[Path | None, typer.Option(help="写成 .html 或 .xlsx / write a file")] = None,
) -> None:
    """两期对比：迁移矩阵、变动最大的企业、报警 / Two runs side by side."""
    settings = get_settings()
    if out is not None:
        check_suffix(out)
    runs = find_run(settings.runs_dir, before), find_run(settings.runs_dir, after)
    found = compare_runs(*runs, law_overlay=settings.law_overlay)
    movement = found.movement
    rows = [
        (f"原 {grade}", *cells, sum(cells))
        for grade, cells in zip(GRADES, movement.matrix, strict=True)
    ]
    heads = ["", *(f"现 {grade}" for grade in GRADES), "合计 total"]
    print_table(f"迁移矩阵 migration {before} → {after}", heads, rows)
    say(
        f"风险升高 riskier {movement.riskier}，风险降低 safer {movement.safer}，"
        f"新进入 entered {found.entered}，退出 left {found.left}，PSI {found.psi:.4f}"
    )
    for title, movers in (("风险升高 riskier", found.riskier), ("风险降低 safer", found.safer)):
        shown = [
            (one.enterprise_id, one.name, f"{one.before} → {one.after}", mover_text(one))
            for one in movers[:_SHOWN]
        ]
        headers = ["代码 code", "名称 name", "等级 grade", "原因 reasons"]
        print_table(f"{title}：显示 {len(shown)} / {len(movers)}", headers, shown)
    for alarm in found.alarms:
        say(f"报警 ALARM：{alarm_text(alarm)} {alarm.value:g}‰ > {alarm.limit}‰")
    if not found.alarms:
        say("没有超过报警线的变化 / nothing changed by more than its alarm line")
    if out is not None:
        write_report(compared_report(*runs, found), out)


@runs_app.command("publish")
def publish_command(
    run_id: RunArgument, by: By, reason: Reason, measures: WithMeasures = True
) -> None:
    """发布一个批次，控制台和接口随即采用 / Put a run into use."""
    settings = get_settings()
    refuse_unsigned(PublicationError, by=by, reason=reason)
    run = find_run(settings.runs_dir, run_id)
    with open_database(settings) as database, database.writing() as session:
        current = repository.published_run(session)
        if current is not None and is_in_use(run, current):
            raise PublicationError(
                f"批次 {run_id} 已于 {instant(current['published_at'])} 发布并在使用，未作任何更改",
                f"the run {run_id} was published at {instant(current['published_at'])} (China "
                "time) and is in use; nothing was changed",
            )
        publish_run(
            session,
            run.folder,
            published_at=utc_now(),
            by=by,
            reason=reason,
            law_overlay=settings.law_overlay,
        )
    say(f"已发布 / in use: {run_id}")
    if measures:
        follow_with_bar(run_id)


@runs_app.command("withdraw")
def withdraw_command(
    run_id: RunArgument, by: By, reason: Reason, measures: WithMeasures = True
) -> None:
    """撤回在用批次，恢复上一个 / Take the run in use back; the one before it is used again."""
    settings = get_settings()
    with open_database(settings) as database, database.writing() as session:
        now = withdraw_run(session, run_id, by=by, reason=reason, withdrawn_at=utc_now())
    if now is None:
        say(f"已撤回 / withdrawn: {run_id}；此前没有批次，现无在用 / nothing is in use now")
        return
    say(f"已撤回 / withdrawn: {run_id}；恢复使用 / in use again: {now}")
    if measures:
        follow_with_bar(now)


def check_suffix(out: Path) -> None:
    """Refuse a file name that no report is written to.

    Raises
    ------
    ExportFormatError
    """
    if out.suffix not in (".html", ".xlsx"):
        raise ExportFormatError(str(out), (".html", ".xlsx"))


def write_report(report: Report, out: Path) -> None:
    """Write a report in the form that the name says."""
    check_suffix(out)
    content = report_html(report) if out.suffix == ".html" else report_workbook(report)
    write_atomically(out, content)
    say(f"已写出 / written: {out}")
