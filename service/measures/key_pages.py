"""The console's pages of the key-supervision list: who waits, is listed, is due, and every act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from features.names import same_person
from law.errors import XinhengError
from scoring.errors import KeySupervisionError
from scoring.key_supervision import (
    NOTIFY,
    SERVE,
    KeyObject,
    due_for_review,
    fold,
    key_supervision_workbook,
    last_edition,
    read_acts,
)
from scoring.key_supervision.register import ACTS_ZH
from service.answers import answer_for
from service.clock import office_day
from service.console.rendering import download, render
from service.console.words import label
from service.context import Context, ContextDependency
from service.errors import UnknownKeyObjectError
from service.measures import key_supervision as acting
from service.measures.words import KEY_STATES, code_pair, ground_parts
from service.security.permissions import SignInDependency
from service.security.scopes import Scope
from service.security.sessions import SignIn

router = APIRouter(prefix="/measures", include_in_schema=False)
_LIST = "/measures/key-supervision"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SEE_OTHER = 303
_SHOWN = 20
KeyState = Literal["", "proposed", "listed", "rejected", "left"]
ActName = Literal["confirm", "reject", "notify", "keep", "leave", "serve"]
_Line = Annotated[str, Form(max_length=200)]
_Text = Annotated[str, Form(max_length=1000)]


@dataclass(frozen=True)
class _Sent:
    """A form as it was sent, shown again where it is refused."""

    chosen: Sequence[str] = ()
    texts: Mapping[str, str] = field(default_factory=dict)


@router.get("/key-supervision")
def show_key_supervision(
    request: Request,
    context: ContextDependency,
    who: SignInDependency,
    state: KeyState = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """The list: who waits, is listed, was notified, is due for review."""
    return _list_page(request, context, who, state=state, page=page)


@router.get("/key-supervision.xlsx")
def export_key_supervision(context: ContextDependency, who: SignInDependency) -> Response:
    """The list, who waits, and every act, as Excel."""
    acts = read_acts(context.settings.key_supervision_dir)
    edition = last_edition(acts)
    content = key_supervision_workbook(fold(acts), acts, edition=edition)
    return download(content, f"key-supervision-{edition}.xlsx", _XLSX)


@router.get("/key-supervision/notices/{notice_no}")
def read_notice(notice_no: str, context: ContextDependency, who: SignInDependency) -> Response:
    """A notice to print, seal and serve."""
    path = acting.notice_file(context.settings, notice_no)
    return download(path.read_bytes(), path.name, "text/html; charset=utf-8")


@router.get("/key-supervision/of/{enterprise_id}")
def show_object(
    request: Request, enterprise_id: str, context: ContextDependency, who: SignInDependency
) -> Response:
    """One object: why it was proposed, what may be done, every act."""
    return _object_page(request, context, who, enterprise_id=enterprise_id)


@router.post("/key-supervision")
def do_act(
    request: Request,
    context: ContextDependency,
    who: SignInDependency,
    act: Annotated[ActName, Form()],
    enterprise: Annotated[list[_Line] | None, Form(max_length=_SHOWN)] = None,
    token: _Line = "",
    reason: _Text = "",
    office: _Line = "",
    measures: _Text = "",
    notice_no: _Line = "",
    method: _Line = "",
    receiver: _Line = "",
    on: _Line = "",
    state: Annotated[KeyState, Form()] = "",
    page: Annotated[int, Form(ge=1, le=100_000)] = 1,
    alone: _Line = "",
) -> Response:
    """Do an act for everybody chosen, all or none; `alone` is the object whose page sent it."""
    who.check_form(context, token)
    who.check_scope(Scope.MEASURES_WRITE)
    texts = {
        "reason": reason,
        "office": office,
        "measures": measures,
        "notice_no": notice_no,
        "method": method,
        "receiver": receiver,
        "on": on,
    }
    sent = _Sent(tuple(enterprise or ()), texts)
    try:
        _do(context, who, act, sent)
    except XinhengError as error:
        if alone:
            return _object_page(request, context, who, enterprise_id=alone, sent=sent, error=error)
        return _list_page(request, context, who, state=state, page=page, sent=sent, error=error)
    target = f"{_LIST}/of/{quote(alone, safe='')}" if alone else f"{_LIST}?state={state}"
    return RedirectResponse(target, _SEE_OTHER)


def _do(context: Context, who: SignIn, act: ActName, sent: _Sent) -> None:
    settings, chosen, texts = context.settings, sent.chosen, sent.texts
    by, reason, at = who.name, texts["reason"], context.clock()
    if act == "confirm":
        told = {name: texts[name] for name in ("office", "measures")}
        acting.confirm(settings, chosen, by=by, reason=reason, at=at, **told)
    elif act == "reject":
        acting.reject(settings, chosen, by=by, reason=reason, at=at)
    elif act == "notify":
        acting.notify(settings, chosen, by=by, at=at)
    elif act == "serve":
        told = {name: texts[name] for name in ("method", "receiver")}
        on = _day(texts["on"])
        acting.record_service(settings, texts["notice_no"], by=by, on=on, at=at, **told)
    else:
        acting.review(settings, chosen, stays=act == "keep", by=by, reason=reason, at=at)


def _list_page(
    request: Request,
    context: Context,
    who: SignIn,
    *,
    state: str,
    page: int,
    sent: _Sent | None = None,
    error: XinhengError | None = None,
) -> Response:
    """Counts of each state, and a page of the objects of one, those due for review first."""
    acts = read_acts(context.settings.key_supervision_dir)
    objects, today = fold(acts), office_day(context.clock())
    due = due_for_review(objects, by=today)
    chosen = [one for one in objects.values() if not state or one.state == state]
    order = [*KEY_STATES]
    chosen.sort(key=lambda one: (one.proposal.enterprise_id not in due, order.index(one.state)))
    pages = max(1, -(-len(chosen) // _SHOWN))
    page = min(page, pages)
    shown = chosen[(page - 1) * _SHOWN : page * _SHOWN]
    told = {
        **_common(context, who, sent, error),
        "state": state,
        "edition": last_edition(acts),
        "counts": {name: sum(one.state == name for one in objects.values()) for name in KEY_STATES},
        "due": len(due),
        "page": page,
        "pages": pages,
        "rows": [_row(one, is_due=one.proposal.enterprise_id in due) for one in shown],
    }
    status = answer_for(error).status if error else 200
    return render(request, "measures_key.html", told, status=status)


def _object_page(
    request: Request,
    context: Context,
    who: SignIn,
    *,
    enterprise_id: str,
    sent: _Sent | None = None,
    error: XinhengError | None = None,
) -> Response:
    one = acting.objects_of(context.settings).get(enterprise_id)
    if one is None:
        raise UnknownKeyObjectError(enterprise_id)
    today = office_day(context.clock())
    is_due = bool(due_for_review({enterprise_id: one}, by=today))
    served = {act.notice_no: act for act in one.acts if act.act == SERVE}
    page = {
        **_common(context, who, sent, error),
        "one": _row(one, is_due=is_due),
        "is_own": same_person(one.proposal.by, who.name),
        "ground": ground_parts(one.proposal.ground),
        "confirmation": one.confirmation,
        "notices": [(act, served.get(act.notice_no)) for act in one.acts if act.act == NOTIFY],
        "acts": [(act, ACTS_ZH[act.act]) for act in reversed(one.acts)],
    }
    status = answer_for(error).status if error else 200
    return render(request, "measures_key_object.html", page, status=status)


def _common(
    context: Context, who: SignIn, sent: _Sent | None, error: XinhengError | None
) -> dict[str, Any]:
    today = office_day(context.clock())
    return {
        "who": who,
        "form_token": who.form_token(context),
        "may_write": who.may(Scope.MEASURES_WRITE),
        "states": KEY_STATES,
        "today": today,
        "usual_measures": acting.usual_measures(context.settings, on=today),
        "sent": sent or _Sent(),
        "error": error,
    }


def _row(one: KeyObject, *, is_due: bool) -> Mapping[str, Any]:
    proposal, confirmation = one.proposal, one.confirmation
    return {
        "enterprise_id": proposal.enterprise_id,
        "name": proposal.name,
        "area": label("areas", proposal.area_code),
        "items": "、".join(code_pair("matters", item)[0] for item in proposal.items),
        "causes": "；".join(proposal.causes),
        "code": one.state,
        "state": KEY_STATES[one.state],
        "office": confirmation.office if confirmation else "",
        "notified": one.last(NOTIFY),
        "served": one.last(SERVE),
        "review_on": one.review_on if one.state == "listed" else None,
        "is_due": is_due,
        "last": one.acts[-1],
    }


def _day(text: str) -> date | None:
    """A day as the browser sends it; None where none was given."""
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise KeySupervisionError(
            f"“{text}”不是日期，请写成 2026-10-31 的形式",
            f'"{text}" is not a day; write it like 2026-10-31',
        ) from None
