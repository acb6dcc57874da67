"""`xinheng verify`, `campaign pack`, `campaign opening`: what others check of a draw."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from scoring.double_random.campaign import COMMITMENT
from scoring.double_random.cycles import CycleCommitment
from scoring.double_random.documents import Commitment
from service.campaigns import operations, publication
from service.campaigns.cycles import is_cycle_folder, verify_cycle_folder
from service.campaigns.store import existing_folder
from service.cli.campaign import RoundOption, campaign_app, refuse_differences, say
from service.settings import get_settings


def register(app: typer.Typer) -> None:
    """Add `verify`; the group `campaign` got its further commands when this module was read."""
    app.command("verify")(verify_command)


def verify_command(
    what: Annotated[
        str,
        typer.Argument(
            help="轮次编号、cycles/2027，或证据文件夹 / a round, cycles/2027, or a folder"
        ),
    ],
    root: Annotated[
        str | None, typer.Option("--root", help="已公布的抽样框根值 / published frame root")
    ] = None,
    plan_hash: Annotated[
        str | None, typer.Option("--plan-hash", help="已公布的方案哈希 / published plan hash")
    ] = None,
) -> None:
    """复算一轮抽查的全部证据 / Recompute the whole evidence of a draw. Exit code 1: it differs."""
    folder = _evidence_folder(what)
    if is_cycle_folder(folder):
        _verify_cycles(folder)
        return
    refuse_differences(operations.verify_folder(folder))
    commitment = Commitment.read((folder / COMMITMENT).read_bytes(), name=COMMITMENT)
    say(f"核验通过 OK: {commitment.round}")
    published = {"frame_root": root, "plan_hash": plan_hash}
    for name, value in published.items():
        found = getattr(commitment, name)
        say(f"{name} {found}")
        if value is not None and value != found:
            say(f"与已公布的 {name} 不符 differs from what was published: {value}")
            raise typer.Exit(1)
    if None in published.values():
        say("请与已公布的值核对 compare with what was published")


def _evidence_folder(what: str) -> Path:
    folder = Path(what)
    if folder.is_dir():
        return folder
    settings = get_settings()
    if re.fullmatch(r"cycles/\d{4}", what):
        return settings.home / what
    return existing_folder(settings.campaigns_dir, what)


def _verify_cycles(folder: Path) -> None:
    refuse_differences(verify_cycle_folder(folder))
    commitment = CycleCommitment.read((folder / COMMITMENT).read_bytes(), name=COMMITMENT)
    say(f"核验通过 OK: {commitment.year} 年巡查周期 patrol cycles")
    say(f"frame_sha256 {commitment.frame_sha256}")
    say("请与已公布的值核对 compare with what was published")


@campaign_app.command("pack")
def pack_command(
    round_id: RoundOption,
    out: Annotated[Path, typer.Option("--out", help="新文件夹 / a new folder")],
    guarded: Annotated[
        bool,
        typer.Option(
            "--guarded", help="不公布种子、方案哈希和票号 / keep seed, plan hash and tickets back"
        ),
    ] = False,
) -> None:
    """生成公布材料（不含等级） / Write what may be published; no grade is in it."""
    names = publication.write_pack(get_settings().campaigns_dir, round_id, out, guarded=guarded)
    say(f"公布材料 pack: {out}")
    for name in names:
        say(f"  {name}")
    say(f"校验 check: cd {out} && sha256sum -c SHA256SUMS")
    if not guarded:
        say(
            "注意：种子公布后任何人可算出全部票号，从而部分推测等级；不宜公布时用 --guarded\n"
            "note: with the seed anybody can compute all tickets and partly guess grades; --guarded"
            " keeps it back"
        )


@campaign_app.command("opening")
def opening_command(
    round_id: RoundOption,
    uscc: Annotated[str, typer.Option("--uscc", help="统一社会信用代码 / enterprise")],
) -> None:
    """打开一户的证明，供审计和企业本身 / Open one leaf, for auditors and the enterprise itself."""
    opened = publication.open_enterprise(get_settings().campaigns_dir, round_id, uscc)
    say(json.dumps(opened, ensure_ascii=False, indent=1))
    say(
        "内含分层（等级），仅供审计人员和该企业，不得公布 / holds the stratum: for auditors and the"
        " enterprise only"
    )
