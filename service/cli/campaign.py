"""`xinheng campaign`: freeze, draw, verify and list a round of double-random sampling."""

import hashlib
from collections.abc import Sequence
from typing import Annotated

import typer

from scoring.double_random import Difference, ReadOut
from scoring.double_random.campaign import LIST, PUBLIC
from scoring.double_random.documents import Commitment
from scoring.double_random.randomness import OFFICE_ZONE, read_instant
from scoring.double_random.verification import MANIFEST, WORKBOOK
from service.campaigns import operations
from service.campaigns.store import frozen_folder
from service.cli import (
    campaign_cycles,
    campaign_plan,
    campaign_results,
    campaign_visits,
    campaign_year,
)
from service.cli.screen import console, print_table
from service.clock import aware_now
from service.settings import get_settings

campaign_app = typer.Typer(help="双随机抽查 / double-random sampling", no_args_is_help=True)

RoundOption = Annotated[str, typer.Option("--round", help="轮次编号，如 2026-11 / round")]
_SHOWN_VISITS = 20


def register(app: typer.Typer) -> None:
    """Add the group `campaign`."""
    campaign_plan.register(campaign_app)
    campaign_results.register(campaign_app)
    campaign_visits.register(campaign_app)
    campaign_cycles.register(campaign_app)
    campaign_year.register(campaign_app)
    app.add_typer(campaign_app, name="campaign")


@campaign_app.command("freeze")
def freeze_command(round_id: RoundOption) -> None:
    """冻结抽样框并生成公布内容 / Freeze the frame and print what must be published now."""
    settings = get_settings()
    commitment = operations.freeze_round(
        settings.campaigns_dir, round_id, now=aware_now(), must_be_approved=True
    )
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
