"""Bugs found in other scorecard and credit-model packages, as tests of ours.

Each was a real fault of a library or a published model; each test fails where ours had it.
"""

import json
from dataclasses import replace
from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from features.engine import Engine
from models.errors import CohortError, ColumnError, SingleClassError
from models.fitting.fitting import fit_models
from models.labels.splits import Cohort, make_cohort
from models.labels.windows import Window
from models.learning.columns import matrix_values
from models.learning.general import AdditiveScorecard
from models.learning.scorecard import Scorecard
from models.rating.points import PointsScale, points_table
from models.rating.scoring_model import GENERAL
from models.train import train_on
from models.trained import TrainedModels
from tests.models.simulated import (
    GENERAL_NAMES,
    INDICATORS,
    NAMES,
    SIGNS,
    cohort_of,
    labels_of,
    matrix_of,
    profile_of,
    small_config,
    true_log_odds,
    values_of,
)

ROWS = 1500
DAYS = (date(2020, 12, 31), date(2021, 12, 31))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    values = values_of(ROWS, seed=61)[:, : len(GENERAL_NAMES)]
    return pd.DataFrame(values, columns=list(GENERAL_NAMES))


@pytest.fixture(scope="module")
def bad() -> NDArray[np.bool_]:
    return labels_of(true_log_odds(values_of(ROWS, seed=61)), seed=62)


@pytest.fixture(scope="module")
def fitted(frame: pd.DataFrame, bad: NDArray[np.bool_]) -> AdditiveScorecard:
    return AdditiveScorecard(signs=SIGNS, n_estimators=60).fit(frame, bad)


def by_table(card: Scorecard, row: pd.Series, *, scale: PointsScale) -> int:
    """Points as somebody who holds nothing but the exported table adds them up."""
    table = json.loads(json.dumps(points_table(card, scale)))
    tenths = round(10 * table["base"])
    for name, one in table["indicators"].items():
        value = row[name]
        place = next((i for i, edge in enumerate(one["edges"]) if value <= edge), -1)
        tenths += round(10 * (one["missing"] if pd.isna(value) else one["points"][place]))
    return (tenths + 5) // 10


def test_an_exported_card_scores_as_the_model(
    fitted: AdditiveScorecard, frame: pd.DataFrame, engine: Engine
) -> None:
    card = Scorecard.from_dict(json.loads(json.dumps(fitted.scorecard_.to_dict())))
    expected = fitted.decision_function(frame)
    table = engine.memory(pa.Table.from_pandas(frame.assign(row=range(ROWS)), preserve_index=False))
    query = table.select("row", told=card.to_expression(table)).order_by(ibis.asc("row"))
    assert np.abs(engine.to_arrow(query)["told"].to_numpy() - expected).max() < 1e-12


def test_the_exported_points_are_those_of_the_service(trained: TrainedModels) -> None:
    values = values_of(200, seed=63)
    nobody = pa.table({"is_food": [False] * 200, "is_special_equipment": [False] * 200})
    scores = trained.scoring.rate(matrix_of(values), nobody)
    rows, scale = pd.DataFrame(values, columns=list(NAMES)), trained.scoring.points_scale
    told = [by_table(trained.scoring.scorecard, row, scale=scale) for _, row in rows.iterrows()]
    assert told == scores.points.tolist()


def test_one_row_scores_as_in_the_batch_and_explains_itself_alike(trained: TrainedModels) -> None:
    matrix, profile = matrix_of(values_of(80, seed=64)), profile_of(80, seed=65)
    batch = trained.scoring.score(matrix, profile)
    for row in range(0, 80, 9):
        alone = trained.scoring.score(matrix.slice(row, 1), profile.slice(row, 1))
        assert alone.probability[0] == batch.probability[row]
        assert alone.points[0] == batch.points[row]
        assert (alone.contributions[0] == batch.contributions[row]).all()


def test_explained_later_is_explained_alike(trained: TrainedModels) -> None:
    matrix, profile = matrix_of(values_of(80, seed=64)), profile_of(80, seed=65)
    eager = trained.scoring.score(matrix, profile)
    lazy = trained.scoring.rate(matrix, profile)
    assert (lazy.log_odds == eager.log_odds).all()
    rows = np.array([77, 3, 12])
    base, contributions = trained.scoring.explain(matrix, lazy, rows=rows)
    assert (base == eager.base[rows]).all()
    assert (contributions == eager.contributions[rows]).all()


def test_missing_has_the_points_in_use_that_it_had_in_training(
    fitted: AdditiveScorecard, frame: pd.DataFrame
) -> None:
    name = "months_since_problem"
    missing = frame[name].isna().to_numpy()
    added = fitted.contributions(frame)[:, frame.columns.get_loc(name)]
    assert set(added[missing]) == {fitted.scorecard_.steps[name].missing}
    # An indicator that was never missing in training, missing for the first time in use.
    first = frame.head(5).assign(complaints_12m=np.nan)
    told = fitted.decision_function(first)
    theirs = fitted.booster_.predict(first.to_numpy(), raw_score=True)
    assert np.abs(told - theirs).max() < 1e-12


def test_special_values_fall_into_one_bin_each(fitted: AdditiveScorecard) -> None:
    for step in fitted.scorecard_.steps.values():
        values = np.concatenate([[-np.inf, np.inf, np.nan, -0.0, 0.0], step.edges])
        bins = step.bins(values)
        assert bins[0] == 0
        assert bins[1] == len(step.values) - 1
        assert bins[2] == len(step.values)
        assert bins[3] == bins[4]
        assert bins[5:].tolist() == list(range(len(step.edges)))  # an edge is in the bin it closes


