"""A simulation or a comparison as tables that a person reads: one set of sheets, Excel or HTML."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import law
from features.workbook import Sheet, workbook_bytes
from models.rating.cutoffs import GRADES
from scoring.grading.comparison import Alarm, Change, Comparison, Mover
from scoring.grading.movements import GROUPS, Movement
from scoring.grading.simulation import Simulation
from scoring.industries import industry_name
from scoring.workbook import BASIS_ZH, NOT_LISTED, STATEMENT_EN, STATEMENT_ZH

_SHOWN_IN_HTML = 300
_WIDE = {
    "统一社会信用代码": 22,
    "名称": 36,
    "变化的原因": 80,
    "依据说明": 50,
    "内容": 60,
    "项目": 34,
}


@dataclass(frozen=True)
class Report:
    """A title, what it rests on, and its sheets."""

    title_zh: str
    title_en: str
    facts: Sequence[tuple[str, Any]]
    sheets: Sequence[Sheet]


def simulation_report(found: Simulation, *, facts: Sequence[tuple[str, Any]]) -> Report:
    """Who would move under changed rules, and the workload."""
    movement = found.movement
    rows = [
        ("等级上升（风险升高） riskier", movement.riskier),
        ("等级下降（风险降低） safer", movement.safer),
        ("每年检查次数（现行） visits before", round(sum(found.visits_before.values()))),
        ("每年检查次数（变更后） visits after", round(sum(found.visits_after.values()))),
    ]
    return Report(
        "规则变更模拟",
        "Simulation of a change of rules",
        [*facts, *rows],
        [
            _matrix_sheet(movement),
            _visits_sheet(found),
            *_group_sheets(movement),
            Sheet("变动企业", _MOVED_HEADERS, _moved_rows(found), _WIDE),
        ],
    )


def comparison_report(found: Comparison, *, facts: Sequence[tuple[str, Any]]) -> Report:
    """What changed between two runs."""
    movement = found.movement
    rows = [
        ("两期都有的企业 in both", movement.total),
        ("新进入 entered", found.entered),
        ("退出 left", found.left),
        ("等级上升（风险升高） riskier", movement.riskier),
        ("等级下降（风险降低） safer", movement.safer),
        ("概率分布稳定性指数 PSI", round(found.psi, 4)),
    ]
    alarms = Sheet(
        "报警", ("报警项", "数值（千分比）", "报警线"), [_alarm_row(one) for one in found.alarms]
    )
    return Report(
        "两期分级对比",
        "Two runs side by side",
        [*facts, *rows],
        [
            alarms,
            _matrix_sheet(movement),
            *_group_sheets(movement),
            _mover_sheet("风险升高企业", found.riskier),
            _mover_sheet("风险降低企业", found.safer),
        ],
    )


def report_workbook(report: Report) -> bytes:
    """The report as Excel, with what a grade is not."""
    facts = [*report.facts, ("说明", STATEMENT_ZH), ("Note", STATEMENT_EN)]
    return workbook_bytes([Sheet("概览", ("项目", "内容"), facts, _WIDE), *report.sheets])


def report_html(report: Report) -> bytes:
    """The report as one page without anything from elsewhere; long tables are cut and say so."""
    facts = "".join(
        f"<tr><th scope=row>{_text(name)}</th><td>{_text(value)}</td></tr>"
        for name, value in report.facts
    )
    tables = "".join(_html_sheet(sheet) for sheet in report.sheets)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.title_zh)} {escape(report.title_en)}</title>"
        f"<style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(report.title_zh)} <small lang=en>{escape(report.title_en)}</small></h1>"
        f"<p class=note>{STATEMENT_ZH}<br><span lang=en>{STATEMENT_EN}</span></p>"
        f"<table class=facts><caption>概览 Overview</caption>{facts}</table>{tables}"
        f"</main></body></html>"
    ).encode()


def change_text(change: Change, *, unlisted: Collection[str] = ()) -> str:
    """One changed contribution: its points before and after, negative meaning risk.

    未列入: not among the main reasons of that run. 未列出: that run listed no reasons of it
    (`unlisted`: ``before``, ``after``).
    """
    points = [
        f"{told:+.1f}" if told is not None else NOT_LISTED if side in unlisted else "未列入"
        for side, told in (("before", change.before), ("after", change.after))
    ]
    return f"{change.zh} {points[0]} → {points[1]} 分"


def mover_text(mover: Mover) -> str:
    """Why a grade changed: another basis with its ground, then the contributions."""
    parts = [change_text(change, unlisted=mover.unlisted) for change in mover.changes]
    if mover.basis_before != mover.basis_after or mover.ground:
        told = f"{_basis(mover.basis_before)} → {_basis(mover.basis_after)}"
        parts.insert(0, f"依据 {told}" + (f"：{mover.ground}" if mover.ground else ""))
    nothing = "（主要原因未列出）" if len(mover.unlisted) == 2 else ""
    return ("；".join(parts) or "概率越过分界") + nothing


def alarm_text(alarm: Alarm) -> str:
    """What an alarm watches, with its area."""
    label = law.codes("run_alarms")[alarm.code].zh
    return f"{label}：{group_label('area_code', alarm.area_code)}" if alarm.area_code else label


def group_label(group: str, code: str) -> str:
    """How a group is called; sizes are texts already."""
    if group == "industry_code" and code:
        return industry_name(code)
    known = law.codes("areas").get(code) if group == "area_code" else None
    return known.zh if known else code or "未填写"


def _matrix_sheet(movement: Movement) -> Sheet:
    rows = [
        (f"原 {grade} 类", *cells, sum(cells))
        for grade, cells in zip(GRADES, movement.matrix, strict=True)
    ]
    rows.append(("合计", *movement.after().values(), movement.total))
    return Sheet(
        "迁移矩阵", ("原等级＼现等级", *(f"现 {grade} 类" for grade in GRADES), "合计"), rows
    )


def _visits_sheet(found: Simulation) -> Sheet:
    before, after = found.movement.before(), found.movement.after()
    rows: list[tuple[Any, ...]] = [
        (
            grade,
            before[grade],
            after[grade],
            round(found.visits_before[grade], 1),
            round(found.visits_after[grade], 1),
            round(found.visits_after[grade] - found.visits_before[grade], 1),
        )
        for grade in GRADES
    ]
    rows.append(("合计", *(round(sum(row[at] for row in rows), 1) for at in range(1, 6))))
    headers = ("等级", "现行企业数", "变更后企业数", "现行检查次数", "变更后检查次数", "增减")
    return Sheet("工作量", headers, rows)


def _group_sheets(movement: Movement) -> Iterator[Sheet]:
    headers = ("企业数", "风险升高", "风险降低", "变动占比", "原 D 类", "现 D 类")
    for name, title in GROUPS.items():
        rows = [
            (
                group_label(name, group.code),
                group.total,
                group.riskier,
                group.safer,
                f"{group.moved_share:.1%}",
                group.grade_d_before,
                group.grade_d_after,
            )
            for group in movement.groups[name]
        ]
        yield Sheet(f"按{title}", (title, *headers), rows, {title: 30})


_MOVED_HEADERS = (
    "统一社会信用代码", "名称", "辖区", "行业", "规模",
    "原等级", "现等级", "原依据", "现依据", "依据说明",
)  # fmt: skip


def _moved_rows(found: Simulation) -> list[tuple[Any, ...]]:
    return [
        (
            row["enterprise_id"],
            row["name"],
            group_label("area_code", row["area_code"] or ""),
            group_label("industry_code", row["industry_code"] or ""),
            row["size"] or "未填写",
            row["grade"],
            row["grade_after"],
            _basis(row["basis"]),
            _basis(row["basis_after"]),
            row["ground_after"],
        )
        for batch in found.movers.to_batches(max_chunksize=10_000)
        for row in batch.to_pylist()
    ]


def _mover_sheet(title: str, movers: Sequence[Mover]) -> Sheet:
    headers = (
        "统一社会信用代码", "名称", "辖区", "行业", "原等级", "现等级",
        "原概率", "现概率", "变化的原因",
    )  # fmt: skip
    rows = [
        (
            one.enterprise_id,
            one.name,
            group_label("area_code", one.area_code),
            group_label("industry_code", one.industry_code),
            one.before,
            one.after,
            f"{one.probability_before:.2%}",
            f"{one.probability_after:.2%}",
            mover_text(one),
        )
        for one in movers
    ]
    return Sheet(title, headers, rows, _WIDE)


def _alarm_row(alarm: Alarm) -> tuple[Any, ...]:
    return alarm_text(alarm), alarm.value, alarm.limit


def _basis(code: str) -> str:
    return BASIS_ZH.get(code, code)


def _html_sheet(sheet: Sheet) -> str:
    rows: Sequence[Sequence[Any]] = list(sheet.rows)
    head = "".join(f"<th scope=col>{_text(header)}</th>" for header in sheet.headers)
    body = "".join(
        "<tr>" + "".join(f"<td>{_text(value)}</td>" for value in row) + "</tr>"
        for row in rows[:_SHOWN_IN_HTML]
    )
    if not rows:
        body = f'<tr><td colspan="{len(sheet.headers)}">无 none</td></tr>'
    cut = len(rows) - _SHOWN_IN_HTML
    more = f"<p>另有 {cut} 行，见 Excel 文件 <span lang=en>{cut} more rows in Excel</span></p>"
    return (
        f"<h2>{_text(sheet.name)}</h2><div class=scroll><table><caption>{_text(sheet.name)}"
        f"</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        + (more if cut > 0 else "")
    )


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return escape("" if value is None else str(value))


_STYLE = """
body{margin:0;background:#f4f6f7;color:#17242d;font:16px/1.6 "Noto Sans SC","Noto Sans CJK SC",
"PingFang SC","Microsoft YaHei",system-ui,sans-serif}
main{max-width:1200px;margin:0 auto;padding:1.25rem}
h1{font-size:1.6rem} h1 small,[lang=en]{color:#52626d;font-weight:400;font-size:.8em}
h2{font-size:1.15rem;margin:1.75rem 0 .5rem}
.note{background:#e9f2f6;border-left:4px solid #0e3f5c;padding:.6rem 1rem;font-size:.93rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;background:#fff;font-size:.93rem}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{border:1px solid #d8e0e5;padding:.4rem .6rem;text-align:left;vertical-align:top}
thead th{background:#e8eef4} td{font-variant-numeric:tabular-nums}
.facts th{width:45%;font-weight:500;background:#f7fafb}
@media (max-width:640px){main{padding:.8rem} th,td{padding:.3rem .4rem}}
@media print{body{background:#fff} .scroll{overflow:visible}}
"""


def changed_basis(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What two runs do not share beside the records: model, cut-offs, rules; zh and en."""
    pairs = zip(describe_manifest(before)[2:], describe_manifest(after)[2:], strict=True)
    return [
        (f"{name.split()[0]}：{was} → {now}", f"{name.split(maxsplit=1)[1]} changed")
        for (name, was), (_, now) in pairs
        if was != now and not name.startswith("档案")
    ]


def describe_manifest(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a run rests on, for the head of a report."""
    policy = manifest.get("policy") or {}
    return [
        ("批次 run", str(manifest["run_id"])),
        ("截至 as of", str(manifest["as_of"])),
        ("模型 model", str(manifest["model_version"])),
        ("档案 archive", str(manifest["archive_build"])),
        ("规则版本 rules", policy.get("version") or "法规与模型默认 law and model"),
        ("分界版本 cut-offs", policy.get("cut_offs_version") or "模型自带 the model's own"),
        (
            "分界选定于另一模型 cut-offs chosen on another model",
            manifest.get("cut_offs_chosen_on_other_model") or "否 no",
        ),
    ]
