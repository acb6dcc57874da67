"""The console's page of overrides: propose, approve, revoke, see what is in force."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from features.names import same_person
from law.errors import XinhengError
from scoring.grading.overrides import STATES, Proposal
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.answers import answer_for
from service.clock import office_day
from service.console.rendering import render
from service.context import Context, ContextDependency
from service.overrides import operations
from service.security.permissions import SignInDependency
from service.security.scopes import Scope
from service.security.sessions import SignIn

router = APIRouter(prefix="/overrides", include_in_schema=False)
_SEE_OTHER = 303
_SHOWN = 25
_Line = Annotated[str, Form(max_length=200)]
_Text = Annotated[str, Form(max_length=1000)]


@router.get("")
def show_overrides(
    request: Request,
    context: ContextDependency,
    who: SignInDependency,
    enterprise: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Overrides with their states, and the form of a new one."""
    return _page(request, context, who, form={"enterprise": enterprise})


@router.post("")
def propose(
    request: Request,
    context: ContextDependency,
    who: SignInDependency,
    token: _Line = "",
    enterprise: _Line = "",
    grade: _Line = "",
    rule: _Line = "",
    reason: _Text = "",
    evidence: _Text = "",
    expires: _Line = "",
) -> Response:
    """Write a proposal down; on a fault show the form again as it was filled in."""
    who.check_form(context, token)
    who.check_scope(Scope.OVERRIDES_WRITE)
    form = {
        "enterprise": enterprise.strip(),
        "grade": grade,
        "rule": rule,
        "reason": reason,
        "evidence": evidence,
        "expires": expires,
    }
    proposal = Proposal(
        enterprise_id=form["enterprise"],
        grade=grade,
        reason=reason,
        evidence=evidence,
        expires_on=_day(expires),
        by=who.name,
        rule=rule or None,
    )
    try:
        operations.propose(context.settings, context.database, proposal, at=context.clock())
    except XinhengError as error:
        return _page(request, context, who, form=form, error=error)
    return RedirectResponse("/overrides", _SEE_OTHER)


@router.post("/{override_id}/{act}")
def decide(
    request: Request,
    override_id: str,
    act: Literal["approve", "revoke"],
    context: ContextDependency,
    who: SignInDependency,
    token: _Line = "",
    reason: _Text = "",
) -> Response:
    """Approve or revoke."""
    who.check_form(context, token)
    who.check_scope(Scope.OVERRIDES_WRITE)
    do = operations.approve if act == "approve" else operations.revoke
    try:
        do(context.settings, override_id, by=who.name, reason=reason, at=context.clock())
    except XinhengError as error:
        return _page(request, context, who, form={}, error=error)
    return RedirectResponse("/overrides", _SEE_OTHER)


def _page(
    request: Request,
    context: Context,
    who: SignIn,
    *,
    form: dict[str, str],
    error: XinhengError | None = None,
) -> Response:
    on = office_day(context.clock())
    known = operations.list_overrides(context.settings).values()
    shown: list[tuple[Any, str]] = [(one, one.state(on)) for one in known]
    decided = [(one, state) for one, state in reversed(shown) if state != "proposed"]
    page = {
        "who": who,
        "form_token": who.form_token(context),
        "may_write": who.may(Scope.OVERRIDES_WRITE),
        "waiting": [
            (one, same_person(one.proposed_by, who.name))
            for one, state in shown
            if state == "proposed"
        ],
        "others": decided[:_SHOWN],
        "decided": len(decided),
        "states": STATES,
        "rules": operations.direct_rules(context.settings, on=on),
        "form": form,
        "error": error,
        "today": on,
        "statement_zh": STATEMENT_ZH,
        "statement_en": STATEMENT_EN,
    }
    return render(
        request, "overrides.html", page, status=answer_for(error).status if error else 200
    )


def _day(text: str) -> date | None:
    """A day as the browser sends it; none where it is none, which the check then says."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
