"""What happens to whom and when: the one way in which risk, size and trade set a rate."""

from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import DAY, Array
from features.simulation.city import City
from features.simulation.effects import age_effect, food_log_odds, years_since

FEW = 6
"""Even the smallest city has so many of the rare things: a file without rows is no file."""
REST_OF_RISK = 0.35
"""How much trade, form, age, size and food count beside laxness: rates know the trade already."""
_TYPICAL_STAFF = 9.0
_NOT_A_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Happenings:
    """Draws events month by month.

    `risk` and `present` have shape (months, enterprises): laxness and a part of the rest of the
    log-odds of a serious problem in that month, less the city's mean; and who does business all
    through the month.
    """

    city: City
    risk: Array
    present: Array

    def draw(
        self, a_year: Array | float, *, rng: np.random.Generator, by_risk: float, fewest: int = FEW
    ) -> tuple[Array, Array]:
        """Months and enterprises of events that happen `a_year` times to the average enterprise.

        `by_risk` is the slope of the log rate. Where fewer than `fewest` happen by chance, the
        nearest to happening make up for them.
        """
        a_month = np.asarray(a_year / 12, dtype=np.float32)
        chance = a_month * np.exp(np.float32(by_risk) * self.risk) * self.present
        drawn = rng.random(self.risk.shape, dtype=np.float32)
        happens = drawn < chance
        if np.count_nonzero(happens) < fewest:
            happens = _nearest(drawn, chance, count=fewest)
        months, rows = np.nonzero(happens)
        return months, rows

    def risk_on(self, enterprise: Array, day: Array) -> Array:
        """`risk` of each enterprise in the month of its day."""
        return np.asarray(self.risk[self.city.timeline.month_of(day), enterprise])

    def in_business(self, enterprise: Array, day: Array) -> Array:
        """Whether each enterprise does business all through the month of its day."""
        return np.asarray(self.present[self.city.timeline.month_of(day), enterprise])


def happenings_of(city: City) -> Happenings:
    """The risk and presence of every enterprise in every month."""
    bounds, people, laxness = city.timeline.bounds, city.people, city.history.laxness
    risk = np.empty(laxness.shape, dtype=np.float32)
    for month, day in enumerate(bounds[1:]):
        years = years_since(people.established, day)
        food = food_log_odds(city.world.effects, years=years, laxness=laxness[month])
        rest = city.world.effects.general + age_effect(years) + food
        risk[month] = laxness[month] + REST_OF_RISK * rest
    last = np.minimum(city.history.ended, city.history.abandoned)
    present = (people.established <= bounds[:-1, None]) & (np.arange(len(laxness))[:, None] < last)
    return Happenings(city=city, risk=risk - risk.mean(), present=present)


def _nearest(drawn: Array, chance: Array, *, count: int) -> Array:
    """The `count` smallest shares of draw and chance, where there is a chance at all."""
    distance = np.full(drawn.shape, np.inf, dtype=np.float32)
    np.divide(drawn, chance, out=distance, where=chance > 0)
    possible = min(count, int(np.count_nonzero(chance)))
    if not possible:
        return np.zeros(drawn.shape, dtype=bool)
    limit = np.partition(distance, possible - 1, axis=None)[possible - 1]
    return np.asarray(distance <= limit)


def size_factor(city: City, *, power: float) -> Array:
    """How much more often it happens to the large: 1 for nine employees."""
    return np.asarray((city.people.employees / _TYPICAL_STAFF) ** power)


def by_group(city: City, table: dict[str, float], *, otherwise: float) -> Array:
    """`table` by the trade group of every enterprise."""
    known, positions = np.unique(city.people.group, return_inverse=True)
    return np.asarray(np.array([table.get(str(name), otherwise) for name in known])[positions])


def is_company(city: City) -> Array:
    """Which enterprises are companies with equity of their own."""
    return np.asarray(city.people.entity_type == "company")


def days_after(days: Array, *, soonest: int, latest: int, rng: np.random.Generator) -> Array:
    """Working days between `soonest` and `latest` days later."""
    moved = days + rng.integers(soonest, latest + 1, len(days)).astype("timedelta64[D]")
    return np.asarray(np.busday_offset(moved.astype(DAY), 0, roll="forward"))


def where_happens(days: Array, happens: Array) -> Array:
    """`days` where something happens, else no day."""
    return np.where(happens, days, _NOT_A_DAY)


def begun_and_ended(ended: Array) -> tuple[Array, Array]:
    """Positions of the rows of a ledger that has one for each beginning and one for each end.

    Returns
    -------
    Positions, beginnings first, and whether the row is an end. `ended` is NaT where nothing ended.
    """
    ends = np.flatnonzero(~np.isnat(ended))
    both = np.concatenate([np.arange(len(ended)), ends])
    return both, np.arange(len(both)) >= len(ended)


def amounts(typical: Array, *, spread: float, rng: np.random.Generator) -> Array:
    """Amounts around `typical` yuan in ten thousand yuan, at least one, to two decimals."""
    value = typical / 10_000 * np.exp(rng.normal(0, spread, len(typical)))
    return np.asarray(np.round(np.maximum(value, 1.0), 2))
