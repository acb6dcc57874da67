"""Small SVG charts for model cards: no script, no font, no file beside the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_SIZE = 300
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 12, 22, 40
_COLOURS = ("#1f5fa8", "#b4531a", "#3f7d3a", "#7a4fa0")
# Charts of intervals: room for labels, for the intervals, and a row's height.
_LABELS, _SPAN, _ROW = 310, 260, 24
Point = tuple[float, float]


@dataclass(frozen=True)
class _Frame:
    """Ranges of the axes: across from 0, upward from `low`."""

    right: float
    low: float
    high: float

    def place(self, point: Point) -> Point:
        """Where a point lies in the drawing."""
        x, y = point
        share = (y - self.low) / (self.high - self.low)
        return _LEFT + _SIZE * x / self.right, _TOP + _SIZE * (1 - share)


def line_chart(
    lines: Mapping[str, Sequence[Point]],
    *,
    title: str,
    across: str,
    upward: str,
    limit: float = 1.0,
    dots: bool = False,
    heights: tuple[float, float] | None = None,
) -> str:
    """Lines over a square from 0 to `limit` both ways, with the diagonal for comparison.

    Parameters
    ----------
    lines
        Legend to points (x, y).
    across, upward
        Labels of the axes; `upward` also names what is drawn for a screen reader.
    heights
        Lowest and highest value upward, where they are not those across; then there is no diagonal.
    """
    frame = _Frame(limit, *(heights or (0.0, limit)))
    parts = [_grid(frame), _axis_labels(across, upward)]
    if heights is None:
        parts.append(_diagonal(frame))
    for position, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[position % len(_COLOURS)]
        placed = [frame.place(point) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if dots:
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed
            ]
        parts.append(_legend(name, position, colour))
    return _drawing(title, "".join(parts), height=_SIZE + _TOP + _BOTTOM)


def interval_chart(
    rows: Mapping[str, tuple[float, float, float]], *, title: str, percent: bool = False
) -> str:
    """A dot with its interval for each row (value, low, high), and a line at zero if in range."""
    ends = [end for row in rows.values() for end in row]
    least, most = min([0.0, *ends]), max([0.0, *ends])
    width = (most - least) or 1.0
    height = _ROW * len(rows) + 54
    parts = [f'<text x="4" y="14" font-size="13" font-weight="bold">{escape(title)}</text>']
    for number, (name, (value, low, high)) in enumerate(rows.items()):
        y = 40 + _ROW * number
        x, x1, x2 = (_LABELS + _SPAN * (one - least) / width for one in (value, low, high))
        told = f"{value:.1%}" if percent else f"{value:+.3f}"
        parts.append(
            f'<text x="{_LABELS - 8}" y="{y + 4}" text-anchor="end" font-size="12">{escape(name)}'
            f'</text><line x1="{x1:.1f}" y1="{y}" x2="{x2:.1f}" y2="{y}" stroke="{_COLOURS[0]}" '
            f'stroke-width="2"/><circle cx="{x:.1f}" cy="{y}" r="4" fill="{_COLOURS[0]}"/>'
            f'<text x="{_LABELS + _SPAN + 8}" y="{y + 4}" font-size="12">{told}</text>'
        )
    zero = _LABELS + _SPAN * -least / width
    parts.append(
        f'<line x1="{zero:.1f}" y1="26" x2="{zero:.1f}" y2="{height - 18}" stroke="#bbb"/>'
        f'<text x="{zero:.1f}" y="{height - 4}" text-anchor="middle" font-size="11">0</text>'
    )
    return _drawing(title, "".join(parts), height=height, width=_LABELS + _SPAN + 60)


def _drawing(title: str, content: str, *, height: int, width: int = _SIZE + _LEFT + _RIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{content}</svg>'
    )


def bar(share: float) -> str:
    """A horizontal bar as wide as a share of one."""
    width = max(0.0, min(1.0, share)) * 80
    return (
        '<svg width="80" height="10" aria-hidden="true">'
        f'<rect width="{width:.1f}" height="10" fill="{_COLOURS[0]}"/></svg>'
    )


def nice_limit(largest: float) -> float:
    """The next of 0.1, 0.2, 0.5, 1 that holds `largest`."""
    return next((one for one in (0.1, 0.2, 0.5, 1.0) if largest <= one), 1.0)


def _grid(frame: _Frame) -> str:
    parts = [
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIZE}" height="{_SIZE}" fill="none" stroke="#999"/>'
    ]
    for step in range(6):
        right, up = frame.right * step / 5, frame.low + (frame.high - frame.low) * step / 5
        x, y = frame.place((right, up))
        height = f"{up:.0%}" if frame.low == 0 else f"{up:.2f}"
        parts.append(
            f'<text x="{x:.1f}" y="{_TOP + _SIZE + 14}" text-anchor="middle" '
            f'font-size="11">{right:.0%}</text>'
            f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end" font-size="11">'
            f"{height}</text>"
        )
    return "".join(parts)


def _diagonal(frame: _Frame) -> str:
    (x1, y1), (x2, y2) = frame.place((0, 0)), frame.place((frame.right, frame.high))
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#bbb" stroke-dasharray="4 4"/>'


def _axis_labels(across: str, upward: str) -> str:
    middle = _TOP + _SIZE / 2
    return (
        f'<text x="{_LEFT + _SIZE / 2}" y="{_TOP + _SIZE + 32}" text-anchor="middle" '
        f'font-size="12">{escape(across)}</text>'
        f'<text x="11" y="{middle}" text-anchor="middle" font-size="12" '
        f'transform="rotate(-90 11 {middle})">{escape(upward)}</text>'
    )


def _legend(name: str, position: int, colour: str) -> str:
    y = _TOP + _SIZE - 12 - 16 * position
    return (
        f'<text x="{_LEFT + _SIZE - 8}" y="{y}" text-anchor="end" font-size="12" '
        # Readable where a line runs through it.
        f'fill="{colour}" stroke="#fff" stroke-width="3" paint-order="stroke">{escape(name)}</text>'
    )
