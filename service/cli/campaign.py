"""`xinheng campaign`: plan, freeze, draw, verify and list a round of double-random sampling."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from scoring.double_random import Difference, PlannedRound, PlanWishes, Preview, ReadOut
from scoring.double_random.campaign import LIST, PUBLIC
from scoring.double_random.documents import Commitment
from scoring.double_random.randomness import OFFICE_ZONE, read_instant
from scoring.double_random.verification import MANIFEST, WORKBOOK
from scoring.errors import PlanError
from service.campaigns import operations
from service.campaigns.store import draft_folder, frozen_folder
from service.cli import campaign_results
from service.cli.screen import console, parse_day, print_table
from service.clock import aware_now
from service.settings import get_settings

campaign_app = typer.Typer(help="双随机抽查 / double-random sampling", no_args_is_help=True)

RoundOption = Annotated[str, typer.Option("--round", help="轮次编号，如 2026-11 / round")]
_SHOWN_VISITS = 20


def register(app: typer.Typer) -> None:
    """Add the group `campaign`."""
    campaign_results.register(campaign_app)
    app.add_typer(campaign_app, name="campaign")


@campaign_app.command("plan")
def plan_command(
    round_id: RoundOption,
    task_from: Annotated[str, typer.Option("--from", help="任务期起 / first day of the task")],
    task_to: Annotated[str, typer.Option("--to", help="任务期止 / last day of the task")],
    inspectors: Annotated[Path, typer.Option("--inspectors", help="检查人员名录 CSV / roster")],
    randomness_name: Annotated[
        str, typer.Option("--randomness-name", help="将使用的公开随机数 / future public randomness")
    ],
    items: Annotated[
        list[str] | None,
        typer.Option("--items", help="抽查事项，可重复或用、分隔 / inspection items"),
    ] = None,
    item_table: Annotated[
        Path | None,
        typer.Option(
            "--item-table", help="多部门事项清单 CSV：事项、部门、领域、比例 / items of departments"
        ),
    ] = None,
    item_objects: Annotated[
        Path | None,
        typer.Option("--item-objects", help="事项对象名录 CSV，不写则为全部 / objects of items"),
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="分级批次，默认最新 / run")] = None,
    avoidance: Annotated[
        Path | None, typer.Option("--avoidance", help="回避名单 CSV / avoidance list")
    ] = None,
    exclusions: Annotated[
        Path | None,
        typer.Option(
            "--exclusions", help="排除名单 CSV，逐户写明法定事由 / exclusions with grounds"
        ),
    ] = None,
    rested: Annotated[
        Path | None, typer.Option("--rested", help="近期已检查名单 CSV / visited lately")
    ] = None,
    ratio: Annotated[
        list[str] | None, typer.Option("--ratio", help="A=30：千分比 / per mille, repeatable")
    ] = None,
    floor: Annotated[int, typer.Option("--floor", help="每层最少户数 / least in a stratum")] = 1,
    reserves: Annotated[
        int, typer.Option("--reserves", help="备选占抽取数的千分比 / reserves per mille of drawn")
    ] = 200,
    team_size: Annotated[
        int | None, typer.Option("--team-size", help="每次检查人数 / inspectors of a visit")
    ] = None,
    team_reason: Annotated[
        str, typer.Option("--team-reason", help="超过一般人数的理由 / reason for a larger team")
    ] = "",
    same_area: Annotated[
        bool, typer.Option("--same-area", help="只派本辖区人员 / inspectors of the same area only")
    ] = False,
    matter: Annotated[
        str, typer.Option("--matter", help="要求的执法领域，如 food / matter an inspector needs")
    ] = "",
    most_visits: Annotated[
        int, typer.Option("--most-visits", help="每人任务期内最多次数，0 为不限 / most visits each")
    ] = 0,
) -> None:
    """制定方案并预览负担 / Plan a round and show its burden. Nothing is drawn."""
    settings = get_settings()
    wishes = PlanWishes(
        round_id=round_id,
        region=settings.region,
        items=tuple(part.strip() for item in items or [] for part in re.split("[、;；]", item)),
        task_from=parse_day(task_from),
        task_to=parse_day(task_to),
        randomness_name=randomness_name,
        grade_ratios=_parse_ratios(ratio or []),
        floor=floor,
        reserve_per_mille=reserves,
        team_size=team_size,
        team_reason=team_reason,
        same_area=same_area,
        matter=matter,
        most_visits=most_visits,
    )
    planned = operations.plan_round(
        settings.campaigns_dir,
        settings.runs_dir,
        wishes=wishes,
        hand_ins=operations.HandInPaths(
            inspectors, avoidance, exclusions, rested, item_table, item_objects
        ),
        run_id=run,
    )
    _print_plan(planned)
    say(f"草案 draft: {draft_folder(settings.campaigns_dir, round_id)}")
    say(f"下一步 next: xinheng campaign freeze --round {round_id}")


@campaign_app.command("freeze")
def freeze_command(round_id: RoundOption) -> None:
    """冻结抽样框并生成公布内容 / Freeze the frame and print what must be published now."""
    settings = get_settings()
    commitment = operations.freeze_round(settings.campaigns_dir, round_id, now=aware_now())
    _print_commitment(commitment)
    say(f"证据 evidence: {frozen_folder(settings.campaigns_dir, round_id)}")


@campaign_app.command("draw")
def draw_command(
    round_id: RoundOption,
    randomness: Annotated[
        str, typer.Option("--randomness", help="公开随机数，原样输入 / randomness, as read out")
    ],
    randomness_date: Annotated[
        str,
        typer.Option(
            "--randomness-date",
            help="产生时间（北京时间）2026-11-30 或 2026-11-30T21:15 / when it came about",
        ),
    ],
    randomness_name: Annotated[
        str | None,
        typer.Option("--randomness-name", help="来源，默认为冻结时公布的 / its source"),
    ] = None,
) -> None:
    """用公开随机数抽取对象和检查人员 / Draw objects and inspectors."""
    settings = get_settings()
    announced = operations.load_commitment(settings.campaigns_dir, round_id).randomness_name
    drawn = operations.draw_round(
        settings.campaigns_dir,
        round_id,
        ReadOut(
            value=randomness,
            name=announced if randomness_name is None else randomness_name,
            at=read_instant(randomness_date),
        ),
        now=aware_now(),
    )
    number = sum(count.drawn for count in drawn.record.strata)
    frame = sum(count.population for count in drawn.record.strata)
    say(f"已抽取 drawn: {number} / {frame}")
    say(f"种子 seed: {drawn.record.seed}")
    say(f"证据清单 {MANIFEST} SHA-256（请公布 publish）: {drawn.evidence_sha256}")
    say(f"名单 list: {drawn.folder / WORKBOOK}")
    say(f"核验 verify: xinheng campaign verify --round {round_id}")
    say(f"独立核验 independent: python docs/verify_draw.py {drawn.folder}")


@campaign_app.command("verify")
def verify_command(round_id: RoundOption) -> None:
    """复算全部证据，指出不符的文件和行 / Recompute the evidence and name what differs."""
    campaigns_dir = get_settings().campaigns_dir
    refuse_differences(operations.verify_round(campaigns_dir, round_id))
    commitment = operations.load_commitment(campaigns_dir, round_id)
    say(f"核验通过 OK: {round_id}")
    say("请与已公布的值核对 compare with what was published:")
    say(f"frame_root {commitment.frame_root}")
    say(f"plan_hash  {commitment.plan_hash}")


@campaign_app.command("list")
def list_command(
    round_id: Annotated[
        str | None, typer.Option("--round", help="轮次；不写则列出所有轮次 / round, or all")
    ] = None,
) -> None:
    """抽查名单 / The sampling list of a round, or all rounds."""
    campaigns_dir = get_settings().campaigns_dir
    if round_id is None:
        states = operations.round_states(campaigns_dir)
        print_table("轮次 rounds", ["轮次 round", "状态 state"], list(states.items()))
        return
    sampling_list = operations.load_list(campaigns_dir, round_id)
    rows = [
        (
            entry["order"],
            entry["uscc"],
            entry["name"],
            entry["area_code"],
            "、".join(person["name"] for person in entry["inspectors"]),
        )
        for entry in sampling_list["objects"][:_SHOWN_VISITS]
    ]
    total = len(sampling_list["objects"])
    print_table(
        f"抽查名单 {round_id}：{total} 户，显示 {len(rows)} 户 shown",
        ["序号 no.", "统一社会信用代码 USCC", "名称 name", "辖区 area", "检查人员 inspectors"],
        rows,
    )
    folder = frozen_folder(campaigns_dir, round_id)
    for name in (WORKBOOK, LIST, PUBLIC):
        say(str(folder / name))


def refuse_differences(differences: Sequence[Difference]) -> None:
    """Show what differs and end with exit code 1; nothing where nothing does."""
    if differences:
        rows = [(found.file, found.row, f"{found.zh}\n{found.en}") for found in differences]
        print_table("核验不通过 not verified", ["文件 file", "行 row", "差异 difference"], rows)
        raise typer.Exit(1)


def say(text: str) -> None:
    """A line as it is: names come from outside, and paths are never broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _parse_ratios(texts: list[str]) -> dict[str, int]:
    ratios: dict[str, int] = {}
    for text in texts:
        matched = re.fullmatch(r"\s*([A-Za-z]+)\s*=\s*(-?\d{1,9})\s*", text, re.ASCII)
        if not matched:
            raise PlanError(
                f"抽查比例 {text!r} 应写作 A=30（千分比，整数）",
                f"The ratio {text!r} must be like A=30 (a whole number per mille)",
            )
        ratios[matched[1].upper()] = int(matched[2])
    return ratios


