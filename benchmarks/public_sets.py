"""San Francisco and New York under a frozen protocol: `python -m benchmarks.public_sets`.

San Francisco: unscheduled routine food inspections; bad is a high-risk violation. New York: the
last periodic inspection of each elevator; bad is the disposition DF (read as a defect).
Windows of 90 days; indicators as of the day before each; no later column of either register.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from benchmarks.frozen import (
    Judged,
    Visits,
    calibration_line,
    card,
    full_boosting,
    logistic_on_bins,
    mean_table,
    window_table,
)
from benchmarks.optbinning_scorecard import optbinning_scores
from benchmarks.registers import archive_of, public_data
from features.outcomes import Label

WINDOW = timedelta(days=90)
OURS = "scorecard"
CHALLENGER = "logistic on bins"


@dataclass(frozen=True)
class Register:
    """A register, its label, and its windows."""

    folder: str
    title: str
    label: Label
    first_month: date
    starts: tuple[date, ...]
    sector: str | None = None


SAN_FRANCISCO = Register(
    "sf_food",
    "San Francisco, unscheduled routine inspections",
    Label(
        name="high_risk",
        zh="高风险违规",
        en="a high-risk violation",
        inspection_kinds=("routine",),
        bad_result_codes=(),
        bad_severities=("critical",),
        matters=None,
        followup_days=60,
    ),
    first_month=date(2017, 1, 1),
    starts=(date(2017, 10, 1), date(2018, 1, 1), date(2018, 4, 1), date(2018, 7, 1)),
)
NEW_YORK = Register(
    "nyc_elevators",
    "New York, periodic inspections of elevators",
    Label(
        name="defect",
        zh="存在缺陷",
        en="a defect",
        inspection_kinds=("routine",),
        bad_result_codes=("4",),
        bad_severities=(),
        matters=None,
        followup_days=60,
    ),
    first_month=date(2014, 10, 1),  # before it the register keeps few last inspections
    starts=(date(2015, 1, 1), date(2015, 4, 1)),
    sector="special_equipment",
)


def unscheduled() -> frozenset[str]:
    """Numbers of San Francisco's unscheduled routine inspections."""
    visits = pd.read_parquet(public_data() / "sf_food" / "inspection.parquet")
    return frozenset(visits.loc[visits["type"] == "Routine - Unscheduled", "iid"])


def judge(visits: Visits, starts: Sequence[date]) -> Iterator[Judged]:
    """Every window with the scores of every model."""
    for start in starts:
        test, _ = visits.window(start, start + WINDOW - timedelta(days=1))
        training = visits.months_before(start)
        log_odds, probability = card(training, test)
        scores = {
            OURS: log_odds,
            "full boosting": full_boosting(training, test),
            CHALLENGER: logistic_on_bins(training, test),
            **optbinning_scores(training, test),
        }
        yield Judged(start, test.is_bad, test.inspected_on, scores, probability)


def main() -> None:
    """Print the tables of both registers."""
    for register in (SAN_FRANCISCO, NEW_YORK):
        only = unscheduled() if register is SAN_FRANCISCO else None
        with archive_of(register.folder) as (engine, archive):
            visits = Visits(
                engine, archive, register.label, register.first_month, only, register.sector
            )
            judged = list(judge(visits, register.starts))
        print(f"\n{register.title}\n\n{window_table(judged, shown=list(judged[0].scores))}\n")
        print(f"{mean_table(judged, ours=OURS, peer=CHALLENGER)}\n\n{calibration_line(judged)}")


if __name__ == "__main__":
    main()
