"""A sub-model starts from the general model and adds no more than its labels deserve."""

import numpy as np
import pytest

from models.labels.splits import enterprise_folds
from models.learning.boosting import Sample
from models.learning.columns import sector_columns
from models.learning.sector import SectorModel, choose_trees, fit_sector
from models.rating.sectors import IndicatorChoice
from tests.models.simulated import INDICATORS, labels_of, small_config, true_log_odds, values_of

FOOD = sector_columns(INDICATORS, IndicatorChoice(sectors=("food",)))
COLUMNS = [i for i, row in enumerate(INDICATORS) if row in FOOD]
SETTINGS = small_config().sector


def sample_of(rows: int, *, seed: int, sector: str | None) -> tuple[Sample, np.ndarray]:
    values = values_of(rows, seed=seed)
    bad = labels_of(true_log_odds(values, sector=sector), seed=seed + 1)
    fold = enterprise_folds(np.array([f"{seed}-{i}" for i in range(rows)], dtype=object), 4)
    return Sample(values[:, COLUMNS], bad, start=true_log_odds(values)), fold


def test_trees_are_added_where_the_sector_knows_more() -> None:
    sample, fold = sample_of(2000, seed=1, sector="food")
    assert choose_trees(sample, FOOD, fold=fold, settings=SETTINGS, seed=0) >= 5


def test_no_tree_is_added_where_the_general_model_knows_all() -> None:
    sample, fold = sample_of(2000, seed=2, sector=None)
    assert choose_trees(sample, FOOD, fold=fold, settings=SETTINGS, seed=0) == 0


def test_folds_without_positives_say_nothing() -> None:
    sample, fold = sample_of(60, seed=3, sector="food")
    sample.is_bad[:] = False
    sample.is_bad[0] = True
    assert choose_trees(sample, FOOD, fold=fold, settings=SETTINGS, seed=0) == 0


def test_without_trees_it_adds_nothing() -> None:
    sample, _ = sample_of(50, seed=4, sector="food")
    model = fit_sector(sample, FOOD, settings=SETTINGS, trees=0, seed=0)
    base, added = model.contributions(sample.values)
    assert base == 0
    assert added.shape == (50, len(FOOD))
    assert not added.any()
    assert not model.added_log_odds(sample.values).any()
    assert model.text() is None


@pytest.fixture(scope="module")
def fitted() -> tuple[SectorModel, Sample]:
    sample, _ = sample_of(2000, seed=5, sector="food")
    return fit_sector(sample, FOOD, settings=SETTINGS, trees=30, seed=0), sample


def test_contributions_sum_to_what_it_adds(fitted: tuple[SectorModel, Sample]) -> None:
    model, sample = fitted
    base, added = model.contributions(sample.values)
    predicted = model.added_log_odds(sample.values)
    assert np.abs(base + added.sum(axis=1) - predicted).max() < 1e-12


def test_more_of_a_risk_never_lowers_it(fitted: tuple[SectorModel, Sample]) -> None:
    model, sample = fitted
    before = model.added_log_odds(sample.values)
    assert before.std() > 0.1
    for position, row in enumerate(FOOD):
        worse = sample.values.copy()
        worse[:, position] += 2 * row.sign
        assert (model.added_log_odds(worse) >= before - 1e-12).all(), row.name


def test_text_reads_back_bit_by_bit(fitted: tuple[SectorModel, Sample]) -> None:
    model, sample = fitted
    again = SectorModel.from_text(model.names, model.text())
    assert (again.added_log_odds(sample.values) == model.added_log_odds(sample.values)).all()
    assert (again.contributions(sample.values)[1] == model.contributions(sample.values)[1]).all()
    assert again.text() == model.text()
