"""Advice changes only what can be changed, never for the worse, and finds the fewest changes."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from features.indicators import Change, catalogue, changes
from features.messages import Message
from models.learning.columns import matrix_values
from models.rating.counterfactual import advise
from models.rating.cutoffs import CutOffs, choose_cut_offs
from models.trained import TrainedModels
from tests.models.simulated import matrix_of, profile_of, values_of

ROWS = 300
MATRIX, PROFILE = matrix_of(values_of(ROWS, seed=41)), profile_of(ROWS, seed=42)
WAIT = Change(
    "24_months_without_penalty",
    Message("二十四个月无处罚", "24 months without a penalty"),
    "time",
    months=24,
    kind="penalty",
    best={"penalties_24m": 0.0},
)
LONGER_WAIT = Change(
    "36_months_without_penalty", WAIT.label, "time", months=36, kind="penalty", best=WAIT.best
)
ACT = Change("inspect_units", Message("报检", "inspect units"), "act", best={"units_overdue": 0.0})
QUIET = Change(
    "12_months_without_complaint",
    Message("十二个月无投诉", "12 months without a complaint"),
    "time",
    months=12,
    kind="complaint",
    best={"complaints_12m": 0.0},
)
ALL = (WAIT, LONGER_WAIT, ACT, QUIET)


@pytest.fixture(scope="module")
def cut(trained: TrainedModels) -> CutOffs:
    scores = trained.scoring.rate(MATRIX, PROFILE)
    target = {"A": 600, "B": 250, "C": 100, "D": 50}
    day = date(2024, 12, 31)
    return choose_cut_offs(scores.probability, target_per_mille=target, as_of=day)


def test_advice_is_what_the_model_says_of_the_changed_values(
    trained: TrainedModels, cut: CutOffs
) -> None:
    scores = trained.scoring.rate(MATRIX, PROFILE)
    riskiest = np.argsort(-scores.probability)[:12]
    matrix, profile = MATRIX.take(pa.array(riskiest)), PROFILE.take(pa.array(riskiest))
    told = advise(trained.scoring, matrix, profile, changes=ALL, cut_offs=cut)
    assert [one.now.probability for one in told] == scores.probability[riskiest].tolist()
    assert any(one.smallest for one in told)
    for row, one in enumerate(told):
        for outcome in (one.together, *one.single, *([one.smallest] if one.smallest else [])):
            assert outcome.probability <= one.now.probability + 1e-12
            after = matrix.slice(row, 1)
            for change in outcome.changes:
                for name, best in change.best.items():
                    column = pa.array([min(after[name][0].as_py(), best)], pa.float64())
                    after = after.set_column(after.column_names.index(name), name, column)
            again = trained.scoring.rate(after, profile.slice(row, 1))
            assert again.probability[0] == outcome.probability
        if one.smallest:
            assert one.smallest.grade < one.now.grade
            fewer = [each for each in one.single if each.grade < one.now.grade]
            assert len(one.smallest.changes) == 1 or not fewer


def test_the_shorter_of_two_waits_that_do_the_same_is_advised(
    trained: TrainedModels, cut: CutOffs
) -> None:
    rows = pa.array(np.flatnonzero(MATRIX["penalties_24m"].to_numpy() >= 2)[:5])
    told = advise(trained.scoring, MATRIX.take(rows), PROFILE.take(rows), changes=ALL, cut_offs=cut)
    waits = [
        each.months for one in told for each in one.single if WAIT.best == each.changes[0].best
    ]
    assert waits
    assert set(waits) == {24}


def test_a_clean_enterprise_gets_no_advice(trained: TrainedModels, cut: CutOffs) -> None:
    clean = matrix_values(MATRIX, trained.scoring.names)
    place = {name: index for index, name in enumerate(trained.scoring.names)}
    best = (clean[:, place["penalties_24m"]] == 0) & (clean[:, place["complaints_12m"]] == 0)
    best &= clean[:, place["units_overdue"]] == 0
    rows = pa.array(np.flatnonzero(best)[:3])
    for one in advise(
        trained.scoring, MATRIX.take(rows), PROFILE.take(rows), changes=ALL, cut_offs=cut
    ):
        assert one.single == ()
        assert one.smallest is None
        assert one.together.probability == one.now.probability


def test_changes_name_indicators_of_the_catalogue_and_never_run_against_their_sign() -> None:
    signs = {row.name: row.sign for row in catalogue()}
    found = changes(catalogue())
    assert len({one.key for one in found}) == len(found)
    for change in found:
        assert change.names <= set(signs), change.key
        for name, best in change.best.items():
            assert signs[name] == (1 if best == 0 else -1), name
        assert all(signs[name] == -1 for name in (*change.longer, *change.cleaner))
        assert all(signs[name] == 1 for name in change.faded)
        assert (change.how == "time") == (change.months is not None)


def test_what_lies_with_others_cannot_be_changed() -> None:
    changeable = {name for change in changes(catalogue()) for name in change.names}
    for row in catalogue():
        if row.kind is None or row.dimension == "basic":
            assert row.name not in changeable, row.name
