"""Scores: alone as in the batch, exact sums, the riskier sector, points that add up."""

from dataclasses import fields, replace

import numpy as np
import pyarrow as pa
import pytest

from models.errors import ColumnError
from models.learning.scorecard import add_up
from models.rating.points import points_table
from models.rating.scoring_model import Scores
from models.trained import TrainedModels
from tests.models.simulated import INDICATORS, matrix_of, profile_of, values_of

ROWS = 800
MATRIX = matrix_of(values_of(ROWS, seed=77))
PROFILE = profile_of(ROWS, seed=78)


@pytest.fixture(scope="module")
def scores(trained: TrainedModels) -> Scores:
    return trained.scoring.score(MATRIX, PROFILE)


def flag(name: str) -> np.ndarray:
    return np.array([bool(one) for one in PROFILE[name].to_pylist()])


def test_base_and_contributions_are_the_log_odds_bit_by_bit(scores: Scores) -> None:
    assert (add_up(scores.base, scores.contributions) == scores.log_odds).all()
    assert np.abs(scores.base + scores.contributions.sum(axis=1) - scores.log_odds).max() < 1e-12
    assert scores.contributions.shape == (ROWS, len(INDICATORS))
    assert scores.names == tuple(row.name for row in INDICATORS)


def test_one_enterprise_scores_as_in_the_batch(trained: TrainedModels, scores: Scores) -> None:
    for row in (0, 3, 123, ROWS - 1):
        alone = trained.scoring.score(MATRIX.slice(row, 1), PROFILE.slice(row, 1))
        for field in fields(Scores):
            if field.name != "names":
                told = getattr(alone, field.name)[0]
                assert np.array_equal(told, getattr(scores, field.name)[row]), field.name


def test_sectors_serve_their_own_and_the_riskier_wins(
    trained: TrainedModels, scores: Scores
) -> None:
    food, equipment = flag("is_food"), flag("is_special_equipment")
    neither, both = ~food & ~equipment, food & equipment
    assert set(scores.sector[neither]) == {"general"}
    assert set(scores.sector[food & ~equipment]) == {"food"}
    assert set(scores.sector[equipment & ~food]) == {"special_equipment"}
    assert set(scores.sector[both]) == {"food", "special_equipment"}
    assert (scores.probability[neither] == scores.general_probability[neither]).all()
    no, yes = (pa.array([value] * ROWS) for value in (False, True))
    by_food = trained.scoring.score(MATRIX, pa.table({"is_food": yes, "is_special_equipment": no}))
    by_units = trained.scoring.score(MATRIX, pa.table({"is_food": no, "is_special_equipment": yes}))
    riskier = np.maximum(by_food.probability, by_units.probability)
    assert (scores.probability[both] == riskier[both]).all()


def test_a_sector_adds_its_own_indicator(scores: Scores) -> None:
    tests = MATRIX["food_failed_tests"].to_numpy()
    column = scores.contributions[:, scores.names.index("food_failed_tests")]
    food = scores.sector == "food"
    assert (column[~food] == 0).all()
    assert column[food & (tests >= 2)].mean() > column[food & (tests == 0)].mean() + 0.3


def test_points_are_what_a_clerk_adds_up(trained: TrainedModels, scores: Scores) -> None:
    """The printed table alone, added by hand, gives the printed points of general rows."""
    table = points_table(trained.scoring.scorecard, trained.scoring.points_scale)
    for row in np.flatnonzero(scores.sector == "general")[:50].tolist():
        tenths = round(10 * table["base"])
        for name, one in table["indicators"].items():
            value = MATRIX[name][row].as_py()
            if value is None:
                tenths += round(10 * one["missing"])
            else:
                place = next((i for i, e in enumerate(one["edges"]) if value <= e), -1)
                tenths += round(10 * one["points"][place])
        assert scores.points[row] == (tenths + 5) // 10


def test_more_points_are_safer(scores: Scores) -> None:
    scale = 20 / np.log(2)
    expected = 600 - scale * (scores.log_odds + np.log(20))
    assert np.abs(scores.points - expected).max() < 1.5
    assert np.corrcoef(scores.points, scores.probability)[0, 1] < -0.8


def test_more_penalties_never_give_more_points(trained: TrainedModels, scores: Scores) -> None:
    worse = MATRIX.set_column(
        MATRIX.column_names.index("penalties_24m"),
        "penalties_24m",
        pa.array(MATRIX["penalties_24m"].to_numpy() + 2),
    )
    after = trained.scoring.score(worse, PROFILE)
    assert (after.general_log_odds >= scores.general_log_odds - 1e-12).all()
    assert (after.probability >= scores.probability - 1e-12).all()
    general = scores.sector == "general"
    assert (after.points[general] <= scores.points[general]).all()


def test_duplicated_rows_score_alike(trained: TrainedModels, scores: Scores) -> None:
    twice = trained.scoring.score(
        pa.concat_tables([MATRIX, MATRIX]), pa.concat_tables([PROFILE, PROFILE])
    )
    assert (twice.probability[:ROWS] == twice.probability[ROWS:]).all()
    assert (twice.probability[:ROWS] == scores.probability).all()


def test_further_columns_and_their_order_do_not_matter(
    trained: TrainedModels, scores: Scores
) -> None:
    shuffled = MATRIX.select(MATRIX.column_names[::-1])
    shuffled = shuffled.append_column("unseen", pa.array(["x"] * ROWS))
    assert (trained.scoring.score(shuffled, PROFILE).probability == scores.probability).all()


def test_an_empty_population_scores_to_nothing(trained: TrainedModels) -> None:
    empty = trained.scoring.score(MATRIX.slice(0, 0), PROFILE.slice(0, 0))
    assert len(empty.probability) == 0
    assert empty.contributions.shape == (0, len(INDICATORS))


def test_without_sub_models_the_general_model_serves_all(
    trained: TrainedModels, scores: Scores
) -> None:
    general = replace(trained.scoring, sectors={})
    served = general.score(MATRIX, PROFILE)
    assert set(served.sector) == {"general"}
    assert (served.probability == scores.general_probability).all()


def test_absent_columns_are_named(trained: TrainedModels) -> None:
    with pytest.raises(ColumnError, match="complaints_12m"):
        trained.scoring.score(MATRIX.drop_columns(["complaints_12m"]), PROFILE)
    with pytest.raises(ColumnError, match="is_food"):
        trained.scoring.score(MATRIX, PROFILE.drop_columns(["is_food"]))
    with pytest.raises(ColumnError, match="799"):
        trained.scoring.score(MATRIX, PROFILE.slice(1))


def test_flags_must_be_flags(trained: TrainedModels) -> None:
    words = PROFILE.set_column(1, "is_food", pa.array(["True"] * ROWS))
    with pytest.raises(ColumnError, match="is_food"):
        trained.scoring.score(MATRIX, words)
