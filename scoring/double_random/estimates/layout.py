"""What a report is made of: headings, paragraphs, tables and charts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from features.messages import Message
from scoring.double_random.estimates import words

# How a column's numbers are told: per cent, whole, two decimals, or as they are.
PERCENT, WHOLE, DECIMAL, TEXT = "percent", "whole", "decimal", "text"


@dataclass(frozen=True)
class Grid:
    """A table of numbers and texts; `kinds` say how each column is told."""

    header: Sequence[str]
    kinds: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Section:
    """A heading, what is said below it, its tables, and a chart for the page."""

    title: str
    said: Sequence[Message] = ()
    grids: Sequence[Grid] = ()
    chart: Callable[[], str] | None = None


def tell(value: Any, kind: str) -> str:
    """A cell as text; a dash where nothing is known."""
    if value is None or value != value:
        return "—"
    if kind == PERCENT:
        return f"{value:.2%}"
    if kind == WHOLE:
        return f"{value:,.0f}"
    return f"{value:.2f}" if kind == DECIMAL else str(value)


def behind(method: str, n: int) -> Message:
    """Method and visits of a whole table, where the rows have none of their own."""
    name = words.METHODS[method]
    return Message(f"方法：{name}；检查数 {n}。", f"Method: {name}; {n} visits.")
