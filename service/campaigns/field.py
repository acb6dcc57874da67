"""What an inspector sees of a round at the door: own visits by day, own department's items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from law.calendar import working_days_between
from scoring.double_random.documents import Plan
from scoring.double_random.itinerary import Stop
from scoring.double_random.libraries import frozen_name, read_library
from scoring.double_random.planning import PLAN
from scoring.double_random.tables import INSPECTORS, read_table
from scoring.errors import PlanError
from service.campaigns.errors import NotYourVisitError
from service.campaigns.operations import round_states
from service.campaigns.publication import planned_stops
from service.campaigns.visits import RoundVisits, open_visits

_PARTS = r"\s*[;；\n]\s*"


@dataclass(frozen=True)
class FieldRound:
    """A drawn round that somebody is on the roster of; days are negative once it is over."""

    round_id: str
    items: tuple[str, ...]
    task_to: date
    days_left: int
    working_days_left: int


@dataclass(frozen=True)
class FieldVisit:
    """One enterprise on somebody's list.

    `items` are those of the own department, one mapping an item as the board has it. `stop` is the
    place on the day's proposed route, 0 without a day.
    """

    enterprise_id: str
    name: str
    address: str
    items: Sequence[dict[str, Any]]
    others: int
    others_open: int
    state: str
    role: str
    conclusion: str
    stop: int

    @property
    def open_items(self) -> int:
        """Own items without a result or a reason."""
        return sum(map(_is_open, self.items))


def rounds_of(campaigns_dir: Path, inspector: str, *, today: date) -> list[FieldRound]:
    """The drawn rounds that have `inspector` on their roster, the last task first."""
    found = []
    for name, state in round_states(campaigns_dir).items():
        if state != "drawn":
            continue
        folder = campaigns_dir / name
        roster = read_table((folder / INSPECTORS.file).read_bytes(), INSPECTORS)
        if inspector not in set(roster["inspector_id"]):
            continue
        plan = Plan.read((folder / PLAN).read_bytes(), name=PLAN)
        left = (plan.task_to - today) // timedelta(days=1)
        working = working_days_between(today, plan.task_to).count
        found.append(FieldRound(name, plan.items, plan.task_to, left, working))
    return sorted(found, key=lambda one: one.task_to, reverse=True)


def open_field(campaigns_dir: Path, round_id: str, inspector: str, *, today: date) -> RoundVisits:
    """A drawn round for somebody who is on its roster.

    Raises
    ------
    NotYourVisitError
        Nobody of that id is.
    UnknownRoundError
        No such round; its subclass RoundNotDrawnError when it is not drawn yet.
    """
    visits = open_visits(campaigns_dir, round_id, today=today)
    if inspector not in visits.units:
        raise NotYourVisitError(round_id, inspector)
    return visits


def days_of(
    campaigns_dir: Path, visits: RoundVisits, inspector: str
) -> list[tuple[date | None, list[FieldVisit]]]:
    """Somebody's visits by day, each day along its route; the day is None where none is planned.

    Enterprises that a reserve replaced have no day any more and come last.
    """
    stops = _stops(campaigns_dir, visits, inspector)
    mine = [uscc for uscc, team in visits.teams.items() if inspector in team]
    days: dict[date | None, list[FieldVisit]] = {}
    for visit in _own_visits(visits, mine, unit=visits.units[inspector], stops=stops):
        stop = stops.get(visit.enterprise_id)
        days.setdefault(None if stop is None else stop.day, []).append(visit)
    ordered = sorted(days.items(), key=lambda pair: (pair[0] is None, pair[0] or date.max))
    return [(day, sorted(listed, key=lambda one: one.stop)) for day, listed in ordered]


def visit_of(visits: RoundVisits, enterprise_id: str, inspector: str) -> FieldVisit:
    """One visit with the items of the own department.

    Raises
    ------
    NotYourVisitError
        Nothing there is for this department to check.
    """
    found = _own_visits(visits, [enterprise_id], unit=visits.units[inspector], stops={})
    if not found:
        round_id = visits.standing.plan.round
        raise NotYourVisitError(round_id, inspector, enterprise_id=enterprise_id)
    return found[0]


def checklists(visits: RoundVisits) -> dict[str, dict[str, Any]]:
    """Basis, method and points of the checklist by item, from the libraries frozen with the round.

    Empty where the round was planned without them.
    """
    path = visits.folder / frozen_name("items")
    if not path.is_file():
        return {}
    items = read_library("items", path.read_bytes()).set_index("item")
    points = items["checklist"].str.strip().str.split(_PARTS, regex=True)
    kept = items[["basis", "method"]].assign(points=points)
    rows = zip(kept.index, kept.to_dict("records"), strict=True)
    return {str(item): {str(name): told for name, told in row.items()} for item, row in rows}


def _stops(campaigns_dir: Path, visits: RoundVisits, inspector: str) -> dict[str, Stop]:
    try:
        stops = planned_stops(campaigns_dir, visits.standing)
    except PlanError:
        # More visits than the days hold: the list is shown without days.
        return {}
    return {stop.uscc: stop for stop in stops if stop.inspector_id == inspector}


def _own_visits(
    visits: RoundVisits, usccs: Sequence[str], *, unit: str, stops: Mapping[str, Stop]
) -> list[FieldVisit]:
    """Those of `usccs` that are visited for an item of the department `unit`."""
    board = visits.board
    items = board.items[board.items["enterprise_id"].isin(usccs)].astype(object)
    by_enterprise: dict[str, list[dict[str, Any]]] = {}
    for item in items.where(items.notna(), None).to_dict("records"):
        told = {str(name): value for name, value in item.items()}
        by_enterprise.setdefault(told["enterprise_id"], []).append(told)
    rows = board.visits[board.visits["enterprise_id"].isin(usccs)].to_dict("records")
    found = [
        _field_visit(
            visits,
            {str(name): value for name, value in row.items()},
            items=by_enterprise[row["enterprise_id"]],
            unit=unit,
            stop=stops.get(row["enterprise_id"]),
        )
        for row in rows
    ]
    return [one for one in found if one.items]


def _field_visit(
    visits: RoundVisits,
    row: Mapping[str, Any],
    *,
    items: Sequence[dict[str, Any]],
    unit: str,
    stop: Stop | None,
) -> FieldVisit:
    uscc = row["enterprise_id"]
    others = [one for one in items if one["department"] not in ("", unit)]
    return FieldVisit(
        enterprise_id=uscc,
        name=visits.objects[uscc]["name"],
        address=visits.objects[uscc]["address"],
        items=[one for one in items if one["department"] in ("", unit)],
        others=len(others),
        others_open=sum(map(_is_open, others)),
        state=row["state"],
        role=row["role"],
        conclusion=row["conclusion"],
        stop=0 if stop is None else stop.stop,
    )


def _is_open(item: Mapping[str, Any]) -> bool:
    return item["result_code"] is None and not item["is_unfulfilled"]
