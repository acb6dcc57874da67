"""The model card: what a model is, what it learned from, how well it does, how to read it.

One description (`card_sections.py`), two renderings: Markdown, and a self-contained page.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from rich.table import Table

from models.cards.blocks import Grid, Section
from models.cards.charts import bar
from models.cards.sections import figures_grid, sections
from models.trained import TrainedModels


def card_markdown(trained: TrainedModels, *, created_at: datetime) -> str:
    """The card in Markdown; charts stand in it as SVG, which some viewers leave out."""
    lines = ["# 模型说明书 Model card", ""]
    for section in sections(trained, created_at):
        lines += [f"## {section.title}", ""]
        if section.chart is not None:
            lines += [section.chart(), ""]
        for block in section.blocks:
            lines += [block] if isinstance(block, str) else _markdown_table(block)
            lines.append("")
    return "\n".join(lines)


def card_html(trained: TrainedModels, *, created_at: datetime) -> str:
    """The card as one page that needs nothing beside it."""
    return page_html("模型说明书 Model card", sections(trained, created_at))


def page_html(title: str, parts: Iterable[Section]) -> str:
    """Sections as one page that needs nothing beside it."""
    body = []
    for section in parts:
        body.append(f"<h2>{escape(section.title)}</h2>")
        if section.chart is not None:
            body.append(f"<div class=charts>{section.chart()}</div>")
        body += [
            f"<p>{escape(block)}</p>" if isinstance(block, str) else _html_table(block)
            for block in section.blocks
        ]
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{''.join(body)}</body></html>"
    )


def metrics_table(trained: TrainedModels) -> Table:
    """Figures on the test window, for the terminal."""
    grid = figures_grid(trained)
    table = Table(title="检验窗口评估 Figures on the test window")
    for position, name in enumerate(grid.header):
        # Chinese has no spaces to break at: a long name goes on below, nothing is cut off.
        table.add_column(name, justify="left" if position == 0 else "right", overflow="fold")
    for row in grid.rows:
        table.add_row(*row)
    return table


def _markdown_table(grid: Grid) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return [line(grid.header), line(["---"] * len(grid.header)), *map(line, grid.rows)]


def _html_table(grid: Grid) -> str:
    header = "".join(f"<th>{escape(cell)}</th>" for cell in grid.header)
    if grid.shares:
        header += "<td></td>"  # above the bars, whose figures stand beside them
    shares = [*grid.shares] or [None] * len(grid.rows)
    rows = "".join(
        "<tr>"
        + "".join(_html_cell(cell, is_first=at == 0) for at, cell in enumerate(row))
        + ("" if share is None else f"<td>{bar(share)}</td>")
        + "</tr>"
        for row, share in zip(grid.rows, shares, strict=True)
    )
    table = f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<div class=wide>{table}</div>"


def _html_cell(cell: str, *, is_first: bool) -> str:
    """Figures stand to the right on one line, words to the left."""
    number = " class=n" if not is_first and _NUMBER.match(cell) else ""
    return f"<td{number}>{escape(cell)}</td>"


# A number, perhaps with its unit or interval, or the dash that stands for none.
_NUMBER = re.compile(r"[+-]?\d[\d.,%]*(\s[±\[].*)?$|-$")

_STYLE = (
    "body{font:15px/1.6 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;"
    "max-width:1080px;margin:24px auto;padding:0 16px;color:#222;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;margin:8px 0}"
    "th,td{border:1px solid #ccc;padding:3px 8px;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "h2{font-size:17px;margin-top:28px}.charts{display:flex;flex-wrap:wrap;gap:16px}"
    ".wide{overflow-x:auto;overflow-wrap:normal}"
    "svg{max-width:100%;height:auto}"
)
