"""The exported query gives the same numbers on Spark as in Python."""

import numpy as np
import pyarrow as pa
import pytest

from features.engine import SparkEngine
from models.learning.calibration import Calibration
from models.learning.columns import matrix_values
from models.rating.scorecard_sql import LOG_ODDS, PROBABILITY, with_scores
from tests.models.awkward_cards import ISOTONIC, NAMES, PLATT, awkward_model, edge_rows

pytestmark = pytest.mark.spark


@pytest.mark.parametrize("calibration", [PLATT, ISOTONIC], ids=["platt", "isotonic"])
def test_spark_gives_the_numbers_of_python(spark: SparkEngine, calibration: Calibration) -> None:
    values = edge_rows()
    table = pa.table(
        {name: pa.array(values[:, at], from_pandas=True) for at, name in enumerate(NAMES)}
        | {"number": pa.array(range(len(values)))}
    )
    model = awkward_model(calibration)
    scored = with_scores(model, spark.memory(table)).order_by("number")
    found = spark.to_arrow(scored.select("number", LOG_ODDS, PROBABILITY))
    log_odds = model.scorecard.log_odds(matrix_values(table, NAMES))
    assert np.abs(found[LOG_ODDS].to_numpy() - log_odds).max() <= 1e-12
    assert np.abs(found[PROBABILITY].to_numpy() - calibration(log_odds)).max() <= 1e-12
