"""The rounds of a year, read from their folders."""

from datetime import date

import law
from scoring.double_random.documents import Plan
from scoring.double_random.planning import PLAN
from scoring.double_random.year_plan import YearPlan, make_year_plan
from service.campaigns.approval import read_approval
from service.campaigns.operations import round_states
from service.campaigns.store import draft_folder, frozen_folder
from service.settings import Settings


def open_year(settings: Settings, year: int) -> YearPlan:
    """The plan of a year out of all its rounds, whatever their state.

    Raises
    ------
    scoring.errors.EvidenceError
        A plan can't be read.
    """
    folder = settings.campaigns_dir
    plans = []
    for name, state in round_states(folder).items():
        home = draft_folder(folder, name) if state == "planned" else frozen_folder(folder, name)
        approval = read_approval(folder, name)
        plan = Plan.read((home / PLAN).read_bytes(), name=PLAN)
        plans.append((plan, state, "" if approval is None else approval.approved_by))
    minimum = law.value("double_random.public_information_minimum_per_mille", on=date(year, 1, 1))
    return make_year_plan(year, plans, minimum_per_mille=minimum)
