"""The exported query gives the numbers that Python gives, on every kind of row."""

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from features.engine import Engine
from models.errors import ColumnError, ConfigError
from models.learning.columns import matrix_values
from models.learning.scorecard import Scorecard, StepFunction
from models.rating.points import whole_points
from models.rating.scorecard_sql import DIALECTS, LOG_ODDS, PROBABILITY, to_sql, with_scores
from models.rating.scoring_model import ScoringModel
from tests.models.awkward_cards import EDGES, ISOTONIC, NAMES, PLATT, awkward_model, edge_rows

CALIBRATIONS = {"platt": PLATT, "isotonic": ISOTONIC}
ON_EDGES = st.sampled_from(
    sorted({float(edge) for one in EDGES for edge in one} | {0.0, -1e308, 1e308, 7.0})
)
VALUES = st.one_of(
    st.none(),
    ON_EDGES,
    ON_EDGES.map(lambda edge: math.nextafter(edge, math.inf)),
    st.floats(allow_infinity=False, allow_nan=True, width=64),
)


def by_python(model: ScoringModel, table: pa.Table) -> NDArray[np.float64]:
    log_odds = model.scorecard.log_odds(matrix_values(table, NAMES))
    return np.column_stack([log_odds, model.calibrations["general"](log_odds)])


def by_engine(engine: Engine, model: ScoringModel, table: pa.Table) -> NDArray[np.float64]:
    numbered = table.append_column("number", pa.array(range(table.num_rows)))
    scored = with_scores(model, engine.memory(numbered)).order_by("number")
    found = engine.to_arrow(scored.select(LOG_ODDS, PROBABILITY))
    return np.column_stack([found[name].to_numpy() for name in (LOG_ODDS, PROBABILITY)])


def table_of(values: NDArray[np.float64], *, nulls: bool = True) -> pa.Table:
    return pa.table(
        {name: pa.array(values[:, at], from_pandas=nulls) for at, name in enumerate(NAMES)}
    )


@pytest.mark.parametrize("kind", CALIBRATIONS)
@pytest.mark.parametrize("nulls", [True, False])
def test_on_every_edge_and_beside_it(engine: Engine, kind: str, nulls: bool) -> None:
    model, table = awkward_model(CALIBRATIONS[kind]), table_of(edge_rows(), nulls=nulls)
    assert np.abs(by_engine(engine, model, table) - by_python(model, table)).max() <= 1e-12


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.tuples(*[VALUES] * len(NAMES)), min_size=1, max_size=60),
    kind=st.sampled_from(sorted(CALIBRATIONS)),
)
def test_on_any_rows(engine: Engine, rows: list[tuple[float | None, ...]], kind: str) -> None:
    columns = list(zip(*rows, strict=True))
    table = pa.table(
        {name: pa.array(one, pa.float64()) for name, one in zip(NAMES, columns, strict=True)}
    )
    model = awkward_model(CALIBRATIONS[kind])
    assert np.abs(by_engine(engine, model, table) - by_python(model, table)).max() <= 1e-12


def test_the_written_query_gives_the_same(engine: Engine) -> None:
    """What is run here is the text of the file, comments and all."""
    for calibration in CALIBRATIONS.values():
        model, table = awkward_model(calibration), table_of(edge_rows())
        ids = pa.array([f"E{at:05d}" for at in range(table.num_rows)])
        engine.bind(
            "indicators",
            table.append_column("enterprise_id", ids),
            columns=["enterprise_id", *NAMES],
        )
        found = engine._native.sql(to_sql(model, dialect="duckdb")).to_arrow_table()
        found = found.sort_by("enterprise_id")
        told = np.column_stack([found[name].to_numpy() for name in (LOG_ODDS, PROBABILITY)])
        assert np.abs(told - by_python(model, table)).max() <= 1e-12


