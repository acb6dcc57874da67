"""Tables say of every row what LightGBM says of it, at the edges of bins and at missing values."""

from typing import Any

import lightgbm
import numpy as np
import pytest

from models.learning.boosting import BoostingSettings, Sample
from models.learning.columns import sector_columns
from models.learning.sector import SectorModel, fit_sector
from models.learning.tree_tables import TreeTables
from models.learning.trees import split_edges
from models.rating.sectors import IndicatorChoice
from tests.models.simulated import INDICATORS, labels_of, small_config, true_log_odds, values_of

FOOD = sector_columns(INDICATORS, IndicatorChoice(sectors=("food",)))
COLUMNS = [place for place, row in enumerate(INDICATORS) if row in FOOD]
NAMES = [row.name for row in FOOD]


def fitted(settings: BoostingSettings, *, trees: int = 40) -> SectorModel:
    values = values_of(3000, seed=31)
    bad = labels_of(true_log_odds(values, sector="food"), seed=32)
    sample = Sample(values[:, COLUMNS], bad, start=true_log_odds(values))
    return fit_sector(sample, FOOD, settings=settings, trees=trees, seed=0)


@pytest.fixture(scope="module")
def model() -> SectorModel:
    return fitted(BoostingSettings(**small_config().sector.model_dump() | {"num_leaves": 6}))


@pytest.fixture(scope="module")
def tables(model: SectorModel) -> TreeTables:
    found = TreeTables.of(model.booster, NAMES)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def rows(model: SectorModel) -> np.ndarray:
    """Other enterprises; every value that trees split at, and its neighbours; missing values."""
    values = values_of(4000, seed=33)[:, COLUMNS]
    rng = np.random.default_rng(34)
    for place, name in enumerate(NAMES):
        edges = split_edges(model.booster, NAMES).get(name, np.array([]))
        near = [edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)]
        special = np.concatenate([*near, [np.nan, 0.0, -1.0, 1e6]])
        chosen = rng.random(len(values)) < 0.5
        values[chosen, place] = rng.choice(special, chosen.sum())
    return values


def test_what_trees_add_is_that_of_lightgbm_bit_by_bit(
    model: SectorModel, tables: TreeTables, rows: np.ndarray
) -> None:
    assert (tables.added(rows) == model.booster.predict(rows, raw_score=True)).all()
    assert len(set(tables.added(rows).tolist())) > 100


def test_contributions_are_those_of_lightgbm(
    model: SectorModel, tables: TreeTables, rows: np.ndarray
) -> None:
    theirs = model.booster.predict(rows, pred_contrib=True)
    base, added = tables.contributions(rows)
    assert np.abs(added - theirs[:, :-1]).max() < 1e-13
    assert abs(base - theirs[0, -1]) < 1e-13
    assert np.abs(added).max() > 0.1


def test_a_row_has_its_contributions_whoever_else_is_asked_for(
    tables: TreeTables, rows: np.ndarray
) -> None:
    alone = tables.contributions(rows[7:8])[1]
    assert (alone[0] == tables.contributions(rows)[1][7]).all()


def test_a_tree_that_splits_nothing_adds_the_same_to_all() -> None:
    nothing: dict[str, Any] = {"objective": "regression", "verbose": -1, "min_data_in_leaf": 50}
    data = lightgbm.Dataset(np.zeros((60, 1)), np.full(60, 3.0))
    booster = lightgbm.train(nothing, data, 1)
    found = TreeTables.of(booster, ["one"])
    assert found is not None
    assert (found.added(np.zeros((2, 1))) == booster.predict(np.zeros((2, 1)))).all()
    assert not found.contributions(np.zeros((2, 1)))[1].any()


def test_large_trees_are_walked_by_lightgbm(rows: np.ndarray) -> None:
    settings = small_config().sector.model_dump() | {"num_leaves": 255, "min_child_samples": 1}
    large = fitted(BoostingSettings(**settings | {"reg_lambda": 0}), trees=5)
    assert TreeTables.of(large.booster, NAMES) is None
    assert (large.added_log_odds(rows) == large.booster.predict(rows, raw_score=True)).all()
    theirs = large.booster.predict(rows, pred_contrib=True)
    assert (large.contributions(rows)[1] == theirs[:, :-1]).all()
