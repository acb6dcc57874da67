"""The months of every enterprise, from its ticket. Whole numbers only.

Ticket = SHA-256(seed 1F uscc). Enterprises of one area, level and number of patrols are a group;
in it the rank r by ticket decides: (r + shift) mod (interval x rounds) gives the phase and which of
the level's rounds are left out where the yearly cap allows fewer. Every month of a group has the
same number of patrols, give or take one. The shift of a group, 0 where any does, is the smallest
that keeps the months of the area even, then those of the city.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.double_random.cycles.documents import CYCLES_VERSION
from scoring.double_random.cycles.frame import MONTHS, CycleRules

_UNIT = "\x1f"
Months = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cycles:
    """A year of patrols.

    Attributes
    ----------
    rows
        One row per enterprise by code: uscc, area_code, level, visits, times (patrols of the
        year), ticket, rank (from 1, within its group), shift.
    months
        Enterprises x 12: whether it is looked in on in that month.
    groups
        One row per area, level and times: size, shift.
    """

    rows: pd.DataFrame
    months: Months
    groups: pd.DataFrame

    def to_csv(self) -> bytes:
        """cycles.csv: a row per enterprise by code, its months parted by blanks."""
        months = [" ".join(map(str, np.flatnonzero(row) + 1)) for row in self.months]
        columns = ["uscc", "area_code", "level", "times", "rank", "shift"]
        table = self.rows[columns].assign(months=months, ticket=self.rows["ticket"])
        return table.to_csv(index=False, lineterminator="\n").encode()

    def by_area(self) -> pd.DataFrame:
        """Patrols per area (rows) and month (columns 1 to 12)."""
        counts = pd.DataFrame(self.months.astype(np.int64), columns=range(1, MONTHS + 1))
        return counts.groupby(self.rows["area_code"].to_numpy()).sum()

    def spread(self) -> int:
        """Greatest difference between two months of one area."""
        counts = self.by_area()
        return int((counts.max(axis=1) - counts.min(axis=1)).max())


def make_cycle_seed(*, year: int, frame_sha256: str, randomness: str) -> str:
    """The year's seed: SHA-256(version 1F year 1F frame hash 1F randomness), hexadecimal."""
    parts = (CYCLES_VERSION, str(year), frame_sha256, randomness)
    return hashlib.sha256(_UNIT.join(parts).encode()).hexdigest()


def draw_cycles(frame: pd.DataFrame, rules: CycleRules, *, seed: str) -> Cycles:
    """Months of every enterprise of a frame, the yearly cap winning over the interval."""
    rounds = frame["level"].map({level: rules.rounds(level) for level in rules.interval_months})
    left = (rules.yearly_cap - frame["visits"]).clip(lower=0)
    rows = frame.assign(times=np.minimum(rounds, left).astype("int64"))
    prefix = f"{seed}{_UNIT}".encode()
    # SHA-256 hashes one message a call: it has no column form.
    rows["ticket"] = [hashlib.sha256(prefix + code.encode()).hexdigest() for code in rows["uscc"]]
    cells = ["area_code", "level", "times"]
    ordered = rows.sort_values([*cells, "ticket", "uscc"], kind="stable")
    rows["rank"] = ordered.groupby(cells).cumcount() + 1
    groups = _shift_groups(rows.groupby(cells).size().rename("size").reset_index(), rules)
    rows = rows.merge(groups.drop(columns="size"), on=cells, how="left", validate="many_to_one")
    months = np.zeros((len(rows), MONTHS), dtype=bool)
    for (level, times), group in rows.groupby(["level", "times"]):
        table = patterns(rules.interval_months[str(level)], int(str(times)))
        at = (group["rank"].to_numpy() - 1 + group["shift"].to_numpy()) % len(table)
        months[group.index.to_numpy()] = table[at]
    return Cycles(rows, months, groups)


def patterns(interval: int, times: int) -> Months:
    """Months (columns) of the enterprise at each place (rows) of a cycle of `interval` months."""
    rounds = MONTHS // interval
    table = np.zeros((interval * rounds, MONTHS), dtype=bool)
    kept = np.arange(times) * rounds // max(times, 1)
    for place in range(len(table)):
        turn, phase = divmod(place, interval)
        table[place, phase + interval * ((turn + kept) % rounds)] = True
    return table


def _shift_groups(groups: pd.DataFrame, rules: CycleRules) -> pd.DataFrame:
    """The groups with the column shift. They are few: areas x levels x numbers of patrols."""
    city = np.zeros(MONTHS, dtype=np.int64)
    areas: dict[str, Counts] = {}
    shifts = []
    for group in groups.to_dict("records"):
        table = patterns(rules.interval_months[group["level"]], group["times"])
        area = areas.get(group["area_code"], np.zeros(MONTHS, dtype=np.int64))
        added = [_counts(table, size=group["size"], shift=shift) for shift in range(len(table))]
        best = min(
            range(len(table)),
            key=lambda at: (*_unevenness(area + added[at]), *_unevenness(city + added[at]), at),
        )
        areas[group["area_code"]] = area + added[best]
        city = city + added[best]
        shifts.append(best)
    return groups.assign(shift=shifts)


def _counts(table: Months, *, size: int, shift: int) -> Counts:
    whole, rest = divmod(size, len(table))
    times = np.full(len(table), whole, dtype=np.int64)
    times[(np.arange(rest) + shift) % len(table)] += 1
    return times @ table.astype(np.int64)


def _unevenness(counts: Counts) -> tuple[int, int]:
    return int(counts.max() - counts.min()), int((counts * counts).sum())
