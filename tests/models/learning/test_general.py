"""The scorecard says exactly what the boosted trees say, and keeps its promises."""

import json
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.utils.estimator_checks import estimator_checks_generator

from features.engine import Engine
from models.errors import ColumnError, SingleClassError
from models.learning.general import AdditiveScorecard
from models.learning.scorecard import Scorecard, bin_shares, broken_signs
from models.learning.trees import collapse
from tests.models.simulated import (
    GENERAL_NAMES,
    SIGNS,
    labels_of,
    true_log_odds,
    values_of,
)

Model = tuple[AdditiveScorecard, pd.DataFrame, NDArray[np.bool_]]


@pytest.fixture(scope="module")
def model() -> Model:
    values = values_of(4000, seed=5)
    frame = pd.DataFrame(values[:, : len(GENERAL_NAMES)], columns=list(GENERAL_NAMES))
    bad = labels_of(true_log_odds(values), seed=6)
    scorecard = AdditiveScorecard(signs=SIGNS, n_estimators=150, num_leaves=4)
    return scorecard.fit(frame, bad), frame, bad


def contract_checks() -> list[tuple[Any, Any]]:
    """All checks but the one for other libraries' arrays, which scikit-learn itself leaves out."""
    pairs = estimator_checks_generator(AdditiveScorecard(n_estimators=100, num_leaves=4))
    return [pair for pair in pairs if pair[1].func.__name__ != "check_array_api_input"]


@pytest.mark.parametrize(
    ("estimator", "check"),
    contract_checks(),
    ids=lambda one: getattr(one, "func", type(one)).__name__,
)
def test_scikit_learn_contract(estimator: Any, check: Any) -> None:
    check(estimator)


def awkward_rows(scorecard: Scorecard, frame: pd.DataFrame) -> pd.DataFrame:
    """Values where a step function goes wrong first: on edges, a hair beside them, far out."""
    blocks = [frame.to_numpy()]
    for position, step in enumerate(scorecard.steps.values()):
        points = np.concatenate(
            [step.edges, np.nextafter(step.edges, np.inf), np.nextafter(step.edges, -np.inf)]
        )
        block = np.repeat(frame.to_numpy()[:1], len(points), axis=0)
        block[:, position] = points
        blocks.append(block)
    ends = [np.full((1, frame.shape[1]), end) for end in (np.nan, 0.0, -0.0, 1e308, -1e308)]
    rng = np.random.default_rng(0)
    holes = frame.to_numpy()[:500].copy()
    holes[rng.random(holes.shape) < 0.4] = np.nan
    return pd.DataFrame(np.concatenate([*blocks, *ends, holes]), columns=frame.columns)


def test_steps_equal_the_booster(model: Model) -> None:
    fitted, frame, _ = model
    rows = awkward_rows(fitted.scorecard_, frame)
    theirs = fitted.booster_.predict(rows.to_numpy(), raw_score=True)
    assert np.abs(fitted.scorecard_.log_odds(rows.to_numpy()) - theirs).max() < 1e-12


@pytest.mark.parametrize("zero_as_missing", [True, False])
@pytest.mark.parametrize("use_missing", [True, False])
def test_steps_equal_the_booster_for_every_way_to_miss(
    zero_as_missing: bool, use_missing: bool
) -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(-2, 4, (3000, 3)).astype(float)
    values[rng.random(values.shape) < 0.2] = np.nan
    bad = labels_of(np.where(values[:, 0] == 0, 1.5, -1.0) + np.nan_to_num(values[:, 1]), seed=1)
    parameters = {
        "objective": "binary",
        "interaction_constraints": [[0], [1], [2]],
        "zero_as_missing": zero_as_missing,
        "use_missing": use_missing,
        "num_leaves": 5,
        "num_threads": 1,
        "verbose": -1,
    }
    booster = lightgbm.train(parameters, lightgbm.Dataset(values, bad.astype(float)), 30)
    scorecard = collapse(booster, ["a", "b", "c"])
    points = np.array([np.nan, 0.0, -0.0, 1e-40, -1e-40, -1e-35, 1e-35, 0.5, -2, 3, np.inf])
    rows = np.array(np.meshgrid(points, points, points)).reshape(3, -1).T
    theirs = booster.predict(rows, raw_score=True)
    assert np.abs(scorecard.log_odds(rows) - theirs).max() < 1e-12


