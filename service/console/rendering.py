"""Pages from templates, and how numbers, days and codes are written in them."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from features.point_in_time import OFFICE_OFFSET
from service.console import charts, words
from service.console.words import GRADES

_FOLDER = Path(__file__).parent
STATIC_FOLDER = _FOLDER / "static"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=number,
        percent=percent,
        instant=instant,
        query=lambda values: f"?{urlencode(values)}" if values else "?",
        segment=lambda text: quote(text, safe=""),
        word=words.word,
        label=lambda code, table: words.label(table, code),
        indicator_value=words.indicator_value,
        source=words.source_label,
        parameter=words.parameter_label,
    )
    # In a chart on a phone the English would run into the figures: the style sheet hides it there.
    labels = {
        grade: Markup('{} <tspan class="en">{}</tspan>').format(named.zh, named.en)
        for grade, named in GRADES.items()
    }
    environment.globals.update(GRADES=GRADES, charts=charts, grade_labels=labels)
    return environment


def number(value: float | None) -> str:
    """With thousands separated; a dash where there is none."""
    return "—" if value is None else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """One decimal; two below one per cent."""
    if value is None:
        return "—"
    return f"{value:.2%}" if 0 < value < 0.01 else f"{value:.1%}"


def instant(value: datetime | None) -> str:
    """An instant (naive UTC) on the clock of China."""
    return "—" if value is None else f"{value + OFFICE_OFFSET:%Y-%m-%d %H:%M}"


_ENVIRONMENT = _environment()


def download(content: bytes, name: str, kind: str) -> Response:
    """A file to be kept under a name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page. `context` names ``who`` (the sign-in or ``None``) and what the template needs."""
    text = _ENVIRONMENT.get_template(template).render(path=request.url.path, **context)
    return HTMLResponse(text, status, headers=dict(headers or {}))
