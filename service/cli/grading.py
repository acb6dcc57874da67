"""`xinheng rules | override`: the office's grading rules, and single grades set by officers."""

from pathlib import Path
from typing import Annotated

import typer

from models.rating.cutoffs import GRADES
from scoring.grading import rule_history
from scoring.grading.overrides import STATES, Override, Proposal
from service.cli.options import RunOption
from service.cli.runs import By, Reason, check_suffix, write_report
from service.cli.screen import parse_day, print_table, say
from service.clock import office_day, utc_now
from service.grading_rules import operations as rules
from service.grading_rules import store
from service.overrides import operations as overrides
from service.pipeline.filing import open_database
from service.settings import get_settings

rules_app = typer.Typer(help="等级规则与分界 / grading rules and cut-offs", no_args_is_help=True)
override_app = typer.Typer(help="人工调整等级 / overrides of single grades", no_args_is_help=True)
Version = Annotated[str, typer.Argument(help="规则版本 / version, see xinheng rules list")]
Number = Annotated[str, typer.Argument(help="编号 / number, see xinheng override list")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(rules_app, name="rules")
    app.add_typer(override_app, name="override")


@rules_app.command("propose")
def propose_rules(
    file: Annotated[Path, typer.Argument(help="规则文件 YAML / file of rules", exists=True)],
    by: By,
    run_id: RunOption = None,
) -> None:
    """按文件提出一版规则；分界在指定批次上选定 / Propose a version of the rules."""
    made = rules.propose(get_settings(), file, by=by, at=utc_now(), run_id=run_id)
    say(f"已提出 / proposed: {made.version}（分界 cut-offs {made.cut_offs_version or '模型自带'}）")
    if made.cut_offs_version:
        cut = store.read_cut_offs(get_settings(), made.cut_offs_version)
        bounds = (("B", cut.cut_offs.b), ("C", cut.cut_offs.c), ("D", cut.cut_offs.d))
        rows = [(grade, f"{value:.6f}") for grade, value in bounds]
        print_table(f"等级分界 {cut.version}", ["等级 grade", "概率下限 from"], rows)
    say(f"下一步 / next: xinheng rules simulate {made.version} --by 姓名 --out 模拟.xlsx")


@rules_app.command("simulate")
def simulate_rules(
    version: Version,
    by: By,
    run_id: RunOption = None,
    out: Annotated[Path | None, typer.Option(help="写成 .html 或 .xlsx / write a file")] = None,
) -> None:
    """在一个批次上模拟，不重新评分 / Try a version on a run, without scoring again."""
    if out is not None:
        check_suffix(out)
    tried = rules.simulate(get_settings(), version, by=by, at=utc_now(), run_id=run_id)
    movement = tried.simulation.movement
    before, after = movement.before(), movement.after()
    visits = tried.simulation.visits_before, tried.simulation.visits_after
    rows = [
        (grade, before[grade], after[grade], round(visits[0][grade]), round(visits[1][grade]))
        for grade in GRADES
    ]
    headers = ["等级 grade", "现行 now", "变更后 then", "现行检查 visits", "变更后 then"]
    print_table(f"规则 {version} 在 {tried.run_id} 上的模拟 simulated", headers, rows)
    say(
        f"风险升高 riskier {movement.riskier}，风险降低 safer {movement.safer}；每年检查 visits "
        f"{sum(visits[0].values()):.0f} → {sum(visits[1].values()):.0f}"
    )
    if out is not None:
        write_report(tried.report, out)


@rules_app.command("approve")
def approve_rules(version: Version, by: By, reason: Reason) -> None:
    """批准，须由提出人以外的人 / Approve; not by who proposed it."""
    rules.act_on(
        get_settings(), version, kind=rule_history.APPROVED, by=by, reason=reason, at=utc_now()
    )
    say(f"已批准 / approved: {version}。下一步 / next: xinheng rules publish {version}")


@rules_app.command("publish")
def publish_rules(version: Version, by: By, reason: Reason) -> None:
    """施行，下次评级起采用 / Put into force from the next grading on."""
    rules.act_on(
        get_settings(), version, kind=rule_history.PUBLISHED, by=by, reason=reason, at=utc_now()
    )
    say(f"已施行 / in force: {version}。下次 xinheng score 起采用 / from the next xinheng score on")


@rules_app.command("withdraw")
def withdraw_rules(version: Version, by: By, reason: Reason) -> None:
    """撤回，恢复此前的规则 / Withdraw; what was in force before it is again."""
    now = rules.act_on(
        get_settings(), version, kind=rule_history.WITHDRAWN, by=by, reason=reason, at=utc_now()
    )
    say(f"已撤回 / withdrawn: {version}；现行规则 / in force: {now or '法规与模型默认 law, model'}")


@rules_app.command("list")
def list_rules() -> None:
    """全部规则版本及状态 / Every version and its state."""
    settings = get_settings()
    rows = []
    for version, state in rule_history.states(store.read_acts(settings)).items():
        one = store.read_version(settings, version)
        told = " ".join(rule_history.STATES[state])
        rows.append((version, told, one.cut_offs_version, one.by, one.at[:10], one.reason))
    if not rows:
        say("没有本局规则，评级按法规与模型默认 / no rules of the office; law and model decide")
        return
    headers = ["版本 version", "状态 state", "分界 cut-offs", "提出人 by", "日期 on", "理由 reason"]
    print_table("等级规则 grading rules", headers, rows)


@rules_app.command("show")
def show_rules(version: Version) -> None:
    """一版规则的内容和经办记录 / What a version says, and every act on it."""
    settings = get_settings()
    acts = store.read_acts(settings)
    state = " ".join(rule_history.STATES[rule_history.state_of(acts, version)])
    one = store.read_version(settings, version)
    facts = [(name, str(value)) for name, value in one.changes.items()]
    if one.cut_offs_version:
        cut = store.read_cut_offs(settings, one.cut_offs_version)
        facts += [
            (f"分界 cut-offs {cut.version}", f"{cut.wish}"),
            ("选定依据 chosen on", f"{cut.run_id}（模型 model {cut.model_version}）"),
            ("B / C / D", f"{cut.cut_offs.b:.6f} / {cut.cut_offs.c:.6f} / {cut.cut_offs.d:.6f}"),
        ]
    print_table(f"规则 {version}（{state}）：{one.reason}", ["项目 item", "内容 content"], facts)
    rows = [
        (act["at"][:16], " ".join(rule_history.STATES[act["act"]]), act["by"], act["reason"])
        for act in acts
        if act["version"] == version
    ]
    print_table("经办记录 acts", ["时间 at (UTC)", "事项 act", "经办人 by", "理由 reason"], rows)


@override_app.command("propose")
def propose_override(
    uscc: Annotated[str, typer.Argument(help="统一社会信用代码 / enterprise")],
    by: By,
    reason: Reason,
    evidence: Annotated[str, typer.Option(help="证据或文号 / evidence, document number")],
    grade: Annotated[str, typer.Option(help="A 至 D / the grade")] = "",
    expires: Annotated[
        str, typer.Option(help="到期日，含当日；必填 / last day; needed, e.g. 2027-03-31")
    ] = "",
    rule: Annotated[
        str | None,
        typer.Option(help="认定直接判定的事实，如 suspected_crime / establishes a direct rule"),
    ] = None,
) -> None:
    """提出人工调整，另一人批准后生效 / Propose an override; somebody else approves it."""
    settings = get_settings()
    proposal = Proposal(
        enterprise_id=uscc.strip(),
        grade=grade.strip().upper(),
        reason=reason,
        evidence=evidence,
        expires_on=parse_day(expires) if expires else None,
        by=by,
        rule=rule,
    )
    with open_database(settings) as database:
        made = overrides.propose(settings, database, proposal, at=utc_now())
    say(
        f"已提出 / proposed: {made.override_id} {made.enterprise_id} → {made.grade}，"
        f"有效至 until {made.expires_on}\n"
        f"下一步 / next: xinheng override approve {made.override_id} --by 另一人 --reason 理由"
    )


@override_app.command("approve")
def approve_override(number: Number, by: By, reason: Reason) -> None:
    """批准，须由提出人以外的人 / Approve; not by who proposed it."""
    made = overrides.approve(get_settings(), number, by=by, reason=reason, at=utc_now())
    say(f"已批准 / approved: {number} {made.enterprise_id} → {made.grade}，下次评级起生效")


@override_app.command("revoke")
def revoke_override(number: Number, by: By, reason: Reason) -> None:
    """撤销 / Revoke."""
    made = overrides.revoke(get_settings(), number, by=by, reason=reason, at=utc_now())
    say(f"已撤销 / revoked: {number} {made.enterprise_id}")


@override_app.command("list")
def list_overrides(
    everything: Annotated[
        bool, typer.Option("--all", help="连同已撤销、已到期 / revoked and expired too")
    ] = False,
) -> None:
    """人工调整及其状态 / Overrides and their states."""
    on = office_day(utc_now())
    known = overrides.list_overrides(get_settings()).values()
    rows = [
        _override_row(one, state)
        for one in known
        if (state := one.state(on)) in ("proposed", "approved") or everything
    ]
    if not rows:
        say("没有人工调整 / no overrides" + ("" if everything else "（--all 显示全部 shows all）"))
        return
    headers = [
        "编号 no.", "企业 enterprise", "等级 grade", "状态 state", "到期 until",
        "提出 by", "批准 approved", "理由 reason", "证据 evidence",
    ]  # fmt: skip
    print_table("人工调整 overrides", headers, rows)


def _override_row(one: Override, state: str) -> tuple[object, ...]:
    approved = next((act["by"] for act in one.acts if act["act"] == "approved"), None)
    told = (" ".join(STATES[state]), one.expires_on, one.proposed_by, approved)
    return (one.override_id, one.enterprise_id, one.grade, *told, one.reason, one.evidence)
