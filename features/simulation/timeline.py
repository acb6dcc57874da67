"""The months of the simulation. Month m covers the days after bounds[m] up to bounds[m + 1]."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from features.indicators.windows import months_before
from features.simulation.arrays import DAY, Array


@dataclass(frozen=True)
class Timeline:
    """Months counted backwards from the last day, so that every as-of day is a month's end.

    `bounds` has months + 1 days: the eve of the first month, then each month's last day.
    """

    bounds: Array
    last_day: date

    @property
    def months(self) -> int:
        """How many months are simulated."""
        return len(self.bounds) - 1

    @property
    def first_day(self) -> np.datetime64:
        """The first simulated day."""
        return np.datetime64(self.bounds[0] + np.timedelta64(1, "D"))

    @property
    def end(self) -> np.datetime64:
        """The last simulated day; the departments' files end there."""
        return np.datetime64(self.bounds[-1])

    def month_of(self, days: Array) -> Array:
        """Index of the month a day falls in, kept inside 0 .. months - 1."""
        found = np.searchsorted(self.bounds, days, side="left") - 1
        return np.clip(found, 0, self.months - 1)

    def calendar_month(self, month: int) -> int:
        """The calendar month (1 to 12) in which simulated month `month` ends."""
        return int(self.bounds[month + 1].astype("datetime64[M]").astype(int)) % 12 + 1

    def days_within(self, months: Array, rng: np.random.Generator) -> Array:
        """A day in each month, moved off Saturdays and Sundays within that month."""
        start, stop = self.bounds[months], self.bounds[months + 1]
        length = (stop - start).astype(int)
        days = start + 1 + np.floor(rng.random(len(months)) * length).astype("timedelta64[D]")
        earlier = np.busday_offset(days, 0, roll="backward")
        later = np.busday_offset(days, 0, roll="forward")
        return np.asarray(np.where(earlier > start, earlier, later))


def build_timeline(*, last_day: date, years: int) -> Timeline:
    """The timeline of `years` years that ends on `last_day`."""
    bounds = [months_before(last_day, months) for months in range(years * 12, -1, -1)]
    return Timeline(bounds=np.array(bounds, dtype=DAY), last_day=last_day)
