"""Who is visited in a month, why, and whether the visit finds the problem.

Drawn visits (double random) are uniform inside a stratum of trades. Routine visits go to
enterprises that the officers remember for trouble, complaint visits to where a complaint came
from: both meet more problems than a drawn visit would, on purpose.
"""

from dataclasses import dataclass

import numpy as np

from features.simulation import parameters
from features.simulation.arrays import Array, Dice, stream
from features.simulation.effects import looked_up
from features.simulation.parameters import DETECTION, KINDS, PROCESS
from features.simulation.population import Population

_DRAWN_MONTHS = (3, 4, 5, 6, 8, 9, 10, 11)
_CAMPAIGNS = {
    1: ("food_retail", "food_wholesale"),
    5: ("property", "hotel", "amusement"),
    6: ("catering",),
    9: ("education", "catering"),
    10: ("manufacturing",),
    12: ("food_production", "equipment_trade"),
}
"""Special campaigns: calendar month -> groups visited (New Year goods, lifts, summer, schools)."""
_AFTER_COMPLAINT = {"catering": 0.45, "food_retail": 0.40, "food_production": 0.55}
_AFTER_COMPLAINT_OTHERWISE = 0.25
_REVISITED = 0.8
_DETECTION = np.array([DETECTION[kind] for kind in KINDS] + [0.0])
NO_VISIT = len(KINDS)


@dataclass(frozen=True)
class Rates:
    """One row an enterprise; probabilities or rates a month."""

    drawn: Array
    routine: Array
    special: dict[int, Array]  # by calendar month
    after_complaint: Array
    complaints: Array
    tests: Array  # product sampling
    test_failure: Array  # log-odds at laxness 0


@dataclass(frozen=True)
class Visits:
    """Shape (..., enterprises). `kind` is a position in KINDS, NO_VISIT where nobody came."""

    kind: Array
    found: Array
    detection: Array  # probability that an open problem would have been found


def build_rates(people: Population, category: Array, *, seed: int) -> Rates:
    """How often each enterprise is visited, tested and complained about."""
    rng = stream(seed, "rates")
    size_factor = np.clip((people.employees / 9) ** 0.35, 0.5, 3)
    group = people.group
    drawn = _by_group(group, parameters.DRAWN_A_YEAR, otherwise=parameters.DRAWN_A_YEAR_OTHERWISE)
    routine = _by_group(
        group, parameters.ROUTINE_A_YEAR, otherwise=parameters.ROUTINE_A_YEAR_OTHERWISE
    )
    complaints = _by_group(
        group, parameters.COMPLAINTS_A_YEAR, otherwise=parameters.COMPLAINTS_A_YEAR_OTHERWISE
    )
    district = rng.uniform(0.8, 1.25, 1000)[np.asarray(people.area).astype(int) % 1000]
    return Rates(
        drawn=drawn / len(_DRAWN_MONTHS),
        routine=routine * district / 12,
        special={
            month: parameters.SPECIAL_IN_CAMPAIGN_MONTH * np.isin(group, groups)
            for month, groups in _CAMPAIGNS.items()
        },
        after_complaint=_by_group(group, _AFTER_COMPLAINT, otherwise=_AFTER_COMPLAINT_OTHERWISE),
        complaints=complaints * size_factor / 12,
        tests=_by_group(group, parameters.SAMPLED_A_YEAR, otherwise=0.0) / 12,
        test_failure=PROCESS.test_failure + looked_up(category, parameters.FOOD_CATEGORY_EFFECTS),
    )


def _by_group(group: Array, table: dict[str, float], *, otherwise: float) -> Array:
    known, positions = np.unique(group, return_inverse=True)
    return np.asarray(np.array([table.get(str(name), otherwise) for name in known])[positions])


def draw_visits(
    rates: Rates,
    dice: Dice,
    *,
    present: Array,
    complaint: Array,
    revisit: Array,
    trouble: Array,
    problem: Array,
    calendar_month: int,
) -> Visits:
    """At most one visit an enterprise a month; a follow-up owed goes before every other."""
    kind = np.full(dice.shape, NO_VISIT)
    if calendar_month in _DRAWN_MONTHS:
        kind[present & dice.below(rates.drawn)] = KINDS.index("double_random")
    special = rates.special.get(calendar_month)
    if special is not None:
        kind[present & dice.below(special) & (kind == NO_VISIT)] = KINDS.index("special")
    remembered = np.exp(PROCESS.visits_by_trouble * np.minimum(trouble, PROCESS.most_trouble))
    routine = present & dice.below(rates.routine * remembered) & (kind == NO_VISIT)
    kind[routine] = KINDS.index("routine")
    answered = complaint & dice.below(rates.after_complaint) & (kind == NO_VISIT)
    kind[answered] = KINDS.index("complaint")
    kind[present & revisit & dice.below(_REVISITED)] = KINDS.index("follow_up")
    detection = _DETECTION[kind]
    return Visits(kind=kind, found=problem & dice.below(detection), detection=detection)
