"""`xinheng key-list`: the list of key enterprises, its editions, reconciliation and labels."""

from pathlib import Path
from typing import Annotated, Any

import typer

from features.archive import open_archive
from features.errors import KeyListError
from features.key_enterprises import (
    Edition,
    build_edition,
    get_edition,
    key_types,
    list_editions,
    read_changes,
    read_list,
    reconcile,
)
from features.key_enterprises.labels import export_labels, record_acknowledgement
from features.key_enterprises.manual import ManualDecision, append_manual
from features.key_enterprises.reconciliation import FINDINGS, reconciliation_workbook
from features.workbook import Sheet, workbook_bytes
from law.files import write_atomically
from service.cli.screen import console, parse_day, print_table
from service.clock import office_day, utc_now
from service.errors import UnknownEnterpriseError
from service.pipeline.engines import open_engine
from service.settings import get_settings

key_list_app = typer.Typer(
    help="重点领域企业清单 / the list of key enterprises", no_args_is_help=True
)
AsOf = Annotated[str, typer.Option(help="截至日期 / as-of day")]
By = Annotated[str, typer.Option(help="批准人 / approved by")]
Reason = Annotated[str, typer.Option(help="理由 / why")]
_SHOWN = 40
_CHANGES_ZH = {"added": "新增", "removed": "移出", "changed": "变化"}
_BASIS_ZH = {"licence": "许可", "industry": "行业", "unit": "设备", "manual": "人工"}
_HEADERS = ["统一社会信用代码", "名称", "类型", "辖区", "来源", "依据", "起始日期"]
_CHANGE_HEADERS = ["变动", "统一社会信用代码", "名称", "类型", "依据", "原依据", "原因"]
_WIDTHS = {"名称": 32, "类型": 28, "统一社会信用代码": 22, "依据": 32, "原依据": 32, "原因": 40}


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(key_list_app, name="key-list")


@key_list_app.command("build")
def build_command(as_of: AsOf) -> None:
    """按规则和人工决定生成新一版清单 / Build the next edition, with what it changes."""
    settings = get_settings()
    folder, archive = settings.key_enterprises_dir, open_archive(settings.archive_dir)
    with open_engine(settings) as engine:
        edition, is_new = build_edition(
            engine, archive, folder=folder, as_of=parse_day(as_of), built_at=utc_now()
        )
    if not is_new:
        console.print(f"第 {edition.number} 版没有变化 / edition {edition.number} is unchanged")
        return
    _print_editions([edition])
    rows = read_changes(folder, edition.number).to_pylist()
    _print_changes(rows, edition)
    if any(kind.unconfirmed for kind in key_types(on=edition.as_of)):
        console.print("企业类型清单待法制审核 / the table of types is unconfirmed", style="dim")


@key_list_app.command("list")
def list_command() -> None:
    """各版清单 / Every edition."""
    _print_editions(list_editions(get_settings().key_enterprises_dir))


@key_list_app.command("show")
def show_command(
    edition: Annotated[int | None, typer.Argument(help="版次；不填为最新 / number")] = None,
    out: Annotated[Path | None, typer.Option(help="写成 Excel / write an Excel file")] = None,
) -> None:
    """一版清单的内容和变动 / What an edition lists and what it changed."""
    folder = get_settings().key_enterprises_dir
    found = get_edition(folder, edition)
    rows = read_list(folder, found.number).to_pylist()
    changes = read_changes(folder, found.number).to_pylist()
    names = {kind.code: kind.zh for kind in key_types(on=found.as_of)}
    told = [_list_row(row, names) for row in rows]
    if out is not None:
        sheets = [
            Sheet("清单", _HEADERS, told, _WIDTHS),
            Sheet("变动", _CHANGE_HEADERS, [_change_row(row, names) for row in changes], _WIDTHS),
        ]
        write_atomically(out, workbook_bytes(sheets))
        console.print(f"已写出 / written: {out}", markup=False)
        return
    print_table(f"第 {found.number} 版 · {found.as_of} · {len(rows)} 行", _HEADERS, told[:_SHOWN])
    _print_changes(changes, found)


@key_list_app.command("add")
def add_command(
    uscc: Annotated[str, typer.Argument(help="统一社会信用代码 / credit code")],
    type_code: Annotated[str, typer.Argument(help="类型代码 / type")],
    by: By,
    reason: Reason,
) -> None:
    """人工列入 / Put an enterprise on the list by hand, from the next edition on."""
    _by_hand("add", uscc, type_code, by=by, reason=reason)


@key_list_app.command("remove")
def remove_command(
    uscc: Annotated[str, typer.Argument(help="统一社会信用代码 / credit code")],
    type_code: Annotated[str, typer.Argument(help="类型代码 / type")],
    by: By,
    reason: Reason,
) -> None:
    """人工移出 / Take an enterprise off the list by hand, from the next edition on."""
    _by_hand("remove", uscc, type_code, by=by, reason=reason)


