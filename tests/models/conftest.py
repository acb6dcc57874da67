"""Models trained once on simulated enterprises and shared by the tests of this room."""

from datetime import date

import pytest

from models.train import train_on
from models.trained import TrainedModels
from tests.models.simulated import INDICATORS, cohorts_of, small_config

TRAINING_DAYS = (date(2020, 12, 31), date(2021, 12, 31), date(2022, 12, 31))
TEST_DAY = date(2023, 12, 31)


@pytest.fixture(scope="session")
def trained() -> TrainedModels:
    """General, food and special-equipment models with figures on a later window."""
    test = cohorts_of([TEST_DAY], rows=2500, seed=900, sector_rows=1500)
    return train_on(
        cohorts_of(TRAINING_DAYS, rows=2500, seed=1, sector_rows=1500),
        indicators=INDICATORS,
        config=small_config(),
        test={model: cohorts[0] for model, cohorts in test.items()},
        definitions="a" * 64,
    )
