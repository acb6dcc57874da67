"""Signing in and out, and the overview."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from law.errors import XinhengError
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.answers import answer_for
from service.clock import office_day
from service.console.rendering import render
from service.console.words import label
from service.context import ContextDependency
from service.credit_checks.operations import list_state
from service.grades import repository as runs
from service.security.permissions import Public, SignInDependency
from service.security.sessions import check_form_token, new_form_token, sign_in, sign_out

router = APIRouter(include_in_schema=False)
_PUBLIC = [Depends(Public("whoever is not signed in yet must reach the sign-in page"))]
_SEE_OTHER = 303
_Target = Annotated[str, Query(alias="next", max_length=500)]


@router.get("/login", dependencies=_PUBLIC)
def show_login(request: Request, context: ContextDependency, target: _Target = "/") -> Response:
    """The sign-in form."""
    return _login_page(request, context, target=target)


@router.post("/login", dependencies=_PUBLIC)
def do_login(
    request: Request,
    context: ContextDependency,
    key: Annotated[str, Form(max_length=200)] = "",
    token: Annotated[str, Form(max_length=200)] = "",
    target: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    """Sign in with an API key of scope `console`."""
    check_form_token(context, request, token)
    response = RedirectResponse(local_path(target), _SEE_OTHER)
    try:
        sign_in(context, key, response=response)
    except XinhengError as error:
        return _login_page(request, context, target=target, error=error)
    return response


@router.post("/logout")
def do_logout(
    context: ContextDependency,
    who: SignInDependency,
    token: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Sign out."""
    who.check_form(context, token)
    response = RedirectResponse("/login", _SEE_OTHER)
    sign_out(context, who, response=response)
    return response


@router.get("/")
def show_overview(request: Request, context: ContextDependency, who: SignInDependency) -> Response:
    """How the grades are distributed, and on what they rest."""
    with context.database.reading() as session:
        run = runs.published_run(session)
        before = runs.run_before(session, as_of=run["as_of"]) if run else None
        lists = list_state(session, context)
    summary = json.loads(run["summary"]) if run else None
    page: dict[str, Any] = {
        "who": who,
        "form_token": who.form_token(context),
        "run": run,
        "before": before,
        "summary": summary,
        "before_counts": json.loads(before["summary"])["by_grade"] if before else None,
        "areas": _areas(summary["by_area_and_grade"]) if summary else [],
        "lists": lists,
        "today": office_day(context.clock()),
        "statement_zh": STATEMENT_ZH,
        "statement_en": STATEMENT_EN,
    }
    return render(request, "overview.html", page)


def _areas(counted: list[list[Any]]) -> list[dict[str, Any]]:
    """One entry a district: its code, label, counts by grade and their sum."""
    found: dict[str, dict[str, int]] = {}
    for code, grade, count in counted:
        found.setdefault(code or "", {})[grade] = count
    return [
        {
            "code": code,
            "label": label("areas", code),
            "counts": [counts.get(grade, 0) for grade in "ABCD"],
            "total": sum(counts.values()),
        }
        for code, counts in found.items()
    ]


def local_path(target: str) -> str:
    """`target` where it is a path of this console, else the overview: no way to another host."""
    is_local = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_local and target.isprintable() and "\\" not in target else "/"


def _login_page(
    request: Request,
    context: ContextDependency,
    *,
    target: str,
    error: XinhengError | None = None,
) -> Response:
    page: dict[str, Any] = {"who": None, "target": local_path(target), "error": error}
    holder = Response()
    page["token"] = new_form_token(context, holder)
    status = answer_for(error).status if error else 200
    response = render(request, "login.html", page, status=status)
    response.raw_headers += [pair for pair in holder.raw_headers if pair[0] == b"set-cookie"]
    return response
