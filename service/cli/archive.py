"""`xinheng archive build | show`: bring the archive up to date, and look one enterprise up.

Looking up is what an official waits for, so what only building needs is imported when it builds.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from features.archive.files import must_be_rewritten, open_archive
from features.archive.view import view_enterprise
from law.files import write_atomically
from service.cli.archive_screen import print_archive
from service.cli.screen import console, parse_day, progress_bar
from service.clock import office_day, utc_now
from service.console.words import IDENTITY_METHODS
from service.errors import UnknownEnterpriseError
from service.pipeline.errors import FutureDayError
from service.settings import Settings, get_settings

archive_app = typer.Typer(help="信用档案 / credit archives", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(archive_app, name="archive")


@archive_app.command("build")
def archive_build(
    afresh: Annotated[
        bool, typer.Option("--afresh", help="全部重写，用于修复损坏 / write everything again")
    ] = False,
) -> None:
    """按全部记录更新档案，只重写新数据涉及的部分 / Bring the archive up to date."""
    from service.pipeline import filing

    settings = get_settings()
    if must_be_rewritten(settings.archive_dir):
        console.print(
            "记录目录的字段有变化，档案将全部重写；旧导入缺少的字段记为空\n"
            "The catalogue's columns changed: the archive is written anew; what older imports lack"
            " is left empty"
        )
    with progress_bar("归档 archive") as report:
        archive = filing.rebuild_archive(settings, afresh=afresh, progress=report)
    console.print(f"档案 archive {archive.build_id} · {archive.range_count} 段 ranges")


@archive_app.command("show")
def archive_show(
    enterprise_id: Annotated[str, typer.Argument(help="统一社会信用代码 / enterprise id")],
    as_of: Annotated[str, typer.Option(help="截至日期 / as-of day")] = "",
    known: Annotated[
        str, typer.Option(help="知悉截至日，默认同截至日 / as known by this day")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="另存为 .xlsx 或 .json / write to a file")
    ] = None,
) -> None:
    """查看一户企业的档案 / Show one enterprise's archive as it was known on a day."""
    settings = get_settings()
    today = office_day(utc_now())
    day = parse_day(as_of) if as_of else today
    if day > today:
        raise FutureDayError(day, today=today)
    archive = open_archive(settings.archive_dir)
    known_by = parse_day(known) if known else None
    view = view_enterprise(archive, enterprise_id, as_of=day, known=known_by)
    before = [
        (link, view_enterprise(archive, str(link["old_id"]), as_of=day, known=known_by))
        for link in _predecessors(settings, enterprise_id)
    ]
    if not view.is_known and not before:
        raise UnknownEnterpriseError(enterprise_id)
    if out is not None:
        from service.enterprises.archive_export import export_archive

        write_atomically(out, export_archive(view, out))
        console.print(f"已写出 written: {out}", markup=False)
        return
    print_archive(view)
    for link, earlier in before:
        _print_predecessor(link, enterprise_id)
        if earlier.is_known:
            print_archive(earlier)


def _predecessors(settings: Settings, enterprise_id: str) -> list[dict[str, Any]]:
    """Links whose chain ends at an enterprise, nearest first."""
    if not settings.identity_dir.is_dir():
        return []
    from features.identity import read_decisions
    from features.identity.deciding import predecessors

    found = predecessors(read_decisions(settings.identity_dir), enterprise_id)
    return [{str(name): value for name, value in row.items()} for row in found.to_dict("records")]


def _print_predecessor(link: dict[str, Any], enterprise_id: str) -> None:
    """Say who became part of an enterprise, and whether that counts."""
    counted = "计入 counts" if link["counts"] else "仅展示，不计入 shown only"
    method = IDENTITY_METHODS.get(str(link["method"]), str(link["method"]))
    console.print(
        f"\n前身 predecessor: {link['old_id']} → {link['enterprise_id']} "
        f"（{method}，{counted}，{link['decided_at']:%Y-%m-%d} {link['decided_by']}："
        f"{link['reason']}）",
        markup=False,
    )
