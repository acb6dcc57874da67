"""What every command shows in the same way: progress, tables, days."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import typer
from rich.cells import cell_len, chop_cells
from rich.console import Console

console = Console()
# What stays together on a line: up to a space or a Chinese mark between parts of a sentence.
_WORDS = re.compile(r"[^\s；，、。]*[\s；，、。]+|[^\s；，、。]+")

# What the rooms call their steps, as an official reads it.
_STEPS = {
    "read": "读取 read",
    "import": "导入 import",
    "sort": "归档 archive",
    "archive": "归档 archive",
    "indicators": "指标 indicators",
    "train": "训练 train",
    "context": "汇总 sums over all",
    "grade": "分级 grade",
    "write": "写出 write",
    "simulate": "模拟 simulate",
    "measures": "步骤 steps",
}


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on the terminal; yields what long work calls with (step, done, of)."""
    from rich.progress import (  # slow to import, and short commands show no bar
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("剩余 left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        current = ""

        def report(step: str, done: int, of: int) -> None:
            nonlocal current
            label = _STEPS.get(step, step)
            if step != current:  # what was finished before this call took no time in it
                current = step
                bar.reset(task, completed=done, total=of or None)
            bar.update(task, description=f"{title} · {label}", completed=done, total=of or None)

        yield report


def print_table(title: str, headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table; numbers stand to the right."""
    from rich.table import Table  # as slow

    table = Table(title=title, title_justify="left")
    for position, header in enumerate(headers):
        numeric = bool(rows) and all(isinstance(row[position], int | float) for row in rows)
        # Folded, never cut: an official must be able to read the whole text.
        table.add_column(header, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else f"{value}" for value in row))
    console.print(table)


def fold(text: str, width: int) -> list[str]:
    """The lines of a text in a column, wide characters counted twice.

    Rich folds at spaces alone, of which Chinese has none, and takes ten times as long.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0
        for word in _WORDS.findall(paragraph):
            size = cell_len(word.rstrip())
            if line and used + size > width:
                lines.append(line.rstrip())
                line, used = "", 0
            *full, rest = chop_cells(word, width) if size > width else [word]
            lines += full
            line, used = line + rest, used + cell_len(rest)
        lines.append(line.rstrip())
    return lines


def say(text: str) -> None:
    """A line as it is: brackets in names are no markup, and paths are never broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def parse_day(text: str) -> date:
    """A day of the command line, written 2026-10-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"“{text}” 不是日期，请写成 2026-10-31 的形式 / not a day; write it like 2026-10-31"
        ) from None
