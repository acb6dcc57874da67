"""Charts as SVG, drawn on the server. Lengths are per cent, so that text keeps its size on a phone.

Every chart stands above a table with the same figures; colour never carries meaning alone.
"""

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

_ROW_HEIGHT = 52
_SHAPES = {
    "A": '<circle cx="11" cy="11" r="11"/>',
    "B": '<rect x="1" y="1" width="20" height="20" rx="3"/>',
    "C": '<path d="M11 -2 24 11 11 24 -2 11Z"/>',
    "D": '<path d="M6 0h10l6 6v10l-6 6H6l-6-6V6Z"/>',
}


def grade_mark(grade: str) -> Markup:
    """A to D as a letter in a shape of its own."""
    return Markup(
        '<svg class="mark mark-{0}" viewBox="-3 -3 28 28" role="img" aria-label="{0}">'
        '{1}<text x="11" y="15.5" text-anchor="middle">{0}</text></svg>'
    ).format(grade, Markup(_SHAPES[grade]))


def grade_bars(counts: Mapping[str, int], *, labels: Mapping[str, str]) -> Markup:
    """Horizontal bars, one a grade: letter, name, count and share above each bar."""
    total = sum(counts.values())
    most = max([*counts.values(), 1])
    rows = [
        _grade_bar(
            grade, counts.get(grade, 0), total=total, most=most, top=place * _ROW_HEIGHT, name=name
        )
        for place, (grade, name) in enumerate(labels.items())
    ]
    description = "；".join(f"{grade} {counts.get(grade, 0):,}" for grade in labels)
    return Markup(
        '<svg class="bars" width="100%" height="{}" role="img" aria-label="{}">{}</svg>'
    ).format(
        _ROW_HEIGHT * len(rows),
        f"风险等级分布 grade distribution: {description}",
        Markup("").join(rows),
    )


def _grade_bar(grade: str, count: int, *, total: int, most: int, top: int, name: str) -> Markup:
    share = count / total if total else 0.0
    return Markup(
        '<g class="mark-{grade}"><svg x="0" y="{top}" width="22" height="22" viewBox="-3 -3 28 28">'
        '{shape}<text x="11" y="15.5" text-anchor="middle">{grade}</text></svg>'
        '<text class="label" x="30" y="{base}">{name}</text>'
        '<text class="value" x="100%" y="{base}" text-anchor="end">{count} · {share}</text>'
        '<rect class="track" x="0" y="{bar}" width="100%" height="10" rx="5"/>'
        '<rect x="0" y="{bar}" width="{width}%" height="10" rx="5"/></g>'
    ).format(
        grade=grade,
        shape=Markup(_SHAPES[grade]),
        name=name,
        top=top,
        base=top + 16,
        bar=top + 27,
        count=f"{count:,}",
        share=f"{share:.1%}",
        width=f"{max(100 * count / most, 0.6 if count else 0):.2f}",
    )


def share_strip(counts: Sequence[int], *, grades: Sequence[str], title: str) -> Markup:
    """One strip cut by the shares of the grades, in their order; the figures stand beside it."""
    total = sum(counts) or 1
    parts, left = [], 0.0
    for grade, count in zip(grades, counts, strict=True):
        width = 100 * count / total
        parts.append(
            Markup('<rect class="part-{}" x="{:.2f}%" width="{:.2f}%" height="14"/>').format(
                escape(grade), left, width
            )
        )
        left += width
    return Markup(
        '<svg class="strip" width="100%" height="14" role="img" aria-label="{}">{}</svg>'
    ).format(title, Markup("").join(parts))


def trend_line(values: Sequence[float | None], *, title: str) -> Markup:
    """A small line through the known values of 0 to 100, one a month; nothing below two of them.

    The figures stand beside it. The scale runs from the least to the most of the values, and never
    over fewer than two points, so that a flat line looks flat.
    """
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high = min(value for _, value in known), max(value for _, value in known)
    middle, span = (low + high) / 2, max(high - low, 2.0)
    points = " ".join(
        f"{2 + 76 * place / (len(values) - 1):.1f},{10 - 16 * (value - middle) / span:.1f}"
        for place, value in known
    )
    told = "、".join(f"{value:g}" for _, value in known)
    return Markup(
        '<svg class="trend" width="80" height="20" viewBox="0 0 80 20" role="img" aria-label="{}">'
        '<polyline points="{}"/></svg>'
    ).format(f"{title} 趋势 trend: {told}", points)
