"""What a card is made of: headings, paragraphs, tables and charts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.study.evaluate import Interval


@dataclass(frozen=True)
class Grid:
    """A table; `shares` draws a bar beside each row, on the page only."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    shares: Sequence[float | None] = ()


Block = str | Grid


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs and tables, and perhaps charts above them."""

    title: str
    blocks: Sequence[Block]
    chart: Callable[[], str] | None = None


def told(one: Interval | None, *, digits: int = 3) -> str:
    """A figure with its interval."""
    if one is None:
        return "-"
    return f"{one.value:.{digits}f} [{one.low:.{digits}f}, {one.high:.{digits}f}]"


def told_share(one: Interval) -> str:
    """A share with its interval; a dash of no rows."""
    return "-" if one.value != one.value else f"{one.value:.1%} [{one.low:.1%}, {one.high:.1%}]"
