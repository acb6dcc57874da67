"""The report of a round as one HTML page, as a workbook, and as JSON."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from features.messages import Message
from features.workbook import Sheet, workbook_bytes
from scoring.double_random.estimates import words
from scoring.double_random.estimates.estimating import Figure, RoundEstimates
from scoring.double_random.estimates.layout import TEXT, Grid, Section, tell
from scoring.double_random.estimates.report import sections, state

_SHEET_NAME = 31
_LONG = 15  # rows; a longer table is folded


def report_html(estimates: RoundEstimates) -> bytes:
    """One page that needs nothing beside it: no script, no font, no picture."""
    plan = estimates.sample.plan
    heading = (
        f"<h1>{escape(words.TITLE)}</h1><p class=round>{escape(plan.round)} · "
        f"{escape('、'.join(plan.items))} · {plan.task_from} – {plan.task_to}</p>"
    )
    banner = "done" if estimates.sample.is_complete else "open"
    body = "".join(_section(one) for one in sections(estimates))
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(plan.round)} {escape(words.TITLE)}</title><style>{_STYLE}</style></head>"
        f"<body>{heading}<div class='state {banner}'>{_said([state(estimates)])}</div>"
        f"{_said([words.RESTRICTION])}{body}</body></html>"
    ).encode()


def report_workbook(estimates: RoundEstimates) -> bytes:
    """One sheet a section; numbers are numbers."""
    sheets = [_notes(estimates)]
    for one in sections(estimates):
        chinese = one.title.split(" ")[0]
        for place, grid in enumerate(one.grids):
            name = _sheet_name(chinese, place, [sheet.name for sheet in sheets])
            sheets.append(Sheet(name, grid.header, [_plain(row) for row in grid.rows]))
    return workbook_bytes(sheets)


def report_json(estimates: RoundEstimates) -> bytes:
    """Every figure with its limits, method and n; rates as fractions of one."""
    sample, plan = estimates.sample, estimates.sample.plan
    low, high = estimates.bounds
    content = {
        "round": plan.round,
        "items": list(plan.items),
        "task_from": plan.task_from.isoformat(),
        "task_to": plan.task_to.isoformat(),
        "is_complete": sample.is_complete,
        "state": state(estimates)._asdict(),
        "restriction": words.RESTRICTION._asdict(),
        "frame": int(sample.strata["population"].sum()),
        "drawn": int(sample.strata["drawn"].sum()),
        "done": sample.done,
        "rates": {name: _figure(one) for name, one in estimates.rates.items()},
        "problem_total": _figure(estimates.problem_total),
        "bounds_while_missing": {"low": low, "high": high},
        "hit_rate": _figure(estimates.hit_rate),
        "lift": _figure(estimates.lift),
        "visits_per_100_compliant": _figure(estimates.burden),
        "grades": [
            {
                "grade": one.grade,
                "population": one.population,
                "drawn": one.drawn,
                "done": one.done,
                "problems": one.problems,
                "rate": _figure(one.rate),
            }
            for one in estimates.grades
        ],
        "tables": {
            one.title: {
                "said": [said._asdict() for said in one.said],
                "tables": [
                    [dict(zip(_unique(grid.header), _plain(row), strict=True)) for row in grid.rows]
                    for grid in one.grids
                ],
            }
            for one in sections(estimates)
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n"


def _figure(one: Figure) -> Mapping[str, Any]:
    return {
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "method": one.method,
        "n": one.n,
    }


def _plain(row: Sequence[Any]) -> list[Any]:
    """Cells as JSON and Excel know them; what is unknown is empty."""
    cells = (value.item() if hasattr(value, "item") else value for value in row)
    return [None if value != value else value for value in cells]


def _unique(header: Sequence[str]) -> list[str]:
    """Column names with a number where one stands again."""
    seen: dict[str, int] = {}
    named = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        named.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return named


def _notes(estimates: RoundEstimates) -> Sheet:
    plan = estimates.sample.plan
    said: list[Message] = [state(estimates), words.RESTRICTION]
    for one in sections(estimates):
        said += [message for message in one.said if message not in said]
    rows: list[tuple[str, str]] = [
        ("轮次 round", plan.round),
        ("抽查事项 items", "；".join(plan.items)),
        ("任务期 period", f"{plan.task_from} – {plan.task_to}"),
    ]
    rows += [(message.zh, message.en) for message in said]
    return Sheet("说明", ["说明", "Notes"], rows, {"说明": 80, "Notes": 80})


def _sheet_name(title: str, place: int, taken: Sequence[str]) -> str:
    base = title.replace("：", " ")[: _SHEET_NAME - 3]
    name = base if not place else f"{base} {place + 1}"
    while name in taken:
        place += 1
        name = f"{base} {place + 1}"
    return name


def _section(one: Section) -> str:
    chart = "" if one.chart is None else one.chart()
    grids = "".join(_table(grid) for grid in one.grids)
    return f"<section><h2>{escape(one.title)}</h2>{_said(one.said)}{chart}{grids}</section>"


def _said(said: Sequence[Message]) -> str:
    return "".join(
        f"<p>{escape(one.zh)}<br><span lang=en>{escape(one.en)}</span></p>" for one in said
    )


def _table(grid: Grid) -> str:
    classes = ["" if kind == TEXT else " class=n" for kind in grid.kinds]
    header = "".join(
        f"<th{name}>{escape(cell)}</th>" for name, cell in zip(classes, grid.header, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{name}>{escape(tell(value, kind))}</td>"
            for name, kind, value in zip(classes, grid.kinds, row, strict=True)
        )
        + "</tr>"
        for row in grid.rows
    )
    table = f"<div class=wide tabindex=0><table><tr>{header}</tr>{rows}</table></div>"
    if len(grid.rows) <= _LONG:
        return table
    return f"<details><summary>展开 {len(grid.rows)} 行 rows</summary>{table}</details>"


_STYLE = (
    "body{font:15px/1.6 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;"
    "max-width:1040px;margin:24px auto;padding:0 16px;color:#1c2733}"
    "h1{font-size:22px;line-height:1.3}h2{font-size:18px;margin:32px 0 6px}"
    ".round{color:#445}[lang=en]{color:#5a6672;font-size:13px}"
    ".state{border-left:5px solid #2e7d4f;background:#eef6f0;padding:2px 14px}"
    ".state.open{border-color:#b26a00;background:#fdf5e6}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;margin:8px 0;font-size:14px}"
    "th,td{border:1px solid #cfd6dd;padding:4px 8px;text-align:left;vertical-align:top}"
    "td:first-child{min-width:7em}summary{cursor:pointer;color:#123a66;padding:8px 0}"
    "th{background:#f1f4f7;font-weight:600}"
    ".n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}"
    "svg.intervals{display:block;max-width:720px;margin:10px 0;overflow:visible;font-size:13px}"
    "svg .note{fill:#a33;font-size:12px}"
    "@media print{.wide{overflow:visible}table,svg{break-inside:avoid}}"
)
