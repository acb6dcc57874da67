"""Pages for inspectors in the field: own visits by day, results at the door, publication.

The key's name is the inspector's id on the round's roster; whoever is on no roster sees nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

import law
from law.errors import XinhengError
from scoring.double_random.visits import FOLLOW_UP_STATES
from scoring.double_random.visits.board import LATE, PUBLISHING, STATES, TO_PUBLISH
from scoring.errors import ResultsError
from service.answers import answer_for
from service.campaigns import field
from service.campaigns.entering import enter_results
from service.campaigns.visit_form import Form, read_form, standing_form
from service.campaigns.visits import RoundVisits, record_publication, tick_follow_ups
from service.clock import aware, office_day
from service.console.rendering import render
from service.context import Context, ContextDependency
from service.security.permissions import SignInDependency
from service.security.scopes import Scope
from service.security.sessions import SignIn

router = APIRouter(prefix="/visits", include_in_schema=False)
_SEE_OTHER = 303
_LONGEST_FIELD = 20_000


async def _read_fields(request: Request) -> dict[str, str]:
    """The fields of a form, whatever their names: a visit has some for each of its items."""
    form = await request.form()
    return {
        name: value[:_LONGEST_FIELD].replace("\r\n", "\n")
        for name, value in form.items()
        if isinstance(value, str)
    }


_Fields = Annotated[dict[str, str], Depends(_read_fields)]


@dataclass(frozen=True)
class _Asked:
    """A request about one round."""

    request: Request
    context: Context
    who: SignIn
    round_id: str

    @property
    def folder(self) -> Path:
        return self.context.settings.campaigns_dir

    @property
    def today(self) -> date:
        return _today(self.context)

    def visits(self) -> RoundVisits:
        """The round as it stands."""
        return field.open_field(self.folder, self.round_id, self.who.name, today=self.today)


@router.get("")
def show_rounds(request: Request, context: ContextDependency, who: SignInDependency) -> Response:
    """The rounds that this person is on the roster of, with their countdown."""
    rounds = field.rounds_of(context.settings.campaigns_dir, who.name, today=_today(context))
    return render(request, "visit_rounds.html", {**_person(context, who), "rounds": rounds})


@router.get("/{round_id}")
def show_days(
    request: Request, round_id: str, context: ContextDependency, who: SignInDependency
) -> Response:
    """This person's visits by day, in the order of the route."""
    return _days_page(_Asked(request, context, who, round_id))


@router.post("/{round_id}/publish")
def publish(
    request: Request,
    round_id: str,
    context: ContextDependency,
    who: SignInDependency,
    form: _Fields,
) -> Response:
    """Record that the finished results of this person's department are public."""
    _check(context, who, form)
    try:
        record_publication(
            context.settings.campaigns_dir,
            round_id,
            by=who.name,
            published_on=_day(form.get("on", ""), otherwise=_today(context)),
            now=aware(context.clock()),
        )
    except XinhengError as error:
        return _days_page(_Asked(request, context, who, round_id), form=form, error=error)
    return RedirectResponse(f"/visits/{quote(round_id, safe='')}", _SEE_OTHER)


@router.get("/{round_id}/at/{enterprise_id}")
def show_visit(
    request: Request,
    round_id: str,
    enterprise_id: str,
    context: ContextDependency,
    who: SignInDependency,
    saved: bool = False,
) -> Response:
    """One enterprise: items of this person's department with checklist and results."""
    return _visit_page(_Asked(request, context, who, round_id), enterprise_id, saved=saved)


@router.post("/{round_id}/at/{enterprise_id}")
def enter(
    request: Request,
    round_id: str,
    enterprise_id: str,
    context: ContextDependency,
    who: SignInDependency,
    form: _Fields,
) -> Response:
    """Enter results; on faults show all of them and the form again as it was filled in."""
    _check(context, who, form)
    asked = _Asked(request, context, who, round_id)
    visit = field.visit_of(asked.visits(), enterprise_id, who.name)
    entries, faults = read_form(
        form, visit.items, by=who.name, enterprise_id=enterprise_id, today=asked.today
    )
    try:
        enter_results(
            asked.folder,
            round_id,
            entries,
            now=aware(context.clock()),
            conclusion=form.get("conclusion", ""),
            told_before=faults,
        )
    except XinhengError as error:
        return _visit_page(asked, enterprise_id, form=form, error=error)
    return _to_visit(round_id, enterprise_id)


