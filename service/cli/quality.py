"""`xinheng quality ... | quarantine list`: what departments supply, how soon, what is missing."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import typer

from features.archive import Archive, open_archive
from features.catalogue import record_kinds
from features.errors import ArchiveMissingError
from features.intake import find_unknown_enterprises
from features.quality import (
    CollectionCatalogue,
    collection_catalogue,
    find_duplicates,
    measure_completeness,
    measure_coverage,
    measure_timeliness,
    overview_of_sources,
)
from features.quality.completeness_table import completeness_table
from features.workbook import Sheet, workbook_bytes
from law.files import write_atomically
from service.cli.screen import console, parse_day, print_table, progress_bar
from service.clock import office_day, utc_now
from service.pipeline.engines import open_engine
from service.settings import Settings, get_settings

quality_app = typer.Typer(help="数据质量 / quality of the data supplied", no_args_is_help=True)
quarantine_app = typer.Typer(
    help="待登记：企业未登记的记录 / records of enterprises not registered", no_args_is_help=True
)

_OFFICE_CATALOGUE = "collection_catalogue.yaml"
_SHOWN = 20
# What the columns of the reports are called on the screen and in Excel.
_HEADINGS = {
    "source": "来源 source",
    "provider": "提供单位 provider",
    "kind": "种类 kind",
    "imports": "批次 imports",
    "rows": "行 rows",
    "accepted": "入库 accepted",
    "rejected": "退回 rejected",
    "rejected_ratio": "退回率 rejected share",
    "skipped": "跳过 skipped",
    "duplicates": "重复 duplicates",
    "waiting": "未归档批次 waiting",
    "archived": "档案 archived",
    "median_lag_days": "滞后中位天数 lag",
    "last_received_on": "最近报送 last",
    "last_event_on": "最近发生 last event",
    "last_known_on": "最近获知 last known",
    "top_reason": "主要退回原因 top reason",
    "records": "记录 records",
    "median_days": "中位天数 median",
    "p90_days": "90% 天数 90 %",
    "longest_days": "最长天数 longest",
    "judged": "应判 judged",
    "late": "逾期 late",
    "late_ratio": "逾期率 late share",
    "repeated_in_file": "同一文件内重复 in one file",
    "repeated_later": "再次报送 again",
    "repeated_ratio": "重复率 share",
    "enterprise_id": "统一社会信用代码 enterprise",
    "enterprises": "企业 enterprises",
    "reference": "文号 reference",
    "sources": "来源 sources",
    "providers": "提供单位 providers",
    "first_source": "先报来源 first",
    "first_known_at": "最早获知 (UTC) first known",
    "known_at": "获知时间 (UTC) known at",
    "known_on": "获知日 known on",
    "event_on": "发生日 event on",
    "due_on": "期限 due",
    "days_late": "逾期天数 days late",
    "record_id": "记录号 record",
    "import_id": "批次号 import",
    "row_no": "原始行号 row",
    "received_at": "接收时间 (UTC) received",
    "first_import_id": "首次批次号 first import",
    "first_row_no": "首次行号 first row",
    "in_file": "同一文件 same file",
    "department": "部门 department",
    "item": "目录项 item",
    "items": "应报项 items",
    "supplied": "已报 supplied",
    "missing": "缺失 missing",
    "is_covered": "已覆盖 covered",
    "frequency": "频率 frequency",
    "expected_since": "应有自 since",
    "is_gap": "逾期未报 past due",
    "may_be_nil": "可能无数据 may be nil",
    "state": "状态 state",
    "zh": "要素 element",
    "en": "英文 English",
    "name": "名称 name",
    "subject_zh": "对象 whom",
    "basis": "依据 basis",
    "concerned": "应有 due",
    "present": "已有 present",
    "missing_ratio": "缺失率 share",
    "score": "得分 score",
    "area_code": "辖区 area",
}
_FREQUENCIES = {
    "daily": "每日",
    "weekly": "每周",
    "monthly": "每月",
    "quarterly": "每季",
    "yearly": "每年",
}

From = Annotated[str, typer.Option("--from", help="起始日，默认当年首日 / first day")]
To = Annotated[str, typer.Option("--to", help="截止日，默认今天 / last day")]
Out = Annotated[Path | None, typer.Option(help="另存明细为 Excel / write the details as Excel")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    for name, command in (
        ("overview", overview_command),
        ("timeliness", timeliness_command),
        ("duplicates", duplicates_command),
        ("coverage", coverage_command),
        ("completeness", completeness_command),
    ):
        quality_app.command(name)(command)
    quarantine_app.command("list")(quarantine_command)
    app.add_typer(quality_app, name="quality")
    app.add_typer(quarantine_app, name="quarantine")


def overview_command(out: Out = None) -> None:
    """各来源的接收、入库、退回和滞后 / Received, accepted, rejected, lag and last delivery."""
    settings = get_settings()
    with open_engine(settings) as engine:
        table = overview_of_sources(engine, settings.records_dir, archive=_archive(settings))
    if table.empty:
        _say_nothing_imported()
        return
    shown = ["source", "imports", "rows", "accepted", "rejected", "duplicates", "waiting"]
    _show(
        "同步质量 sync quality", table[[*shown, "archived", "median_lag_days", "last_received_on"]]
    )
    _write(out, [_sheet("同步质量", table)])


def timeliness_command(first: From = "", last: To = "", out: Out = None) -> None:
    """报送及时性：形成日到获知日 / Days from the event to knowledge, per department."""
    settings = get_settings()
    begin, end = _period(first, last)
    with open_engine(settings) as engine:
        report = measure_timeliness(
            engine,
            settings.records_dir,
            catalogue=_catalogue(settings),
            first=begin,
            last=end,
            region=settings.region,
        )
    if report is None:
        _say_nothing_known(begin, end)
        return
    groups = report.groups.assign(kind=_kinds_in_chinese(report.groups["kind"]))
    shown = groups.assign(late_ratio=_percent(groups["late_ratio"], nothing="无时限 no limit"))
    _show(f"及时性（天）timeliness in days · {begin} – {end}", shown)
    _write(out, [_sheet("及时性", groups), _sheet("逾期记录", report.late)])


def duplicates_command(first: From = "", last: To = "", out: Out = None) -> None:
    """重复报送与多头归集 / Records that came again, and facts that several sources tell."""
    settings = get_settings()
    begin, end = _period(first, last)
    with open_engine(settings) as engine:
        report = find_duplicates(engine, settings.records_dir, first=begin, last=end)
    if report is None or report.groups.empty:
        _say_nothing_known(begin, end)
        return
    groups = report.groups.assign(kind=_kinds_in_chinese(report.groups["kind"]))
    shown = groups.assign(repeated_ratio=_percent(groups["repeated_ratio"]))
    _show(f"重复 duplicates · {begin} – {end}", shown)
    if report.shared.num_rows:
        shared = report.shared.slice(0, _SHOWN).to_pandas()
        shared["kind"] = _kinds_in_chinese(shared["kind"])
        columns = ["kind", "enterprise_id", "reference", "sources", "first_source"]
        _show(f"多头归集 told by several sources: {report.shared.num_rows}", shared[columns])
    else:
        console.print("没有多头归集 / no fact is told by several sources")
    _write(
        out,
        [_sheet("重复", groups), _sheet("重复行", report.repeated), _sheet("多头", report.shared)],
    )


def coverage_command(first: From = "", last: To = "", out: Out = None) -> None:
    """归集部门覆盖率与逾期未报 / Coverage by department, and lines past due."""
    settings = get_settings()
    begin, end = _period(first, last)
    with open_engine(settings) as engine:
        report = measure_coverage(
            engine,
            settings.records_dir,
            catalogue=_catalogue(settings),
            first=begin,
            last=end,
            region=settings.region,
        )
    if report is None:
        console.print("归集资源目录没有任何部门 / the collection catalogue names no department")
        return
    columns = ["department", "items", "supplied", "missing"]
    _show(f"归集覆盖 coverage · {begin} – {end}", report.departments[columns])
    status = "" if report.is_target_confirmed else "，目标待法制审核 unconfirmed"
    reached = "达标 reached" if report.is_reached else "未达标 not reached"
    console.print(
        f"覆盖率 coverage {report.covered}/{len(report.departments)} = "
        f"{report.per_mille / 10:.1f}%，目标 target {report.target_per_mille / 10:.1f}%"
        f"（{reached}{status}）"
    )
    gaps = report.lines[report.lines["is_gap"]]
    if gaps.empty:
        console.print("没有逾期未报的目录项 / no line is past due")
    else:
        asked = gaps["may_be_nil"].map({True: "请核实是否无数据 nothing?", False: "逾期 past due"})
        gaps = gaps.assign(frequency=gaps["frequency"].map(_FREQUENCIES), state=asked)
        columns = ["department", "item", "frequency", "expected_since", "due_on", "last_known_on"]
        _show("逾期未报 past due", gaps[[*columns, "state"]])
    _write(out, [_sheet("部门", report.departments), _sheet("目录项", report.lines)])


def completeness_command(
    as_of: Annotated[str, typer.Option(help="截至日期，默认今天 / as-of day")] = "",
    subject: Annotated[
        str, typer.Option(help="对象 / whom: registered, food_business, equipment_user")
    ] = "registered",
    out: Out = None,
) -> None:
    """档案完整度与缺失要素 / How complete archives are, and what each one lacks."""
    settings = get_settings()
    subjects = completeness_table().subjects
    if subject not in subjects:
        known = "、".join(f"{name}（{one.zh}）" for name, one in subjects.items())
        raise typer.BadParameter(f"没有对象 {subject}，可用 / there are: {known}")
    day = parse_day(as_of) if as_of else office_day(utc_now())
    archive = open_archive(settings.archive_dir)
    lacking: list[pa.Table] = []

    def keep(rows: pa.Table) -> None:
        lacking.append(rows.filter(pc.not_equal(rows["missing"], "")))

    with open_engine(settings) as engine, progress_bar("完整度 completeness") as report:
        found = measure_completeness(
            engine,
            archive,
            as_of=day,
            subject=subject,
            take=keep if out is not None else None,
            progress=lambda done, of: report("read", done, of),
        )
    if not found.enterprises:
        console.print(
            f"{day} 没有{subjects[subject].zh} / none on that day: {subjects[subject].en}"
        )
        return
    shown = found.elements[["zh", "subject_zh", "concerned", "missing", "missing_ratio", "basis"]]
    ratio = _percent(shown["missing_ratio"], nothing="–")
    _show(f"档案完整度 completeness · {day}", shown.assign(missing_ratio=ratio))
    console.print(
        f"企业 enterprises {found.enterprises}，齐全 complete {found.complete}，"
        f"平均得分 mean score {found.mean_score:.1f}"
    )
    _write(out, [_sheet("要素", found.elements), *_detail("缺失要素", lacking)])


def quarantine_command(out: Out = None) -> None:
    """列出企业尚未登记的记录 / List records whose enterprise no registration names."""
    settings = get_settings()
    with open_engine(settings) as engine:
        found = find_unknown_enterprises(engine, settings.records_dir)
    if not found.num_rows:
        console.print("没有待登记的记录 / no record waits for a registration")
        return
    table = found.to_pandas()
    table["kind"] = _kinds_in_chinese(table["kind"])
    counts = table.groupby(["provider", "source", "kind"], as_index=False).agg(
        records=("record_id", "nunique"),
        enterprises=("enterprise_id", "nunique"),
        first_known_at=("known_at", "min"),
    )
    enterprises = table["enterprise_id"].nunique()
    _show(f"待登记企业 unknown enterprises: {enterprises}", counts)
    _write(out, [_sheet("汇总", counts), _sheet("记录", table)])


def _archive(settings: Settings) -> Archive | None:
    try:
        return open_archive(settings.archive_dir)
    except ArchiveMissingError:
        return None


def _catalogue(settings: Settings) -> CollectionCatalogue:
    """The office's own catalogue, else that of the simulated city."""
    own = settings.home / _OFFICE_CATALOGUE
    return collection_catalogue(own) if own.is_file() else collection_catalogue()


