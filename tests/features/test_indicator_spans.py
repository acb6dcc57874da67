"""Windows added up from spans say what each window says when it is asked for alone."""

from datetime import date

import pytest

from benchmarks.triage import aggregates
from features.engine import Engine
from features.indicators.assembly import Output, Plan, make_plan
from features.indicators.measures import Aggregate, count, fading_count, latest, lowest
from features.indicators.moment import moment
from features.indicators.records import Records
from tests.features.random_records import TableArchive, random_city

DAY = date(2025, 6, 30)
_DATES = {
    f"first_{months}": lowest("penalty", "event_on", within=months) for months in (3, 6, 12, None)
}


def plan_of(engine: Engine, leaves: dict[str, Aggregate]) -> Plan:
    outputs = {name: Output((leaf,), lambda values: values[0]) for name, leaf in leaves.items()}
    return make_plan(engine, Records(moment(DAY)), outputs, gone=True)


def test_spans_and_single_windows_agree_to_the_bit(engine: Engine) -> None:
    """Money, days and counts, of enterprises with and without records in every window."""
    archive = TableArchive(**random_city().tables)
    plan = plan_of(engine, {**aggregates(), **_DATES})
    assert plan.parts["penalty"].by_span is not None
    together = plan.rows(engine, archive)
    asked = together["enterprise_id"].to_pylist()[::3]
    alone = plan.rows(engine, archive, enterprise_ids=asked)
    same = together.filter(
        [identity in set(asked) for identity in together["enterprise_id"].to_pylist()]
    )
    assert same.equals(alone)
    some = together["fines_12"].to_pylist()
    assert len({value for value in some if value}) > 10
    assert any(value is None for value in together["largest_1"].to_pylist())


@pytest.mark.parametrize(
    "leaves",
    [
        {f"n{months}": count("penalty", within=months) for months in (3, 12)},
        {f"f{months}": fading_count("penalty", half_life=months) for months in (3, 6, 12, 24)},
        {name: latest("penalty", name) for name in ("matter", "authority", "violation")},
    ],
    ids=["two windows", "weights that fade", "newest texts"],
)
def test_spans_are_for_many_windows_of_what_can_be_added(
    engine: Engine, leaves: dict[str, Aggregate]
) -> None:
    assert plan_of(engine, leaves).parts["penalty"].by_span is None