def _print_plan(planned: PlannedRound) -> None:
    plan, preview = planned.plan, planned.preview
    say(f"方案 plan {plan.round}：{'、'.join(plan.items)}，{plan.task_from} – {plan.task_to}")
    say(f"分级批次 run {plan.run_id}（{plan.as_of}）")
    _print_burden(preview)
    say(
        f"抽取 visits {preview.visits}；检查人员 inspectors {preview.inspectors}，"
        f"人均 each {preview.visits_per_inspector:.1f} 次 visits"
    )
    say(f"每 100 户 A 级 visits per 100 of grade A: {preview.burden_per_100_grade_a:.2f}")
    if preview.expected_findings is not None:
        say(f"预计发现问题 expected findings: {preview.expected_findings:.0f}")
    for ground, number in plan.exclusions_by_ground.items():
        say(f"排除 excluded: {ground} {number}")
    for person, reason in preview.disqualified.items():
        say(f"不合格检查人员 not qualified: {person} {reason}")
    for note in preview.notes:
        say(f"注意 note: {note.zh}\n           {note.en}")


def _print_burden(preview: Preview) -> None:
    grades = [
        (grade, line.population, line.visits, f"{line.visits_per_hundred:.2f}", excluded)
        for (grade, line), excluded in zip(
            preview.by_grade.items(), preview.excluded_by_grade.values(), strict=True
        )
    ]
    headers = ["名录 library", "抽取 visits", "每百户 per 100"]
    print_table(
        "按等级（内部） by grade (internal)", ["等级 grade", *headers, "排除 excluded"], grades
    )
    areas = [
        (area, line.population, line.visits, f"{line.visits_per_hundred:.2f}")
        for area, line in preview.by_area.items()
    ]
    print_table("按辖区 by area", ["辖区 area", *headers], areas)


def _print_commitment(commitment: Commitment) -> None:
    frozen = commitment.frozen_at.astimezone(OFFICE_ZONE)
    say("请在随机数产生之前公布以下内容 publish this before the randomness exists:")
    for label, value in (
        ("轮次 round", commitment.round),
        ("抽样框根值 frame root", commitment.frame_root),
        ("抽样框户数 enterprises", str(commitment.frame_rows)),
        ("方案哈希 plan hash", commitment.plan_hash),
        ("公开随机数 randomness", commitment.randomness_name),
        ("承诺文件 SHA-256 of commitment.json", hashlib.sha256(commitment.to_bytes()).hexdigest()),
        ("冻结时间 frozen at", f"{frozen:%Y-%m-%d %H:%M:%S} 北京时间 China time"),
    ):
        say(f"  {label}: {value}")