def _period(first: str, last: str) -> tuple[date, date]:
    end = parse_day(last) if last else office_day(utc_now())
    begin = parse_day(first) if first else date(end.year, 1, 1)
    if begin > end:
        raise typer.BadParameter(f"起始日 {begin} 晚于截止日 {end} / --from is after --to")
    return begin, end


def _say_nothing_imported() -> None:
    console.print("还没有导入任何文件；请先 xinheng import / nothing was imported yet")


def _say_nothing_known(first: date, last: date) -> None:
    console.print(f"{first} 至 {last} 没有获知任何记录 / no record became known in these days")


def _kinds_in_chinese(kinds: "pd.Series[str]") -> "pd.Series[str]":
    return kinds.map({name: kind.zh for name, kind in record_kinds().items()})


def _percent(shares: "pd.Series[float]", *, nothing: str = "") -> "pd.Series[str]":
    return shares.map(lambda share: nothing if pd.isna(share) else f"{share:.1%}")


def _show(title: str, table: pd.DataFrame) -> None:
    print_table(title, [_HEADINGS[name] for name in table.columns], _rows(table))


def _rows(table: pd.DataFrame) -> list[list[Any]]:
    plain = table.astype(object).where(table.notna(), None)
    return [list(row) for row in plain.itertuples(index=False)]


def _sheet(name: str, table: pd.DataFrame | pa.Table) -> Sheet:
    frame = table.to_pandas() if isinstance(table, pa.Table) else table
    return Sheet(name, [_HEADINGS[column] for column in frame.columns], _rows(frame))


def _detail(name: str, parts: list[pa.Table]) -> list[Sheet]:
    return [_sheet(name, pa.concat_tables(parts))] if parts else []


def _write(out: Path | None, sheets: Sequence[Sheet]) -> None:
    if out is not None:
        write_atomically(out, workbook_bytes(sheets))
        console.print(f"明细已写入 details written to {out}", markup=False)
