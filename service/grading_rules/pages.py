"""The console's pages of grading rules: versions with their simulations, and the acts on them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from features.names import same_person
from law.errors import XinhengError
from scoring.grading import rule_history
from scoring.grading.reports import group_label
from scoring.grading.rule_files import check_rules
from scoring.grading.rule_history import in_force, state_of, states
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.answers import answer_for
from service.console.rendering import download, render
from service.context import Context, ContextDependency
from service.grading_rules import operations, store
from service.grading_rules.rule_form import form_content
from service.grading_rules.simulations import read_book, read_simulation
from service.grading_rules.words import change_lines, cut_off_lines
from service.model_registry.in_use import register_of
from service.security.permissions import SignInDependency
from service.security.scopes import Scope
from service.security.sessions import SignIn
from service.settings import Settings

router = APIRouter(prefix="/rules", include_in_schema=False)
_SEE_OTHER = 303
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_GROUPS_SHOWN = 15
_MOST_FIELDS, _LONGEST = 50, 1000
_GROUPS = (
    ("area_code", "辖区", "district"),
    ("size", "注册资本", "capital"),
    ("industry_code", "行业", "industry"),
)
# What a form of the page asks for, and the act that it is.
_ACTS = {
    "approve": rule_history.APPROVED,
    "publish": rule_history.PUBLISHED,
    "withdraw": rule_history.WITHDRAWN,
}
_KINDS = {"simulate": rule_history.SIMULATED, **_ACTS}
_ACT_WORDS = {
    rule_history.PROPOSED: ("提出", "proposed"),
    rule_history.SIMULATED: ("模拟", "simulated"),
    rule_history.APPROVED: ("批准", "approved"),
    rule_history.PUBLISHED: ("施行", "published"),
    rule_history.WITHDRAWN: ("撤回", "withdrawn"),
}
ActName = Literal["simulate", "approve", "publish", "withdraw"]


@router.get("")
def show_rules(request: Request, context: ContextDependency, who: SignInDependency) -> Response:
    """Every version with its state and what its simulation found, and the form of a new one."""
    return _list_page(request, context, who, form={})


@router.post("")
async def propose(request: Request, context: ContextDependency, who: SignInDependency) -> Response:
    """Make a version as the form says; on a fault show the form again as it was filled in."""
    sent = await request.form(max_fields=_MOST_FIELDS)
    form = {name: str(text)[:_LONGEST] for name, text in sent.items()}
    return await run_in_threadpool(_propose, request, context, who, form=form)


def _propose(request: Request, context: Context, who: SignIn, *, form: dict[str, str]) -> Response:
    who.check_form(context, form.pop("token", ""))
    who.check_scope(Scope.RULES_WRITE)
    settings = context.settings
    try:
        keys = frozenset(operations.direct_rule_names(settings))
        asked = check_rules(form_content(form), where="表单 form", direct_rules=keys)
        made = operations.propose_rules(settings, asked, by=who.name, at=context.clock())
    except XinhengError as error:
        return _list_page(request, context, who, form=form, error=error)
    return RedirectResponse(f"/rules/{made.version}", _SEE_OTHER)


def _list_page(
    request: Request,
    context: Context,
    who: SignIn,
    *,
    form: Mapping[str, str],
    error: XinhengError | None = None,
) -> Response:
    settings = context.settings
    acts = store.read_acts(settings)
    page = {
        **_common(context, who),
        "versions": [
            _version(settings, version, state) for version, state in reversed(states(acts).items())
        ],
        "in_force": in_force(acts),
        "other_model": _other_model(settings),
        "cut_offs_version": store.policy_in_force(settings).cut_offs_version,
        "direct_rules": operations.direct_rule_names(settings),
        "form": form,
        "error": error,
    }
    return render(request, "rules.html", page, status=answer_for(error).status if error else 200)


@router.get("/{version}")
def show_version(
    request: Request, version: str, context: ContextDependency, who: SignInDependency
) -> Response:
    """One version: what it changes, who would move, the workload, every act."""
    return _version_page(request, context, who, version=version)


@router.get("/{version}/simulation.xlsx")
def export_simulation(version: str, context: ContextDependency, who: SignInDependency) -> Response:
    """Everybody who would move, as Excel."""
    state_of(store.read_acts(context.settings), version)
    return download(read_book(context.settings, version), f"simulation-{version}.xlsx", _XLSX)


@router.post("/{version}/{act}")
def decide(
    request: Request,
    version: str,
    act: ActName,
    context: ContextDependency,
    who: SignInDependency,
    token: Annotated[str, Form(max_length=200)] = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Simulate, approve, publish or withdraw, in the name of who is signed in."""
    who.check_form(context, token)
    who.check_scope(Scope.RULES_WRITE)
    settings, at = context.settings, context.clock()
    try:
        if act == "simulate":
            operations.simulate(settings, version, by=who.name, at=at)
        else:
            operations.act_on(settings, version, kind=_ACTS[act], by=who.name, reason=reason, at=at)
    except XinhengError as error:
        return _version_page(request, context, who, version=version, error=error)
    return RedirectResponse(f"/rules/{version}", _SEE_OTHER)


def _version_page(
    request: Request,
    context: Context,
    who: SignIn,
    *,
    version: str,
    error: XinhengError | None = None,
) -> Response:
    settings = context.settings
    acts = store.read_acts(settings)
    one = _version(settings, version, state_of(acts, version))
    simulation = one["simulation"]
    page = {
        **_common(context, who),
        "one": one,
        "is_own": same_person(one["rules"].by, who.name),
        "may": {name: rule_history.may_follow(one["state"], kind) for name, kind in _KINDS.items()},
        "acts": [
            {**act, "instant": datetime.fromisoformat(act["at"])}
            for act in acts
            if act["version"] == version
        ],
        "act_words": _ACT_WORDS,
        "groups": _groups(simulation) if simulation else [],
        "error": error,
    }
    status = answer_for(error).status if error else 200
    return render(request, "rules_version.html", page, status=status)


def _common(context: Context, who: SignIn) -> dict[str, Any]:
    return {
        "who": who,
        "form_token": who.form_token(context),
        "may_write": who.may(Scope.RULES_WRITE),
        "states": rule_history.STATES,
        "statement_zh": STATEMENT_ZH,
        "statement_en": STATEMENT_EN,
    }


def _version(settings: Settings, version: str, state: str) -> dict[str, Any]:
    rules = store.read_version(settings, version)
    named = rules.cut_offs_version
    lines = cut_off_lines(store.read_cut_offs(settings, named)) if named else []
    return {
        "version": version,
        "state": state,
        "rules": rules,
        "lines": [
            *lines,
            *change_lines(rules.changes, rule_names=operations.direct_rule_names(settings)),
        ],
        "simulation": read_simulation(settings, version),
    }


def _other_model(settings: Settings) -> str | None:
    """The model that the cut-offs in force were chosen on, where another one is in use."""
    champion = register_of(settings).champion
    return store.policy_in_force(settings).chosen_on_other(champion) if champion else None


def _groups(simulation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The groups with most movers of each kind; the rest are in the Excel file."""
    return [
        {
            "zh": zh,
            "en": en,
            "rows": [
                {**row, "label": group_label(name, row["code"])}
                for row in sorted(simulation["groups"][name], key=_moved, reverse=True)
            ][:_GROUPS_SHOWN],
        }
        for name, zh, en in _GROUPS
    ]


def _moved(group: Mapping[str, Any]) -> int:
    return int(group["riskier"]) + int(group["safer"])
