"""`xinheng campaign plan`: the office's wishes in, the burden out. Nothing is drawn."""

import re
from pathlib import Path
from typing import Annotated

import typer

from scoring.double_random import PlannedRound, PlanWishes, Preview
from scoring.errors import PlanError
from service.campaigns import operations
from service.campaigns.approval import plan_departures
from service.campaigns.operations import HandInPaths
from service.campaigns.store import draft_folder
from service.cli.options import RunOption
from service.cli.screen import console, parse_day, print_table
from service.grades.in_use import run_in_use
from service.settings import get_settings

RoundOption = Annotated[str, typer.Option("--round", help="轮次编号，如 2026-11 / round")]
FromOption = Annotated[str, typer.Option("--from", help="任务期起 / first day of the task")]
ToOption = Annotated[str, typer.Option("--to", help="任务期止 / last day of the task")]
RandomnessOption = Annotated[
    str, typer.Option("--randomness-name", help="将使用的公开随机数 / future public randomness")
]
HandInOption = Annotated[
    Path | None,
    typer.Option(
        "--hand-in",
        help="xinheng library hand-in 的文件夹，代替人员、回避、事项、对象四表 / its folder",
    ),
]
InspectorsOption = Annotated[
    Path | None, typer.Option("--inspectors", help="检查人员名录 CSV / roster")
]
ItemsOption = Annotated[
    list[str] | None,
    typer.Option("--items", help="抽查事项，可重复或用、分隔 / inspection items"),
]
ItemTableOption = Annotated[
    Path | None,
    typer.Option(
        "--item-table", help="多部门事项清单 CSV：事项、部门、领域、比例 / items of departments"
    ),
]
ItemObjectsOption = Annotated[
    Path | None,
    typer.Option("--item-objects", help="事项对象名录 CSV，不写则为全部 / objects of items"),
]
AvoidanceOption = Annotated[
    Path | None, typer.Option("--avoidance", help="回避名单 CSV / avoidance list")
]
ExclusionsOption = Annotated[
    Path | None,
    typer.Option("--exclusions", help="排除名单 CSV，逐户写明法定事由 / exclusions with grounds"),
]
RestedOption = Annotated[
    Path | None, typer.Option("--rested", help="近期已检查名单 CSV / visited lately")
]
RatioOption = Annotated[
    list[str] | None, typer.Option("--ratio", help="A=30：千分比 / per mille, repeatable")
]
FloorOption = Annotated[int, typer.Option("--floor", help="每层最少户数 / least in a stratum")]
ReservesOption = Annotated[
    int, typer.Option("--reserves", help="备选占抽取数的千分比 / reserves per mille of drawn")
]
TeamSizeOption = Annotated[
    int | None, typer.Option("--team-size", help="每次检查人数 / inspectors of a visit")
]
TeamReasonOption = Annotated[
    str, typer.Option("--team-reason", help="超过一般人数的理由 / reason for a larger team")
]
SameAreaOption = Annotated[
    bool, typer.Option("--same-area", help="只派本辖区人员 / inspectors of the same area only")
]
MatterOption = Annotated[
    str, typer.Option("--matter", help="要求的执法领域，如 food / matter an inspector needs")
]
MostVisitsOption = Annotated[
    int, typer.Option("--most-visits", help="每人任务期内最多次数，0 为不限 / most visits each")
]


def register(group: typer.Typer) -> None:
    """Add `plan` to the group `campaign`."""
    group.command("plan")(plan_command)


def plan_command(
    round_id: RoundOption,
    task_from: FromOption,
    task_to: ToOption,
    randomness_name: RandomnessOption,
    hand_in: HandInOption = None,
    inspectors: InspectorsOption = None,
    items: ItemsOption = None,
    item_table: ItemTableOption = None,
    item_objects: ItemObjectsOption = None,
    run: RunOption = None,
    avoidance: AvoidanceOption = None,
    exclusions: ExclusionsOption = None,
    rested: RestedOption = None,
    ratio: RatioOption = None,
    floor: FloorOption = 1,
    reserves: ReservesOption = 200,
    team_size: TeamSizeOption = None,
    team_reason: TeamReasonOption = "",
    same_area: SameAreaOption = False,
    matter: MatterOption = "",
    most_visits: MostVisitsOption = 0,
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
    if hand_in is not None:
        _refuse_both(inspectors, avoidance, item_table, item_objects)
        hand_ins = HandInPaths.of_hand_in(hand_in, exclusions=exclusions, rested=rested)
    else:
        hand_ins = HandInPaths(
            inspectors=_needed(inspectors),
            avoidance=avoidance,
            exclusions=exclusions,
            rested=rested,
            items=item_table,
            item_objects=item_objects,
        )
    planned = operations.plan_round(
        settings.campaigns_dir,
        settings.runs_dir,
        wishes=wishes,
        hand_ins=hand_ins,
        run_id=run or run_in_use(settings),
    )
    _print_plan(planned)
    _print_next(settings.campaigns_dir, round_id)


def _needed(inspectors: Path | None) -> Path:
    if inspectors is None:
        raise PlanError(
            "请写明 --hand-in 文件夹，或 --inspectors 检查人员名录",
            "Say --hand-in FOLDER, or --inspectors with the roster",
        )
    return inspectors


def _refuse_both(*tables: Path | None) -> None:
    if any(tables):
        raise PlanError(
            "--hand-in 已含人员、回避、事项、对象四表，不能再另给；"
            "请更新名录库后重新 xinheng library hand-in",
            "--hand-in holds the tables of inspectors, avoidance, items and objects; don't name"
            " them again: bring the libraries up to date and hand in again",
        )


def _print_next(campaigns_dir: Path, round_id: str) -> None:
    for departure in plan_departures(campaigns_dir, round_id):
        _say(f"批准时须写依据 needs a ground: {departure.zh}\n           {departure.en}")
    _say(f"草案 draft: {draft_folder(campaigns_dir, round_id)}")
    _say(
        f"下一步 next: xinheng campaign approve --round {round_id} --planned-by 拟定人 --by 批准人"
    )


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
    _say(f"方案 plan {plan.round}：{'、'.join(plan.items)}，{plan.task_from} – {plan.task_to}")
    _say(f"分级批次 run {plan.run_id}（{plan.as_of}）")
    _print_burden(preview)
    _say(
        f"抽取 visits {preview.visits}；检查人员 inspectors {preview.inspectors}，"
        f"人均 each {preview.visits_per_inspector:.1f} 次 visits"
    )
    _say(f"每 100 户 A 级 visits per 100 of grade A: {preview.burden_per_100_grade_a:.2f}")
    if preview.expected_findings is not None:
        _say(f"预计发现问题 expected findings: {preview.expected_findings:.0f}")
    if preview.findings_interval is not None:
        low, high = preview.findings_interval
        _say(f"  95% 区间 interval: {low}–{high}（仅抽样偶然性，设模型概率无误 chance alone）")
    for ground, number in plan.exclusions_by_ground.items():
        _say(f"排除 excluded: {ground} {number}")
    for person, reason in preview.disqualified.items():
        _say(f"不合格检查人员 not qualified: {person} {reason}")
    for note in preview.notes:
        _say(f"注意 note: {note.zh}\n           {note.en}")


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


def _say(text: str) -> None:
    # Names come from outside: brackets in them are no markup, and paths are never broken.
    console.print(text, markup=False, highlight=False, soft_wrap=True)