def test_a_worse_bin_never_has_better_points(fitted: AdditiveScorecard) -> None:
    table = points_table(fitted.scorecard_, PointsScale())
    for name, sign in SIGNS.items():
        if name in table["indicators"]:
            points = np.array(table["indicators"][name]["points"])
            assert (sign * np.diff(points) <= 0).all(), name


def test_noise_cannot_turn_a_sign_round(frame: pd.DataFrame) -> None:
    upside_down = labels_of(-0.8 * frame["penalties_24m"].to_numpy() - 1, seed=66)
    card = AdditiveScorecard(signs=SIGNS, n_estimators=60).fit(frame, upside_down).scorecard_
    assert (np.diff(card.steps["penalties_24m"].values) >= 0).all()


@pytest.mark.parametrize("text", [["True", "False"], ["1", "0"], ["yes", "no"]])
def test_text_is_not_taken_for_a_truth_value(text: list[str]) -> None:
    """A flag that arrives as "True" once was 1 and once a category of its own elsewhere."""
    with pytest.raises(ColumnError, match="always_one"):
        matrix_values(pa.table({"always_one": text}), ["always_one"])
    for flags in (pa.array([True, False]), pa.array([1, 0]), pa.array([1.0, 0.0])):
        told = matrix_values(pa.table({"always_one": flags}), ["always_one"])
        assert told[:, 0].tolist() == [1.0, 0.0]


def test_an_unseen_category_scores_as_the_nearest_bin(fitted: AdditiveScorecard) -> None:
    """Indicators are numbers; one beyond everything seen falls into the open last bin."""
    step = fitted.scorecard_.steps["penalties_24m"]
    assert step(np.array([1e9, -1e9])).tolist() == [step.values[-1], step.values[0]]


def test_a_sector_flag_nobody_had_is_served_by_the_general_model(trained: TrainedModels) -> None:
    general = replace(trained.scoring, sectors={})
    matrix = matrix_of(values_of(5, seed=67))
    nothing = pa.array([None] * 5, pa.bool_())
    unknown = pa.table({"is_food": [True] * 5, "is_special_equipment": nothing})
    assert set(general.score(matrix, unknown).sector) == {GENERAL}


def test_an_all_missing_column_has_no_influence_and_no_warning(
    fitted: AdditiveScorecard, frame: pd.DataFrame, recwarn: pytest.WarningsRecorder
) -> None:
    assert fitted.scorecard_.steps["never_known"].is_flat
    told = fitted.decision_function(frame.assign(never_known=3.0))
    assert (told == fitted.decision_function(frame)).all()
    gone = frame.assign(capital_log=np.nan)
    assert np.isfinite(fitted.decision_function(gone)).all()
    assert [str(one.message) for one in recwarn if one.category is RuntimeWarning] == []


def one_class(cohort: Cohort) -> Cohort:
    return replace(cohort, is_bad=np.zeros(len(cohort), dtype=bool))


def test_a_window_of_one_class_is_refused_or_joined_never_guessed() -> None:
    cohorts = [cohort_of(day, rows=600, seed=70 + i) for i, day in enumerate(DAYS)]
    config = small_config(folds=2)
    with pytest.raises(SingleClassError, match="一个类别"):
        fit_models(
            {GENERAL: [one_class(one) for one in cohorts]}, indicators=INDICATORS, config=config
        )
    newest_without = {GENERAL: [cohorts[0], one_class(cohorts[1])]}
    told = fit_models(newest_without, indicators=INDICATORS, config=config).scoring
    assert np.isfinite(told.calibrations[GENERAL](np.array([-3.0, 0.0]))).all()
    with pytest.raises(CohortError):
        fit_models({GENERAL: []}, indicators=INDICATORS, config=config)


def test_folds_without_positives_leave_a_model_and_not_a_crash() -> None:
    """Three positives among 400 rows: most folds hold none."""
    cohort = cohort_of(DAYS[0], rows=400, seed=80)
    few = replace(cohort, is_bad=np.isin(np.arange(400), [10, 11, 12]))
    config = small_config(folds=4, sector_minimum_positives=1)
    trained = train_on({GENERAL: [few], "food": [few]}, indicators=INDICATORS, config=config)
    scores = trained.scoring.score(matrix_of(values_of(20, seed=81)), profile_of(20, seed=82))
    assert np.isfinite(scores.probability).all()
    assert scores.probability.mean() < 0.1


def test_duplicated_rows_score_alike(fitted: AdditiveScorecard, frame: pd.DataFrame) -> None:
    twice = fitted.decision_function(pd.concat([frame, frame], ignore_index=True))
    assert (twice[:ROWS] == twice[ROWS:]).all()


def test_an_enterprise_twice_in_a_matrix_is_refused_by_name() -> None:
    matrix = matrix_of(values_of(3, seed=1))
    outcome = {
        "enterprise_id": ["E000001"],
        "event_on": [date(2021, 3, 1)],
        "inspection_kind": ["routine"],
        "is_bad": [True],
        "inclusion": pa.nulls(1, pa.float64()),
    }
    window = Window(date(2020, 12, 31), date(2021, 12, 31), date(2021, 12, 31))
    with pytest.raises(CohortError, match="E000001"):
        make_cohort(
            pa.concat_tables([matrix, matrix.slice(1, 1)]),
            pa.table(outcome),
            window=window,
            names=NAMES,
        )


def test_a_constant_indicator_has_no_bins_and_no_points(
    fitted: AdditiveScorecard, frame: pd.DataFrame
) -> None:
    assert fitted.scorecard_.steps["always_one"].is_flat
    assert "always_one" not in points_table(fitted.scorecard_, PointsScale())["indicators"]
    other = fitted.decision_function(frame.assign(always_one=0.0))
    assert (other == fitted.decision_function(frame)).all()
