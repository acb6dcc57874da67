"""Every number of the simulated process in one place. docs/simulated_city.md explains them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class ProcessParameters:
    """Numbers of the latent process; log-odds unless a comment says otherwise."""

    intercept: float = -2.72
    # persistent and drifting parts of how well an enterprise is run (standard deviations)
    quality_sd: float = 0.24
    owner_sd: float = 0.25
    address_sd: float = 0.25
    drift_sd: float = 0.18
    drift_memory: float = 0.975  # correlation of one month with the next
    # after a problem more problems follow; after a penalty fewer do
    heat_memory: float = 0.92
    heat_most: float = 1.7
    heat_by_problem: float = 0.06
    heat_by_complaint: float = 0.42
    heat_by_finding: float = 0.42
    heat_by_failed_test: float = 0.60
    correction_memory: float = 0.90
    correction_by_finding: float = 0.20
    correction_by_penalty: float = 0.60
    # a serious problem that nobody finds ends by itself in a month with this probability
    cure: float = 0.45
    cure_when_found: float = 0.85
    # complaints
    complaint_by_laxness: float = 1.3
    complaint_by_problem: float = 1.1
    verified_if_problem: float = 0.60
    verified_otherwise: float = 0.15
    # product sampling tests of food
    test_failure: float = -3.5
    test_failure_by_laxness: float = 0.8
    test_failure_by_problem: float = 1.0
    # what an officer remembers, and how much more often he then comes
    trouble_memory: float = 0.92
    visits_by_trouble: float = 0.45
    most_trouble: float = 3.0
    # penalties (probabilities)
    penalty_after_finding: float = 0.16
    penalty_after_failed_test: float = 0.15
    case_without_inspection: float = 0.002  # a month, while a problem is open
    # enterprises that end
    deregistration_a_month: float = 0.0022
    abandonment_a_month: float = 0.00028
    leaving_by_laxness: float = 0.5
    closing_by_laxness: float = 0.9


DETECTION: Final = {
    "double_random": 0.80,
    "routine": 0.82,
    "special": 0.85,
    "complaint": 0.90,
    "follow_up": 0.85,
}
"""Probability that a visit of this kind finds an open serious problem."""

KINDS: Final = tuple(DETECTION)

DRAWN_A_YEAR: Final = {
    "food_production": 0.16,
    "catering": 0.14,
    "food_retail": 0.12,
    "food_wholesale": 0.10,
    "equipment_trade": 0.16,
    "property": 0.14,
    "hotel": 0.14,
    "amusement": 0.16,
}
DRAWN_A_YEAR_OTHERWISE: Final = 0.08
ROUTINE_A_YEAR: Final = {
    "food_production": 0.55,
    "catering": 0.36,
    "food_retail": 0.25,
    "food_wholesale": 0.20,
    "equipment_trade": 0.40,
    "property": 0.35,
    "hotel": 0.35,
    "education": 0.30,
    "health": 0.25,
    "amusement": 0.40,
}
ROUTINE_A_YEAR_OTHERWISE: Final = 0.10
SPECIAL_IN_CAMPAIGN_MONTH: Final = 0.06
SAMPLED_A_YEAR: Final = {
    "food_production": 0.55,
    "catering": 0.15,
    "food_retail": 0.28,
    "food_wholesale": 0.15,
}
COMPLAINTS_A_YEAR: Final = {
    "catering": 0.24,
    "food_retail": 0.12,
    "food_production": 0.09,
    "retail": 0.13,
    "property": 0.30,
    "hotel": 0.25,
    "amusement": 0.25,
    "education": 0.15,
    "health": 0.18,
}
COMPLAINTS_A_YEAR_OTHERWISE: Final = 0.05

FOOD_CATEGORY_EFFECTS: Final = {
    "01": -0.30,
    "03": -0.10,
    "04": 0.55,
    "05": 0.60,
    "06": -0.05,
    "11": 0.30,
    "13": -0.30,
    "14": -0.45,
    "17": 0.00,
    "22": 0.35,
    "24": 0.15,
    "25": 0.30,
    "27": 0.40,
    "203": 0.05,
    "1": -0.15,
    "2": 0.15,
    "3": 0.50,
    "YB": -0.55,
}
"""By SC class, JY business form or filing: the riskier the process, the more goes wrong."""
HIGH_RISK_SCOPE_EFFECT: Final = 0.65
"""For a JY licence whose scope names cold, raw or decorated food (冷食、生食、裱花)."""

TYPICAL_LOG_AGE: Final = 1.7
GENERAL_BY_AGE: Final = -0.40  # per unit of log(1 + years)
GENERAL_BY_LOG_SIZE: Final = -0.20  # per unit of log(employees)


@dataclass(frozen=True)
class FoodParameters:
    """Numbers of the food piece (log-odds) besides categories and scope."""

    by_log_size: float = 0.38
    by_age: float = -0.30
    young_with_scope: float = 0.45
    young_years: float = 3.0
    by_laxness: float = 0.25


FOOD: Final = FoodParameters()

ENTITY_EFFECTS: Final = {
    "company": 0.0,
    "branch": -0.35,
    "partnership": 0.05,
    "sole_proprietorship": 0.15,
    "individual_business": 0.25,
    "farmers_cooperative": 0.0,
}
AREA_EFFECTS: Final = {
    "440507": -0.10,
    "440511": 0.0,
    "440512": 0.0,
    "440513": 0.20,
    "440514": 0.25,
    "440515": -0.05,
    "440523": -0.15,
}


@dataclass(frozen=True)
class EquipmentParameters:
    """Numbers of the special-equipment piece (log-odds) and of the statutory inspections."""

    per_log_units: float = 0.32
    per_year_of_age: float = 0.06
    public_place: float = 0.45
    any_overdue: float = 0.75
    overdue_share: float = 1.1
    any_failed: float = 0.9
    overdue_in_public_place: float = 0.6
    firm_sd: float = 0.50
    firm_on_risk: float = 0.5
    on_time: float = 2.4  # log-odds that a unit is inspected in the month before it falls due
    when_overdue: float = -0.3
    by_laxness: float = -1.2
    failure: float = -3.3
    failure_per_year_of_age: float = 0.05
    failure_by_laxness: float = 0.8
    repaired: float = 0.55  # probability a month that a failed unit passes again


PROCESS: Final = ProcessParameters()
EQUIPMENT: Final = EquipmentParameters()