@key_list_app.command("types")
def types_command(as_of: AsOf = "") -> None:
    """企业类型清单 / The types in force on a day."""
    day = parse_day(as_of) if as_of else office_day(utc_now())
    rows = [
        (
            kind.code,
            kind.zh,
            kind.edition,
            kind.section,
            "待法制审核 unconfirmed" if kind.unconfirmed else "已确认 confirmed",
        )
        for kind in key_types(on=day)
    ]
    headers = ["代码 code", "类型 type", "版 edition", "科室 section", "状态 status"]
    print_table(f"重点领域企业类型 · {day}", headers, rows)


@key_list_app.command("reconcile")
def reconcile_command(
    as_of: AsOf = "",
    out: Annotated[Path | None, typer.Option(help="写成 Excel / write an Excel file")] = None,
) -> None:
    """登记、许可、清单三方核对 / Register, licences and the newest edition side by side."""
    settings = get_settings()
    edition = get_edition(settings.key_enterprises_dir)
    day = parse_day(as_of) if as_of else edition.as_of
    listed = read_list(settings.key_enterprises_dir, edition.number)
    archive = open_archive(settings.archive_dir)
    with open_engine(settings) as engine:
        reports = reconcile(engine, archive, as_of=day, listed=listed)
    rows = [(*FINDINGS[name], len(found)) for name, found in reports.items()]
    title = f"核对 · {day} · 清单第 {edition.number} 版"
    print_table(title, ["事项", "finding", "行数 rows"], rows)
    if out is not None:
        content = reconciliation_workbook(reports, as_of=day, edition=edition.number)
        write_atomically(out, content)
        console.print(f"已写出 / written: {out}", markup=False)


@key_list_app.command("export-labels")
def export_command(
    edition: Annotated[int | None, typer.Argument(help="版次；不填为最新 / number")] = None,
) -> None:
    """导出给公示系统的标注文件 / Write the label file for the publicity system."""
    path, put, taken = export_labels(get_settings().key_enterprises_dir, edition)
    console.print(f"标注 {put}，取消标注 {taken} / labels put and taken away\n{path}", markup=False)


@key_list_app.command("acknowledge")
def acknowledge_command(
    file: Annotated[Path, typer.Argument(help="公示系统回执 CSV / the answer", exists=True)],
    edition: Annotated[int, typer.Option(help="版次 / edition that was sent")],
    by: Annotated[str, typer.Option(help="登记人 / recorded by")],
) -> None:
    """登记公示系统的回执 / Record the publicity system's acknowledgement."""
    done, failed = record_acknowledgement(
        get_settings().key_enterprises_dir,
        file,
        number=edition,
        recorded_by=by,
        recorded_at=utc_now(),
    )
    console.print(f"成功 {done}，失败 {failed} / succeeded, failed")


def _by_hand(action: Any, uscc: str, type_code: str, *, by: str, reason: str) -> None:
    settings = get_settings()
    today = office_day(utc_now())
    known = {kind.code: kind.zh for kind in key_types(on=today)}
    if type_code not in known:
        listed = "、".join(f"{code}（{zh}）" for code, zh in known.items())
        raise KeyListError(
            f"没有类型“{type_code}”，现行类型：{listed}",
            f'there is no type "{type_code}"; there are: {", ".join(known)}',
        )
    archive = open_archive(settings.archive_dir)
    with open_engine(settings) as engine:
        table = archive.table(engine, "registration", range_no=archive.range_of(uscc))
        found = engine.to_arrow(table.filter(table.enterprise_id == uscc).limit(1)).num_rows
    if not found:
        raise UnknownEnterpriseError(uscc)
    append_manual(
        settings.key_enterprises_dir, ManualDecision(action, uscc, type_code, by, reason, today)
    )
    console.print("已记录，下一版清单生效 / recorded; the next edition follows it")


def _print_editions(editions: list[Edition]) -> None:
    rows = [
        (e.number, str(e.as_of), e.rows, e.added, e.removed, e.changed, "、".join(e.type_editions))
        for e in editions
    ]
    headers = ["版次 edition", "截至 as of", "行数 rows", "新增", "移出", "变化", "类型清单版次"]
    print_table("重点领域企业清单 key enterprises", headers, rows)


def _print_changes(changes: list[dict[str, Any]], edition: Edition) -> None:
    names = {kind.code: kind.zh for kind in key_types(on=edition.as_of)}
    rows = [_change_row(row, names) for row in changes[:_SHOWN]]
    if rows:
        more = f"，共 {len(changes)} 项" if len(changes) > _SHOWN else ""
        print_table(f"第 {edition.number} 版的变动 changes{more}", _CHANGE_HEADERS, rows)


def _list_row(row: dict[str, Any], names: dict[str, str]) -> list[Any]:
    basis = "、".join(_BASIS_ZH[one] for one in row["basis"].split(";"))
    kind = names.get(row["type"], row["type"])
    since = row["since"]
    return [
        row["enterprise_id"],
        row["name"],
        kind,
        row["area_code"],
        basis,
        row["because"],
        "" if since is None else str(since),
    ]


def _change_row(row: dict[str, Any], names: dict[str, str]) -> list[Any]:
    columns = ("because", "because_before", "why")
    return [
        _CHANGES_ZH[row["change"]],
        row["enterprise_id"],
        row["name"],
        names.get(row["type"], row["type"]),
        *(row[name] for name in columns),
    ]
