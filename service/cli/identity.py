"""`xinheng identity`: whose record a row without a credit code is; mergers of enterprises."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from features.archive import open_archive
from features.errors import IdentityError
from features.identity import read_decisions, resolve_identities
from features.identity.deciding import (
    Office,
    Signature,
    Verdict,
    decide,
    merge,
    open_office,
    revoke,
)
from features.identity.pending import read_identities
from features.identity.queue_file import queue_workbook, read_verdicts
from features.identity.resolving import read_queue, read_unmatched
from law.files import write_atomically
from service.cli.screen import console, print_table, progress_bar
from service.clock import utc_now
from service.console.words import IDENTITY_METHODS
from service.pipeline.engines import open_engine
from service.settings import get_settings

identity_app = typer.Typer(
    help="主体识别与合并 / who is who: rows without a credit code, mergers", no_args_is_help=True
)
By = Annotated[str, typer.Option(help="决定人 / who decides")]
Reason = Annotated[str, typer.Option(help="理由 / why")]
_SHOWN = 40
_QUEUE_COLUMNS = {
    "temporary_id": "临时编号 id",
    "name": "名称 name",
    "enterprise_id": "候选代码 code",
    "candidate_name": "候选名称",
    "score": "得分 score",
    "reasons_zh": "依据 reasons",
}
_ACTIONS = {"link": "关联 link", "reject": "不是 reject", "revoke": "撤销 revoke"}
_NEXT = "下一步 / next: xinheng archive build"


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(identity_app, name="identity")


@identity_app.command("resolve")
def resolve_command() -> None:
    """自动识别无代码的记录，疑似的列入待确认 / Link what is certain, queue the rest."""
    settings = get_settings()
    archive = open_archive(settings.archive_dir)
    with open_engine(settings) as engine, progress_bar("主体识别 identity") as report:
        found = resolve_identities(
            engine,
            archive,
            records_dir=settings.records_dir,
            identity_dir=settings.identity_dir,
            decided_at=utc_now(),
            progress=lambda done, of: report("match", done, of),
        )
    headers = ["待识别 waiting", "自动关联 linked", "待确认 queue", "未匹配 unmatched"]
    counts = (found.waiting, found.linked, found.queued, found.unmatched)
    print_table("主体识别结果 identities", headers, [counts])
    if found.queued or found.unmatched:
        console.print("待确认 / to confirm: xinheng identity queue --out queue.xlsx")
    if found.linked:
        console.print(_NEXT)


@identity_app.command("queue")
def queue_command(
    out: Annotated[Path | None, typer.Option(help="写成 Excel / write an Excel file")] = None,
) -> None:
    """待确认的候选主体 / Candidates that wait for a person."""
    identity_dir = get_settings().identity_dir
    queue, unmatched = read_queue(identity_dir), read_unmatched(identity_dir)
    waiting = queue["temporary_id"].nunique()
    if out is not None:
        write_atomically(out, queue_workbook(queue, unmatched))
        console.print(
            f"已写出 {out}：待确认 {waiting}，未匹配 {len(unmatched)}。"
            f"在“决定”列填 采用 或 不采用，再运行\n"
            f"xinheng identity confirm --file {out} --by 姓名 --reason 理由",
            markup=False,
        )
        return
    rows = [
        (
            row.temporary_id,
            row.name,
            row.enterprise_id,
            row.candidate_name,
            row.score,
            row.reasons_zh,
        )
        for row in queue.head(_SHOWN).itertuples()
    ]
    headers = [
        "临时编号 id",
        "名称 name",
        "候选代码 code",
        "候选名称",
        "得分 score",
        "依据 reasons",
    ]
    print_table(f"待确认 {waiting}，未匹配 {len(unmatched)}", headers, rows)


@identity_app.command("confirm")
def confirm_command(
    by: By,
    reason: Reason,
    temporary_id: Annotated[str, typer.Argument(help="临时编号 / temporary identity")] = "",
    uscc: Annotated[str, typer.Argument(help="统一社会信用代码 / credit code")] = "",
    file: Annotated[
        Path | None, typer.Option(help="填好的待确认表 / the queue, filled in", exists=True)
    ] = None,
) -> None:
    """确认一条，或按填好的表批量确认 / Confirm one, or a filled-in queue."""
    if (file is None) == (not temporary_id or not uscc):
        raise IdentityError(
            "请给出临时编号和统一社会信用代码，或用 --file 指明填好的表",
            "give a temporary identity and a credit code, or a filled-in queue with --file",
        )
    verdicts = read_verdicts(file) if file else [Verdict(temporary_id, uscc, accepted=True)]
    with _office() as office:
        written = decide(office, verdicts, signature=_signature(by, reason))
    console.print(f"已记录 {written} 项决定 / decisions recorded. {_NEXT}")


@identity_app.command("reject")
def reject_command(
    by: By,
    reason: Reason,
    temporary_id: Annotated[str, typer.Argument(help="临时编号 / temporary identity")],
    uscc: Annotated[str, typer.Argument(help="不是这一户；不填则都不是 / not this one")] = "",
) -> None:
    """不是某户，或都不是 / It is not this enterprise, or none at all (an unlicensed place)."""
    with _office() as office:
        verdict = Verdict(temporary_id, uscc or None, accepted=False)
        decide(office, [verdict], signature=_signature(by, reason))
    console.print("已记录 / recorded")


@identity_app.command("merge")
def merge_command(
    old: Annotated[str, typer.Argument(help="被吸收的企业 / the enterprise absorbed")],
    new: Annotated[str, typer.Argument(help="存续的企业 / the successor")],
    by: By,
    reason: Reason,
    counts: Annotated[
        bool, typer.Option("--counts", help="前身的行为计入存续企业 / its acts count as its own")
    ] = False,
) -> None:
    """登记合并：前身的档案随存续企业展示 / A merger: the history is shown with the successor."""
    with _office() as office:
        merge(office, old, new, counts=counts, signature=_signature(by, reason))
    console.print(f"已记录 / recorded: {old} → {new}. {_NEXT if counts else ''}")


@identity_app.command("revoke")
def revoke_command(
    old: Annotated[str, typer.Argument(help="临时编号或被吸收的企业 / the id that was linked")],
    by: By,
    reason: Reason,
) -> None:
    """撤销一项关联 / Take a link back."""
    line = revoke(get_settings().identity_dir, old, signature=_signature(by, reason))
    console.print(f"已撤销 / revoked: {old} → {line.enterprise_id}. {_NEXT}")


@identity_app.command("show")
def show_command(
    identifier: Annotated[str, typer.Argument(help="临时编号或企业代码 / any id")],
) -> None:
    """一个编号的全部决定和原始写法 / Every decision on an id, and how it was written."""
    settings = get_settings()
    given = read_identities(settings.records_dir)
    given = given[given["temporary_id"] == identifier]
    decisions = read_decisions(settings.identity_dir)
    about = decisions[
        (decisions["old_id"] == identifier) | (decisions["enterprise_id"] == identifier)
    ]
    if given.empty and about.empty:
        raise IdentityError(
            f"没有关于 {identifier} 的识别记录，请核对编号",
            f"nothing is recorded about {identifier}; check the id",
        )
    columns = ["name", "address", "registration_no", "uscc", "import_id", "row_no"]
    headers = ["名称 name", "地址 address", "注册号", "所填代码", "批次 import", "行 row"]
    if len(given):
        rows = given[columns].head(_SHOWN).values.tolist()
        print_table(f"{identifier} · {len(given)} 行 rows", headers, rows)
    print_table("决定 decisions", _DECISION_HEADERS, [_decision_row(row) for row in _rows(about)])


_DECISION_HEADERS = [
    "时间 at (UTC)",
    "决定 decision",
    "原编号 old",
    "企业 enterprise",
    "方法 method",
    "得分 score",
    "决定人 by",
    "理由 reason",
]


def _decision_row(row: dict[str, Any]) -> tuple[Any, ...]:
    score = row["score"]
    return (
        f"{row['decided_at']:%Y-%m-%d %H:%M}",
        _ACTIONS[row["action"]],
        row["old_id"],
        row["enterprise_id"] or "（都不是 none）",
        IDENTITY_METHODS.get(row["method"], row["method"]),
        "" if score != score or score is None else score,
        row["decided_by"],
        row["reason"],
    )


def _rows(frame: Any) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _signature(by: str, reason: str) -> Signature:
    return Signature(by=by, reason=reason, at=utc_now())


@contextmanager
def _office() -> Iterator[Office]:
    settings = get_settings()
    archive = open_archive(settings.archive_dir)
    with open_engine(settings) as engine:
        yield open_office(
            engine,
            archive,
            records_dir=settings.records_dir,
            identity_dir=settings.identity_dir,
        )