def test_a_tree_that_mixes_indicators_is_refused() -> None:
    values = np.random.default_rng(0).normal(size=(500, 2))
    bad = (values[:, 0] * values[:, 1] > 0).astype(float)
    data = lightgbm.Dataset(values, bad)
    booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 3)
    with pytest.raises(ValueError, match="mixes"):
        collapse(booster, ["a", "b"])


def test_contributions_and_intercept_sum_to_the_log_odds(model: Model) -> None:
    fitted, frame, _ = model
    contributions = fitted.contributions(frame)
    total = fitted.scorecard_.intercept + contributions.sum(axis=1)
    assert np.abs(total - fitted.decision_function(frame)).max() < 1e-12
    assert np.abs(contributions.mean(axis=0)).max() < 1e-9  # measured from the average row


def test_the_expression_equals_numpy_on_the_engine(model: Model, engine: Engine) -> None:
    fitted, frame, _ = model
    rows = awkward_rows(fitted.scorecard_, frame)
    expected = fitted.scorecard_.log_odds(rows.to_numpy())
    number = pa.array(range(len(rows)))
    for nan_is_null in (True, False):  # a matrix may hold either where a value is missing
        columns = {name: pa.array(rows[name], from_pandas=nan_is_null) for name in rows}
        table = engine.memory(pa.table(columns | {"number": number}))
        query = table.select("number", told=fitted.scorecard_.to_expression(table))
        told = engine.to_arrow(query.order_by("number"))["told"].to_numpy()
        assert np.abs(told - expected).max() < 1e-12


def test_the_expression_names_absent_indicators(model: Model, engine: Engine) -> None:
    fitted, _, _ = model
    table = engine.memory(pa.table({"penalties_24m": [1.0]}))
    with pytest.raises(ColumnError, match="complaints_12m"):
        fitted.scorecard_.to_expression(table)


def test_a_worse_bin_never_lowers_the_risk(model: Model) -> None:
    fitted, frame, _ = model
    scorecard = fitted.scorecard_
    assert broken_signs(scorecard, [SIGNS.get(name, 0) for name in scorecard.names]) == []
    assert len(scorecard.steps["penalties_24m"].edges) >= 1
    for name, sign in SIGNS.items():
        worse = frame.copy()
        worse[name] = worse[name] + 5 * sign
        present = frame[name].notna().to_numpy()
        change = fitted.decision_function(worse) - fitted.decision_function(frame)
        assert (change[present] >= -1e-12).all(), name


def test_a_reversed_sign_is_noticed() -> None:
    card = Scorecard.from_dict(
        {"intercept": 0.0, "indicators": {"x": {"edges": [0], "values": [1, 0.5], "missing": 0}}}
    )
    assert broken_signs(card, [1]) == ["x"]
    assert broken_signs(card, [-1]) == []
    assert broken_signs(card, [0]) == []


def test_equal_neighbours_are_merged(model: Model) -> None:
    for step in model[0].scorecard_.steps.values():
        assert (np.diff(step.values) != 0).all()
        assert len(step.values) == len(step.edges) + 1
        assert (np.diff(step.edges) > 0).all()


def test_constant_and_never_known_indicators_have_no_influence(model: Model) -> None:
    fitted, frame, _ = model
    assert fitted.scorecard_.steps["always_one"].is_flat
    assert fitted.scorecard_.steps["never_known"].is_flat
    assert (fitted.contributions(frame)[:, frame.columns.get_loc("always_one")] == 0).all()


def test_the_same_seed_gives_the_same_model_bit_by_bit(model: Model) -> None:
    fitted, frame, bad = model
    again = AdditiveScorecard(**fitted.get_params()).fit(frame, bad)
    assert again.scorecard_.to_dict() == fitted.scorecard_.to_dict()


def test_one_row_scores_as_in_the_batch(model: Model) -> None:
    fitted, frame, _ = model
    batch = fitted.decision_function(frame)
    for row in (0, 17, 3999):
        assert fitted.decision_function(frame.iloc[[row]])[0] == batch[row]


