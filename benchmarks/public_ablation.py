"""What each step gave in San Francisco and New York: `python -m benchmarks.public_ablation`.

AUC of the scorecard with some indicators left out, per window: on the earlier windows, which had
ended when the first reported one began and on which indicators are chosen, and on the reported.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from benchmarks.frozen import Visits, card
from benchmarks.public_sets import NEW_YORK, SAN_FRANCISCO, WINDOW, Register, unscheduled
from benchmarks.registers import archive_of
from features.indicators import catalogue
from models.labels.splits import Cohort
from models.study.evaluate import auc

_SCORES = frozenset({"last_inspection_score", "inspection_score_lowest_36m"})
_EQUIPMENT = frozenset(row.name for row in catalogue() if row.sector == "special_equipment")
_AROUND = frozenset(
    row.name for row in catalogue() if row.name.startswith(("map_", "surroundings_"))
)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ablation:
    """A register, the last day of each earlier window, and the indicators that each step lacks."""

    register: Register
    earlier: Mapping[date, date]
    steps: Mapping[str, frozenset[str]]

    def windows(self) -> Mapping[date, date]:
        """First and last day of every window, the earlier ones first."""
        return {**self.earlier, **{day: day + WINDOW - _DAY for day in self.register.starts}}


ABLATIONS = (
    Ablation(
        SAN_FRANCISCO,
        {date(2017, 5, 1): date(2017, 6, 30), date(2017, 7, 1): date(2017, 9, 28)},
        {"without scores": _SCORES, "as it stands": frozenset()},
    ),
    Ablation(
        NEW_YORK,
        {date(2014, 11, 1): date(2014, 11, 30), date(2014, 12, 1): date(2014, 12, 31)},
        {
            "without special equipment": _EQUIPMENT,
            "without what is found around": _AROUND,
            "as it stands": frozenset(),
        },
    ),
)


def without(cohort: Cohort, names: frozenset[str]) -> Cohort:
    """The same rows without some indicators."""
    kept = [place for place, name in enumerate(cohort.names) if name not in names]
    return replace(
        cohort,
        names=tuple(cohort.names[place] for place in kept),
        values=cohort.values[:, kept],
    )


def area_under(training: Sequence[Cohort], test: Cohort, left_out: frozenset[str]) -> float:
    """AUC of the scorecard that never sees the indicators left out."""
    log_odds, _ = card([without(one, left_out) for one in training], without(test, left_out))
    return auc(test.is_bad, log_odds)


def table(ablation: Ablation, visits: Visits) -> Iterator[str]:
    """A Markdown row per step: AUC of each window, and means of earlier and reported ones."""
    windows = ablation.windows()
    judged = {
        start: (visits.months_before(start), visits.window(start, until)[0])
        for start, until in windows.items()
    }
    heads = ["indicators", *map(str, windows), "earlier, mean", "reported, mean"]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    earlier = len(ablation.earlier)
    for step, left_out in ablation.steps.items():
        found = [area_under(training, test, left_out) for training, test in judged.values()]
        means = [float(np.mean(part)) for part in (found[:earlier], found[earlier:])]
        yield f"| {step} | {' | '.join(f'{one:.3f}' for one in (*found, *means))} |"


def main() -> None:
    """Print the tables of both registers."""
    for ablation in ABLATIONS:
        register = ablation.register
        only = unscheduled() if register is SAN_FRANCISCO else None
        with archive_of(register.folder) as (engine, archive):
            visits = Visits(
                engine, archive, register.label, register.first_month, only, register.sector
            )
            print(f"\n{register.title}\n")
            for line in table(ablation, visits):
                print(line, flush=True)


if __name__ == "__main__":
    main()
