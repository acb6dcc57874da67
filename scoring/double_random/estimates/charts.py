"""Estimates with their limits as SVG. Lengths are per cent, so that text keeps its size on a phone.

A chart stands above a table with the same figures; colour never carries meaning alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_ROW = 60
_INK, _RANGE, _TRACK = "#123a66", "#8fb3d9", "#e6ebf0"


@dataclass(frozen=True)
class Mark:
    """One row: its label, its estimate with limits, and the same as text."""

    label: str
    value: float
    low: float
    high: float
    told: str


def interval_chart(
    marks: Sequence[Mark], *, title: str, reference: tuple[float, str] | None = None
) -> str:
    """Rows of a bar from the lower to the upper limit with a dot at the estimate.

    The axis runs from 0 to the largest upper limit. `reference` draws a line at a value, with its
    name below the rows.
    """
    most = max([mark.high for mark in marks] + ([reference[0]] if reference else []), default=1.0)
    scale = 100 / most if most > 0 else 100.0
    parts = [_mark(mark, place * _ROW, scale=scale) for place, mark in enumerate(marks)]
    height = _ROW * len(marks) + 4
    if reference is not None:
        at, name = reference
        x = min(at * scale, 100)
        end = "end" if x > 60 else "start"
        # First, so that it lies behind the texts.
        parts.insert(
            0,
            f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="36" y2="{height}" stroke="#a33"'
            ' stroke-dasharray="4 3"/>'
            f'<text x="{x:.2f}%" y="{height + 16}" text-anchor="{end}" class="note">'
            f"{escape(name)}</text>",
        )
        height += 22
    return (
        f'<svg class="intervals" width="100%" height="{height}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _mark(mark: Mark, top: int, *, scale: float) -> str:
    low, high, value = (part * scale for part in (mark.low, mark.high, mark.value))
    width = max(high - low, 0.4)
    return (
        f'<text x="0" y="{top + 15}">{escape(mark.label)}</text>'
        f'<text x="100%" y="{top + 32}" text-anchor="end">{escape(mark.told)}</text>'
        f'<rect x="0" y="{top + 39}" width="100%" height="8" rx="4" fill="{_TRACK}"/>'
        f'<rect x="{low:.2f}%" y="{top + 39}" width="{width:.2f}%" height="8" rx="4" '
        f'fill="{_RANGE}"/>'
        f'<circle cx="{value:.2f}%" cy="{top + 43}" r="6" fill="{_INK}"/>'
    )