def test_a_written_scorecard_reads_back_bit_by_bit(model: Model) -> None:
    fitted, frame, _ = model
    read = Scorecard.from_dict(json.loads(json.dumps(fitted.scorecard_.to_dict())))
    assert (read.log_odds(frame.to_numpy()) == fitted.decision_function(frame)).all()


def test_stopping_in_time_keeps_the_best_trees(model: Model) -> None:
    _, frame, bad = model
    later = values_of(1500, seed=50)
    pair = (
        pd.DataFrame(later[:, : len(GENERAL_NAMES)], columns=list(GENERAL_NAMES)),
        labels_of(true_log_odds(later), seed=51),
    )
    long = AdditiveScorecard(signs=SIGNS, n_estimators=600, learning_rate=0.3)
    stopped = AdditiveScorecard(**long.get_params()).fit(frame, bad, validation=pair)
    assert 5 < stopped.n_trees_ < 300
    exact = AdditiveScorecard(**(long.get_params() | {"n_estimators": stopped.n_trees_}))
    assert exact.fit(frame, bad).scorecard_.to_dict() == stopped.scorecard_.to_dict()


def test_one_class_is_refused_in_both_languages(model: Model) -> None:
    _, frame, bad = model
    with pytest.raises(SingleClassError) as refused:
        AdditiveScorecard().fit(frame, np.zeros(len(bad), dtype=bool))
    assert "类别" in refused.value.zh
    assert "one class" in refused.value.en


@pytest.mark.parametrize("kind", ["bool", "int", "text"])
def test_labels_may_be_booleans_numbers_or_words(model: Model, kind: str) -> None:
    fitted, frame, bad = model
    labels: Any = {
        "bool": bad,
        "int": bad.astype(int),
        "text": np.where(bad, "True", "False").astype(object),
    }[kind]
    again = AdditiveScorecard(**fitted.get_params()).fit(frame, labels)
    assert (again.decision_function(frame) == fitted.decision_function(frame)).all()
    assert list(again.classes_) == sorted(set(np.asarray(labels).tolist()))


def test_boolean_indicators_count_as_numbers() -> None:
    flag = np.random.default_rng(0).random(1000) < 0.4
    bad = labels_of(np.where(flag, 1.0, -1.5), seed=1)
    by_flag = AdditiveScorecard(n_estimators=20).fit(pd.DataFrame({"flag": flag}), bad)
    by_number = AdditiveScorecard(n_estimators=20).fit(pd.DataFrame({"flag": flag * 1.0}), bad)
    assert by_flag.scorecard_.to_dict() == by_number.scorecard_.to_dict()
    assert not by_flag.scorecard_.steps["flag"].is_flat


def test_duplicated_rows_weigh_as_much_as_weights(model: Model) -> None:
    _, frame, bad = model
    base = AdditiveScorecard(signs=SIGNS, n_estimators=30, min_child_samples=1)
    doubled = pd.concat([frame, frame], ignore_index=True)
    twice = AdditiveScorecard(**base.get_params()).fit(doubled, np.concatenate([bad, bad]))
    once = AdditiveScorecard(**base.get_params()).fit(
        frame, bad, sample_weight=np.full(len(bad), 2)
    )
    gap = twice.decision_function(frame) - once.decision_function(frame)
    assert np.abs(gap).mean() < 0.02


def test_a_sign_for_an_unknown_indicator_is_refused(model: Model) -> None:
    _, frame, bad = model
    with pytest.raises(ColumnError, match="no_such"):
        AdditiveScorecard(signs={"no_such": 1}).fit(frame, bad)


def test_unseen_columns_are_refused(model: Model) -> None:
    fitted, frame, _ = model
    with pytest.raises(ValueError, match="unseen"):
        fitted.predict_proba(frame.rename(columns={"capital_log": "unseen"}))


def test_bin_shares_cover_everyone(model: Model) -> None:
    fitted, frame, bad = model
    described = bin_shares(fitted.scorecard_, frame.to_numpy(), bad)
    for name, one in described.items():
        step = fitted.scorecard_.steps[name]
        assert len(one["shares"]) == len(step.values) + 1
        assert sum(share or 0 for share in one["shares"]) == pytest.approx(1)
    assert described["never_known"]["shares"] == [0.0, 1.0]
    assert described["never_known"]["bad_rates"][0] is None
