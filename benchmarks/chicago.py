"""Chicago's food inspections under a fair protocol: `python -m benchmarks.chicago`.

Six windows of 60 days between September 2012 and December 2013. Indicators as of the day before a
window begins; no inspector, no weather, no day of the visit. The city's inspector clusters are read
for judging, and for the rows named so that answer the city's published figures.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.frozen import (
    Judged,
    Score,
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
from models.labels.splits import Cohort, join_cohorts

WINDOW = timedelta(days=60)
STARTS = [date(2012, m, 1) for m in (9, 12)] + [date(2013, m, 1) for m in (3, 6, 9, 11)]
# Settings and indicators were chosen on these, which had ended when the first of the others began.
EARLIER_STARTS = [date(2012, m, 1) for m in (3, 5, 7)]
FIRST_MONTH = date(2011, 11, 1)
CRITICAL = Label(
    name="chicago_critical",
    zh="严重违规",
    en="a critical violation",
    inspection_kinds=("routine",),
    bad_result_codes=(),
    bad_severities=("critical",),
    matters=None,
    followup_days=0,  # the published figures count every canvass visit
)
# What the city's own model knows of an establishment, by the names of this catalogue.
PEER = (
    "last_critical_findings",
    "last_serious_findings",
    "days_since_last_inspection",
    "age_months",
    "sanitation_complaint_events_nearby_3m",
    "burglary_events_nearby_3m",
)
# Pseudo-visits by which an inspector's rate is drawn to that of all.
_HABIT_WEIGHT = 10
OURS, WITH_INSPECTOR, CITY = "scorecard", "scorecard and inspector", "city's variables"


def city(training: Sequence[Cohort], test: Cohort) -> Score:
    """A logistic regression on what the city's model knows of an establishment."""
    rows = join_cohorts(training)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(np.nan_to_num(rows.columns(PEER)), rows.is_bad)
    return np.asarray(model.decision_function(np.nan_to_num(test.columns(PEER))))


def inspector_log_odds(past: pd.DataFrame, inspector: npt.NDArray[np.object_]) -> Score:
    """How often each inspector found a critical violation before, as log-odds."""
    everybody = past["criticalFound"].mean()
    of_each = past.groupby("sanitarian")["criticalFound"].agg(["sum", "size"])
    rate = (of_each["sum"] + _HABIT_WEIGHT * everybody) / (of_each["size"] + _HABIT_WEIGHT)
    known = pd.Series(inspector).map(rate).fillna(everybody).to_numpy(float)
    return np.asarray(np.log(known / (1 - known)))


def judge(
    visits: Visits, published: pd.DataFrame, starts: Sequence[date] = tuple(STARTS)
) -> Iterator[Judged]:
    """Every window with the scores of every model."""
    for start in starts:
        test, numbers = visits.window(start, start + WINDOW - timedelta(days=1))
        training = visits.months_before(start)
        inspector = numbers.map(published["sanitarian"]).to_numpy(object)
        past = published[published["day"] < pd.Timestamp(start)]
        habit = inspector_log_odds(past, inspector)
        log_odds, probability = card(training, test)
        scores = {
            OURS: log_odds,
            "full boosting": full_boosting(training, test),
            "logistic on bins": logistic_on_bins(training, test),
            **optbinning_scores(training, test),
            CITY: city(training, test),
            "inspector alone": habit,
            WITH_INSPECTOR: log_odds + habit,
        }
        yield Judged(start, test.is_bad, test.inspected_on, scores, probability, inspector)


def published_labels() -> pd.DataFrame:
    """The city's labels and inspector clusters by inspection number, with the day of the visit."""
    folder = public_data() / "chicago"
    labels = pd.read_parquet(folder / "training_labels.parquet")
    days = pd.read_parquet(
        folder / "inspection.parquet", columns=["Inspection_ID", "Inspection_Date"]
    )
    joined = labels.merge(days, on="Inspection_ID")
    joined.index = joined.pop("Inspection_ID").astype(str)
    return joined.rename(columns={"Inspection_Date": "day"})


def main() -> None:
    """Print the tables."""
    with archive_of("chicago") as (engine, archive):
        visits = Visits(engine, archive, CRITICAL, FIRST_MONTH)
        for title, starts in (("Windows", STARTS), ("Earlier windows", EARLIER_STARTS)):
            judged = list(judge(visits, published_labels(), starts))
            print(f"\n{title}\n\n{window_table(judged, shown=(OURS, CITY))}\n")
            print(f"{mean_table(judged, ours=OURS, peer=CITY)}\n\n{calibration_line(judged)}")


if __name__ == "__main__":
    main()
