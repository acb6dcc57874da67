"""Chicago's food inspections under a fair protocol: `python -m benchmarks.chicago`.

Six rolling windows of 60 days between September 2012 and December 2013. Indicators as of the day
before a window begins; only what was known then; no inspector, no weather, no day of the visit.
Every window is scored by a model fitted to earlier windows alone, with settings fixed beforehand.
The city's label (a critical violation found) and the inspectors are read for judging only.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.registers import archive_of, public_data
from features.archive import Archive
from features.build import build_matrix
from features.engine import Engine
from features.indicators import catalogue
from features.outcomes import Label, inspection_outcomes
from models.columns import matrix_values
from models.config import TrainingConfig, load_config
from models.evaluate import auc, days_earlier
from models.scoring_model import GENERAL
from models.splits import Cohort, Window, join_cohorts
from models.train import train_on

WINDOW = timedelta(days=60)
STARTS = [date(2012, m, 1) for m in (9, 12)] + [date(2013, m, 1) for m in (3, 6, 9, 11)]
# Windows to learn from begin here: before it there is too little history to tell anything.
FIRST_START = date(2012, 1, 1)
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
)
PUBLISHED = {"auc": 0.574, "days": 4.1}

Scored = npt.NDArray[np.float64]


class Visits:
    """The register's canvass visits with what was known before each window."""

    def __init__(self, engine: Engine, archive: Archive) -> None:
        self._engine, self._archive = engine, archive
        self._names = tuple(row.name for row in catalogue() if row.sector is None)
        self._kept: dict[date, tuple[Cohort, pd.Series]] = {}

    def window(self, start: date) -> tuple[Cohort, pd.Series]:
        """Visits in the 60 days from `start`, and the number of each."""
        if start not in self._kept:
            self._kept[start] = self._read(start)
        return self._kept[start]

    def _read(self, start: date) -> tuple[Cohort, pd.Series]:
        as_of, until = start - timedelta(days=1), start + WINDOW - timedelta(days=1)
        matrix = build_matrix(self._engine, self._archive, as_of=as_of)
        visits = inspection_outcomes(
            self._engine, self._archive, after=as_of, until=until, known_by=until, label=CRITICAL
        ).to_pandas()
        place = pd.Series(range(matrix.num_rows), index=matrix["enterprise_id"].to_pandas())
        at = visits["enterprise_id"].map(place)
        visits = visits[at.notna()]  # an establishment first seen in the window has no past
        rows = matrix.take(pa.array(at.dropna().astype(int)))
        cohort = Cohort(
            window=Window(as_of, until, until),
            names=self._names,
            values=matrix_values(rows, self._names),
            enterprise_id=visits["enterprise_id"].to_numpy(object),
            is_bad=visits["is_bad"].to_numpy(bool),
            inspected_on=visits["event_on"].to_numpy("datetime64[D]"),
            inspection_kind=visits["inspection_kind"].to_numpy(object),
        )
        return cohort, visits["inspection_no"].reset_index(drop=True)

    def before(self, start: date) -> list[Cohort]:
        """Windows that ended before `start`, oldest first, side by side back to FIRST_START."""
        begins = start - WINDOW
        found = []
        while begins >= FIRST_START:
            found.append(self.window(begins)[0])
            begins -= WINDOW
        return found[::-1]


def ours(training: list[Cohort], test: Cohort, config: TrainingConfig) -> Scored:
    """The general scorecard, fitted to earlier windows."""
    indicators = [row for row in catalogue() if row.sector is None]
    trained = train_on({GENERAL: training}, indicators=indicators, config=config)
    card = trained.scoring.scorecard
    return card.log_odds(test.columns(card.names))


def peer(training: list[Cohort], test: Cohort, _config: TrainingConfig) -> Scored:
    """A logistic regression on what the city's model knows of an establishment."""
    rows = join_cohorts(training)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(np.nan_to_num(rows.columns(PEER)), rows.is_bad)
    return np.asarray(model.decision_function(np.nan_to_num(test.columns(PEER))))


def within(group: pd.Series, test: Cohort, score: Scored) -> float:
    """Days earlier when each inspector keeps his own visits and days and only reorders them."""
    mine = [np.flatnonzero(group == name) for name in group.dropna().unique()]
    parts = [
        (
            days_earlier(test.is_bad[rows], score[rows], test.inspected_on[rows]),
            test.is_bad[rows].sum(),
        )
        for rows in mine
        if test.is_bad[rows].any()
    ]
    days, bad = zip(*parts, strict=True)
    return float(np.average(days, weights=bad))


def inspector_rate(past: pd.DataFrame, group: pd.Series) -> Scored:
    """How often each inspector found a critical violation before: to answer published figures."""
    rate = past.groupby("sanitarian")["criticalFound"].mean()
    return group.map(rate).fillna(past["criticalFound"].mean()).to_numpy(float)


def judge(visits: Visits, published: pd.DataFrame) -> Iterator[dict[str, object]]:
    """One row of figures per window."""
    config = load_config("default")
    models: dict[str, Callable[..., Scored]] = {"ours": ours, "peer": peer}
    for start in STARTS:
        test, numbers = visits.window(start)
        training = visits.before(start)
        group = numbers.map(published["sanitarian"])
        row: dict[str, object] = {"window": start, "visits": len(test), "critical": test.positives}
        for name, model in models.items():
            score = model(training, test, config)
            row[f"{name}_auc"] = auc(test.is_bad, score)
            row[f"{name}_days"] = days_earlier(test.is_bad, score, test.inspected_on)
            row[f"{name}_within"] = within(group, test, score)
        past = published[published["day"] < pd.Timestamp(start)]
        rate = inspector_rate(past, group)
        row["inspector_days"] = days_earlier(test.is_bad, rate, test.inspected_on)
        yield row


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
    """Print the table."""
    with archive_of("chicago") as (engine, archive):
        table = pd.DataFrame(judge(Visits(engine, archive), published_labels()))
    figures = table.columns[3:]
    mean = table[figures].astype(float).mean()
    print(table.round(3).to_string(index=False))
    print("\nmean over the six windows")
    print(mean.round(3).to_string())
    print(
        "\nwithout inspector:"
        f" ours AUC {mean['ours_auc']:.3f}, {mean['ours_days']:.1f} days earlier;"
        f" peer as published {PUBLISHED['auc']:.3f} and {PUBLISHED['days']:.1f} days;"
        f" its variables re-fitted here {mean['peer_auc']:.3f} and {mean['peer_days']:.1f} days"
    )


if __name__ == "__main__":
    main()