@router.post("/{round_id}/at/{enterprise_id}/follow-up")
def follow_up(
    request: Request,
    round_id: str,
    enterprise_id: str,
    context: ContextDependency,
    who: SignInDependency,
    form: _Fields,
) -> Response:
    """Tick a follow-up off: done on a day, with its number."""
    _check(context, who, form)
    try:
        tick_follow_ups(
            context.settings.campaigns_dir,
            round_id,
            enterprise_id,
            by=who.name,
            done_on=_day(form.get("on", ""), otherwise=_today(context)),
            note=form.get("note", ""),
            now=aware(context.clock()),
            item=form.get("item", ""),
            action=form.get("action", ""),
        )
    except XinhengError as error:
        asked = _Asked(request, context, who, round_id)
        return _visit_page(asked, enterprise_id, ticked=form, error=error)
    return _to_visit(round_id, enterprise_id)


def _check(context: Context, who: SignIn, form: Form) -> None:
    who.check_form(context, form.get("token", ""))
    who.check_scope(Scope.VISITS_WRITE)


def _days_page(
    asked: _Asked, *, form: Form | None = None, error: XinhengError | None = None
) -> Response:
    visits, who = asked.visits(), asked.who
    items, unit = visits.board.items, visits.units[who.name]
    own = items[items["department"].isin(["", unit])]
    waiting = own[own["publishing"].isin([TO_PUBLISH, LATE])]
    page = {
        **_person(asked.context, who),
        **_round(visits),
        "days": field.days_of(asked.folder, visits, who.name),
        "unit": unit,
        "waiting": len(waiting),
        "late": int((waiting["publishing"] == LATE).sum()),
        "publish_by": waiting["publish_by"].min() if len(waiting) else None,
        "form": form or {},
        "error": error,
    }
    return render(asked.request, "visit_days.html", page, status=_status(error))


def _visit_page(
    asked: _Asked,
    enterprise_id: str,
    *,
    form: Form | None = None,
    ticked: Form | None = None,
    error: XinhengError | None = None,
    saved: bool = False,
) -> Response:
    visits, who = asked.visits(), asked.who
    visit = field.visit_of(visits, enterprise_id, who.name)
    found = visits.follow_ups()
    own = found["department"].isin(["", visits.units[who.name]])
    follow_ups = found[own & (found["enterprise_id"] == enterprise_id)].astype(object)
    page = {
        **_person(asked.context, who),
        **_round(visits),
        "visit": visit,
        "team": [
            (person, visits.people["name"].get(person, ""), visits.units.get(person, ""))
            for person in visits.teams[enterprise_id]
        ],
        "in_team": who.name in visits.teams[enterprise_id],
        "checklists": field.checklists(visits),
        "follow_ups": follow_ups.where(follow_ups.notna(), None).to_dict("records"),
        "follow_up_states": FOLLOW_UP_STATES,
        "results": law.codes("inspection_results"),
        "conclusions": law.codes("inspection_conclusions"),
        "form": form or standing_form(visit.items, conclusion=visit.conclusion, today=asked.today),
        "ticked": ticked or {},
        "error": error,
        "saved": saved,
    }
    return render(asked.request, "visit.html", page, status=_status(error))


def _person(context: Context, who: SignIn) -> dict[str, Any]:
    return {
        "who": who,
        "form_token": who.form_token(context),
        "may_write": who.may(Scope.VISITS_WRITE),
        "today": _today(context),
    }


def _round(visits: RoundVisits) -> Mapping[str, Any]:
    board, plan = visits.board, visits.standing.plan
    return {"round": plan.round, "board": board, "states": STATES, "publishing": PUBLISHING}


def _to_visit(round_id: str, enterprise_id: str) -> Response:
    place = f"/visits/{quote(round_id, safe='')}/at/{quote(enterprise_id, safe='')}"
    return RedirectResponse(f"{place}?saved=true", _SEE_OTHER)


def _today(context: Context) -> date:
    return office_day(context.clock())


def _day(text: str, *, otherwise: date) -> date:
    try:
        return date.fromisoformat(text) if text.strip() else otherwise
    except ValueError:
        raise ResultsError(
            f"日期 {text!r} 应写作 2026-11-30", f"The day {text!r} must be like 2026-11-30"
        ) from None


def _status(error: XinhengError | None) -> int:
    return answer_for(error).status if error else 200
