"""The parts of the log-odds that do not move by chance: trade, form, size, age, food."""

from dataclasses import dataclass

import numpy as np

from features.simulation import parameters
from features.simulation.arrays import Array, stream
from features.simulation.industries import FOOD_GROUPS, GROUP_EFFECTS, INDUSTRIES
from features.simulation.parameters import (
    FOOD,
    GENERAL_BY_AGE,
    GENERAL_BY_LOG_SIZE,
    PROCESS,
    TYPICAL_LOG_AGE,
)
from features.simulation.population import Population

_YEAR_DAYS = 365.25
_FOOD_CATEGORIES = frozenset(parameters.FOOD_CATEGORY_EFFECTS)
_HIGH_RISK_SCOPE = {
    "6210": 0.45,
    "6220": 0.20,
    "6232": 0.25,
    "6291": 0.15,
    "6241": 0.60,
    "6110": 0.6,
}


@dataclass(frozen=True)
class Effects:
    """One row an enterprise; log-odds. Age comes on top, by month (`age_effect`)."""

    general: Array
    food: Array
    is_food: Array
    food_category: Array  # SC class, JY form, YB, or empty
    high_risk_scope: Array  # cold, raw or decorated food in the scope of a JY licence


def build_effects(people: Population, *, seed: int) -> Effects:
    """The fixed effects of every enterprise."""
    rng = stream(seed, "effects")
    group = np.array([GROUP_EFFECTS[entry.group] for entry in INDUSTRIES])
    trade = np.array([entry.effect for entry in INDUSTRIES])
    category = food_categories(people)
    scope = _high_risk_scope(people, rng)
    is_food = np.isin(people.group, FOOD_GROUPS) | np.isin(category, list(_FOOD_CATEGORIES))
    general = (
        PROCESS.intercept
        + (group + trade)[people.industry]
        + looked_up(people.entity_type, parameters.ENTITY_EFFECTS)
        + looked_up(people.area, parameters.AREA_EFFECTS)
        + GENERAL_BY_LOG_SIZE * (np.log(people.employees) - 2.0)
        + people.address_effect
    )
    return Effects(
        general=general,
        food=np.where(is_food, _food(people, category=category, scope=scope), 0.0),
        is_food=is_food,
        food_category=category,
        high_risk_scope=scope,
    )


def food_categories(people: Population) -> Array:
    """The category a food licence or filing falls in; empty outside food."""
    licences = [entry.licence.removeprefix("JY") for entry in INDUSTRIES]
    return np.array(["" if text.startswith("TS") else text for text in licences])[people.industry]


def _high_risk_scope(people: Population, rng: np.random.Generator) -> Array:
    chance = np.array([_HIGH_RISK_SCOPE.get(entry.code, 0.0) for entry in INDUSTRIES])
    return rng.random(people.size) < chance[people.industry]


def _food(people: Population, *, category: Array, scope: Array) -> Array:
    """Category, scope, and size: in food the large are riskier, they feed many at once."""
    return np.asarray(
        looked_up(category, parameters.FOOD_CATEGORY_EFFECTS)
        + parameters.HIGH_RISK_SCOPE_EFFECT * scope
        + FOOD.by_log_size * (np.log(people.employees) - 2.0)
    )


def food_log_odds(effects: Effects, *, years: Array, laxness: Array) -> Array:
    """The food piece of the log-odds: what is fixed, youth, and how much laxness costs here."""
    youth = np.log1p(years) - TYPICAL_LOG_AGE
    moving = (
        FOOD.by_age * youth
        + FOOD.young_with_scope * (effects.high_risk_scope & (years < FOOD.young_years))
        + FOOD.by_laxness * laxness
    )
    return np.asarray(effects.food + effects.is_food * moving)


def age_effect(years: Array) -> Array:
    """The young fail more: falls with the logarithm of age; log-odds."""
    return np.asarray(GENERAL_BY_AGE * (np.log1p(years) - TYPICAL_LOG_AGE))


def years_since(established: Array, day: np.datetime64) -> Array:
    """Years from establishment to `day`, zero before it."""
    return np.asarray(np.maximum((day - established).astype(int), 0) / _YEAR_DAYS)


def looked_up(codes: Array, table: dict[str, float]) -> Array:
    """`table` per code; codes it does not list get 0."""
    known, positions = np.unique(codes, return_inverse=True)
    return np.asarray(np.array([table.get(str(code), 0.0) for code in known])[positions])
