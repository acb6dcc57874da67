"""`xinheng campaign reserve|substitute|changes|itinerary`: after the draw, until the door."""

from pathlib import Path
from typing import Annotated

import typer

from scoring.double_random.changes import Asked
from scoring.double_random.documents import Change
from service.campaigns import changes, publication
from service.campaigns.store import existing_folder
from service.cli.campaign import RoundOption, campaign_app, say
from service.cli.screen import print_table
from service.clock import aware_now
from service.settings import get_settings

UsccOption = Annotated[str, typer.Option("--uscc", help="统一社会信用代码 / enterprise")]
ReasonOption = Annotated[str, typer.Option("--reason", help="理由 / reason")]
ByOption = Annotated[str, typer.Option("--by", help="经办人 / person responsible")]


@campaign_app.command("reserve")
def reserve_command(
    uscc: UsccOption, round_id: RoundOption, reason: ReasonOption, by: ByOption
) -> None:
    """无法检查时启用下一备选企业 / Call the next reserve; the original stays on record."""
    _change(round_id, Asked(uscc=uscc, reason=reason, by=by, at=aware_now()))


@campaign_app.command("substitute")
def substitute_command(
    uscc: UsccOption,
    round_id: RoundOption,
    inspector: Annotated[
        str, typer.Option("--inspector", help="不能到场的检查人员 / who can't go")
    ],
    reason: ReasonOption,
    by: ByOption,
) -> None:
    """重新抽取一名检查人员 / Replace an inspector by a fresh draw."""
    asked = Asked(uscc=uscc, reason=reason, by=by, at=aware_now(), inspector_id=inspector)
    _change(round_id, asked)


@campaign_app.command("changes")
def changes_command(round_id: RoundOption) -> None:
    """变更记录 / Reserves called and inspectors replaced."""
    campaigns_dir = get_settings().campaigns_dir
    changes.load_standing(campaigns_dir, round_id)
    recorded = changes.load_changes(existing_folder(campaigns_dir, round_id))
    if not recorded:
        say(f"轮次 {round_id} 没有变更 no changes")
        return
    rows = [
        (c.number, f"{c.at:%Y-%m-%d %H:%M}", c.uscc, c.replaced, c.replacement, c.reason, c.by)
        for c in recorded
    ]
    headers = ["序号 no.", "时间 UTC", "企业 USCC", "原 was", "现 now", "理由 reason", "经办 by"]
    print_table(f"变更记录 changes {round_id}", headers, rows)


@campaign_app.command("itinerary")
def itinerary_command(
    round_id: RoundOption,
    out: Annotated[Path, typer.Option("--out", help="Excel 或 CSV 文件 / xlsx or csv file")],
    per_day: Annotated[
        int, typer.Option("--per-day", help="每人每天检查次数 / visits of an inspector a day")
    ] = publication.VISITS_A_DAY,
    coordinates: Annotated[
        Path | None,
        typer.Option("--coordinates", help="经纬度 CSV：uscc,longitude,latitude / coordinates"),
    ] = None,
) -> None:
    """按人按日的检查日程 / List per inspector and day; order by ticket, with a route."""
    stops = publication.write_itinerary(
        get_settings().campaigns_dir, round_id, out, per_day=per_day, coordinates=coordinates
    )
    days = {stop.day for stop in stops}
    people = {stop.inspector_id for stop in stops}
    say(f"日程 itinerary: {out}")
    say(f"检查人员 inspectors {len(people)}，工作日 working days {len(days)}，人次 {len(stops)}")


def _change(round_id: str, asked: Asked) -> None:
    change, standing = changes.change_round(get_settings().campaigns_dir, round_id, asked)
    say(f"变更 change {change.number}: {change.replaced} → {change.replacement}")
    say(f"票号 ticket: {change.ticket}")
    say(f"检查人员 inspectors: {'、'.join(change.inspectors)}")
    say(_remaining(change, len(standing.withdrawn)))


def _remaining(change: Change, withdrawn: int) -> str:
    if change.kind == "reserve":
        return f"原企业仍计入分母 original stays in the denominator；备选 called: {withdrawn}"
    return "原抽取结果保留在证据中 what was drawn stays in the evidence"
