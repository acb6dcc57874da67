"""Aggregates counted run by run say what an engine's group-by says."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from features.engine import Engine
from features.indicators.assembly import Plan, make_plan
from features.indicators.conditions import equals, holds, lists
from features.indicators.measures import (
    Aggregate,
    count,
    days_since_last,
    fading_count,
    fading_weight,
    highest,
    latest,
    lowest,
    total,
)
from features.indicators.moment import moment
from features.indicators.parts import Output
from features.indicators.records import Records
from features.indicators.runs import Runs
from tests.features.random_records import TableArchive, random_city

DAY = date(2025, 6, 30)
_FOOD = equals("matter", "food", zh="食品", en="food")
_HEAVY = holds("is_heavier", zh="较重", en="heavier")
_FINED = lists("penalty_kinds", "fine", zh="罚款", en="fined")
_WAYS: dict[str, Aggregate] = {
    "heavy": count("penalty", where=(_HEAVY,), within=24),
    "food_and_fined": count("penalty", where=(_FOOD, _FINED)),
    "fading": fading_count("penalty", half_life=6, where=(_FOOD,)),
    "weight": fading_weight("penalty", half_life=24),
    "days": days_since_last("penalty", where=(_FINED,)),
    "newest": count("penalty", where=(_FOOD,)).selection,
    "matter": latest("penalty", "matter"),
    "authority": latest("penalty", "authority", where=(_FOOD,)),
    **{f"fines_{n}": total("penalty", "fine_cny", within=n) for n in (12, None)},
    **{f"largest_{n}": highest("penalty", "fine_cny", within=n) for n in (1, 36)},
    "most_in_a_year": highest("penalty", "in_a_year"),
    "least_fined": lowest("penalty", "fine_cny", where=(_HEAVY,)),
    **{f"first_{n}": lowest("penalty", "event_on", within=n) for n in (3, 6, 12, None)},
}


def plan_of(engine: Engine, leaves: dict[str, Aggregate]) -> Plan:
    outputs = {name: Output((leaf,), lambda values: values[0]) for name, leaf in leaves.items()}
    return make_plan(engine, Records(moment(DAY)), outputs, gone=True)


def test_runs_and_the_group_by_agree_to_the_bit(engine: Engine) -> None:
    """Money, days, texts and counts, of enterprises with and without records in every window."""
    archive = TableArchive(**random_city().tables)
    plan = plan_of(engine, {**_WAYS, "speed": highest("unit", "rated_speed_m_s")})
    assert plan.parts["penalty"].by_run is not None
    by_run = plan.rows(engine, archive)
    for part in plan.parts.values():
        part.by_run = None
    grouped = plan.rows(engine, archive)
    assert by_run.equals(grouped)
    some = by_run["fines_12"].to_pylist()
    assert len({value for value in some if value}) > 10
    assert any(value is None for value in by_run["largest_1"].to_pylist())
    assert len(set(by_run["matter"].to_pylist())) > 1


def test_records_in_any_order_give_the_same(engine: Engine) -> None:
    leaves = (count("penalty", where=(_FOOD,)), latest("penalty", "matter"))
    runs = Runs(leaves, moment(DAY))
    schema = pa.schema([("enterprise_no", pa.int64()), ("n", pa.int64()), ("matter", pa.string())])
    numbers = np.repeat([1 << 32, (1 << 32) + 5, (1 << 32) + 6], [4, 1, 3])
    positions = np.array([9, 1, 4, 2, 7, 3 << 40, 1, 2])
    table = pa.table(
        {
            "enterprise_no": numbers,
            "position": positions,
            "event_on": [DAY - timedelta(days=int(n)) for n in positions % 11],
            "field_matter": ["food", "drug", None, "food", None, "drug", "food", "food"],
            "condition_0": [True, False, None, True, None, False, True, True],
        }
    )
    found = runs.aggregate(table, schema)
    assert found.to_pydict() == {
        "enterprise_no": [1 << 32, (1 << 32) + 5, (1 << 32) + 6],
        "n": [2, 0, 2],
        "matter": ["food", None, "drug"],
    }
    for seed in range(5):
        mixed = table.take(np.random.default_rng(seed).permutation(len(numbers)))
        assert runs.aggregate(mixed, schema).equals(found)
    assert runs.aggregate(table.slice(0, 0), schema).num_rows == 0


@pytest.mark.parametrize(
    "leaf",
    [highest("penalty", "matter"), total("unit", "rated_load_kg")],
    ids=["the highest text", "a sum of fractions"],
)
def test_what_64_bits_do_not_hold_is_left_to_the_engine(engine: Engine, leaf: Aggregate) -> None:
    assert plan_of(engine, {"it": leaf}).parts[leaf.source].by_run is None