@pytest.mark.parametrize("kind", [pa.int32(), pa.int64(), pa.float32(), pa.bool_()])
def test_whole_numbers_and_booleans_count_as_numbers(engine: Engine, kind: pa.DataType) -> None:
    values = [True, False, None] if pa.types.is_boolean(kind) else [0, 2, 3, None, -5, 7]
    table = pa.table({name: pa.array(values, kind) for name in NAMES})
    model = awkward_model()
    assert np.abs(by_engine(engine, model, table) - by_python(model, table)).max() <= 1e-12


def test_text_is_refused_also_where_it_looks_like_true_or_a_number(engine: Engine) -> None:
    model, good = awkward_model(), table_of(edge_rows()[:2])
    for values in (["True", "False"], ["1.5", "2"], ["unseen", None]):
        table = good.set_column(1, "x1", pa.array(values, pa.string()))
        with pytest.raises(ColumnError, match="x1"):
            by_engine(engine, model, table)
        with pytest.raises(ColumnError, match="x1"):
            by_python(model, table)


def test_a_column_without_any_value_is_missing_throughout(engine: Engine) -> None:
    model = awkward_model()
    for kind in (pa.float64(), pa.int64(), pa.bool_()):
        table = table_of(edge_rows()).set_column(2, "x2", pa.nulls(len(edge_rows()), kind))
        assert np.abs(by_engine(engine, model, table) - by_python(model, table)).max() <= 1e-12


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
@pytest.mark.parametrize("column", range(len(NAMES)))
def test_infinite_values_get_no_score(engine: Engine, column: int, infinite: float) -> None:
    """Also where the indicator has one bin only, or so many that they are written in groups."""
    model, values = awkward_model(ISOTONIC), edge_rows()[:4]
    values[2, column] = infinite
    table = table_of(values)
    found = by_engine(engine, model, table)
    assert np.isnan(found[2]).all()
    assert np.isfinite(found[[0, 1, 3]]).all()
    with pytest.raises(ColumnError, match=NAMES[column]) as refused:
        by_python(model, table)
    assert "无穷大" in refused.value.zh


def test_numbers_are_written_as_doubles_in_every_dialect() -> None:
    """Decimals would be added up as decimals, and round at another place."""
    for dialect in DIALECTS:
        query = to_sql(awkward_model(ISOTONIC), dialect=dialect, table="t")
        body = query.split("SELECT", 1)[1]
        assert "'0.12345678901234566' AS DOUBLE" in body
        assert "FALSE" not in body  # how Ibis writes `isinf` for Spark
        assert "x3" not in body.split("FROM (")[0]
        assert body.count("SELECT") == 1


def test_an_indicator_without_influence_need_not_be_there(engine: Engine) -> None:
    model = awkward_model()
    steps = dict(model.scorecard.steps)
    card = type(model.scorecard)(
        0.0, steps | {"flat": type(steps["x0"])(np.empty(0), np.zeros(1), 0.0)}
    )
    table = engine.memory(table_of(edge_rows()))
    assert "flat" not in card.used_names
    card.to_expression(table)
    with pytest.raises(ColumnError, match="x4"):
        card.to_expression(table.drop("x4"))


def test_points_and_constants_add_up_in_an_engine_as_in_python(engine: Engine) -> None:
    """A card whose flat indicator is not nought, which centring can leave behind."""
    model, table = awkward_model(), table_of(edge_rows())
    steps = {"flat": StepFunction(np.empty(0), np.array([0.7]), 0.7)} | model.scorecard.steps
    model = replace(model, scorecard=Scorecard(-1.7, steps))
    read = engine.memory(table)
    tenths = model.points_scale.in_tenths(model.scorecard).to_expression(read)
    found = engine.to_arrow(read.select(told=model.scorecard.to_expression(read), tenths=tenths))
    rated = model.rate(table, table)
    assert np.array_equal(np.sort(found["told"]), np.sort(rated.general_log_odds))
    assert np.array_equal(np.sort(whole_points(found["tenths"].to_numpy())), np.sort(rated.points))


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(ConfigError, match="duckdb, spark"):
        to_sql(awkward_model(), dialect="oracle")
