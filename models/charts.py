"""Small SVG charts for model cards: no script, no font, no file beside the page."""

from collections.abc import Mapping, Sequence
from html import escape

_SIZE = 300
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 12, 22, 40
_COLOURS = ("#1f5fa8", "#b4531a", "#3f7d3a", "#7a4fa0")
Point = tuple[float, float]


def line_chart(
    lines: Mapping[str, Sequence[Point]],
    *,
    title: str,
    across: str,
    upward: str,
    limit: float = 1.0,
    dots: bool = False,
) -> str:
    """Lines over a square from 0 to `limit` both ways, with the diagonal for comparison.

    Parameters
    ----------
    lines
        Legend to points (x, y).
    across, upward
        Labels of the axes; `upward` also names what is drawn for a screen reader.
    """
    parts = [_frame(limit), _diagonal(limit), _axis_labels(across, upward)]
    for position, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[position % len(_COLOURS)]
        placed = [_place(point, limit) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if dots:
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed
            ]
        parts.append(_legend(name, position, colour))
    width, height = _SIZE + _LEFT + _RIGHT, _SIZE + _TOP + _BOTTOM
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(parts)}</svg>'
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


def _place(point: Point, limit: float) -> Point:
    x, y = point
    return _LEFT + _SIZE * x / limit, _TOP + _SIZE * (1 - y / limit)


def _frame(limit: float) -> str:
    parts = [
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIZE}" height="{_SIZE}" fill="none" stroke="#999"/>'
    ]
    for step in range(6):
        value = limit * step / 5
        x, y = _place((value, value), limit)
        parts.append(
            f'<text x="{x:.1f}" y="{_TOP + _SIZE + 14}" text-anchor="middle" '
            f'font-size="11">{value:.0%}</text>'
            f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end" font-size="11">'
            f"{value:.0%}</text>"
        )
    return "".join(parts)


def _diagonal(limit: float) -> str:
    (x1, y1), (x2, y2) = _place((0, 0), limit), _place((limit, limit), limit)
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
        f'fill="{colour}">{escape(name)}</text>'
    )
