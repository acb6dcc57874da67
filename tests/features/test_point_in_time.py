"""Nothing that was not known by the as-of day changes anything."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.archive import Archive
from features.build import build_matrix
from features.engine import Engine
from features.point_in_time import is_visible, known_before, visible
from features.profile import build_profile
from tests.features.random_records import TableArchive, build, enterprises, random_city, table_of

DAY = date(2025, 6, 30)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The archive as if every record known after the day had never come."""
    limit = pa.scalar(known_before(DAY))
    tables = random_city().tables
    known = {kind: t.filter(pc.less(t["known_at"], limit)) for kind, t in tables.items()}
    assert sum(map(len, known.values())) < 0.95 * sum(map(len, tables.values()))
    return build(tmp_path_factory.mktemp("past"), known)


def test_records_known_later_change_no_indicator(engine: Engine, past: Archive) -> None:
    city = random_city()
    assert city.as_of == DAY
    without = build_matrix(engine, past, as_of=DAY, with_evidence=True)
    assert city.matrix.num_rows > 100
    assert city.matrix.equals(without)  # bit for bit


def test_records_known_later_change_no_profile(engine: Engine, past: Archive) -> None:
    profile = build_profile(engine, random_city().archive, as_of=DAY)
    assert profile.equals(build_profile(engine, past, as_of=DAY))


def values(engine: Engine, archive: Any, day: date, *names: str) -> list[float]:
    matrix = build_matrix(engine, archive, as_of=day, names=names)
    return [matrix[name][0].as_py() for name in names]


def test_a_late_record_is_seen_from_the_day_it_is_known(engine: Engine) -> None:
    penalty = table_of(
        "penalty",
        {
            "enterprise_id": "E1",
            "event_on": "2024-01-10",
            "known_at": "2024-02-20T16:00:00",  # 2024-02-21 00:00 in China
        },
    )
    archive = TableArchive(registration=enterprises("E1"), penalty=penalty)
    assert values(engine, archive, date(2024, 2, 20), "penalties_12m") == [0.0]
    assert values(engine, archive, date(2024, 2, 21), "penalties_12m") == [1.0]


def test_a_record_known_before_it_happens_waits_for_its_day(engine: Engine) -> None:
    penalty = table_of(
        "penalty",
        {"enterprise_id": "E1", "event_on": "2024-03-01", "known_at": "2024-02-01T00:00:00"},
    )
    archive = TableArchive(registration=enterprises("E1"), penalty=penalty)
    seen = [
        build_matrix(engine, archive, as_of=day, names=["penalties_12m"])["penalties_12m"][
            0
        ].as_py()
        for day in (date(2024, 2, 29), date(2024, 3, 1))
    ]
    assert seen == [0.0, 1.0]


def test_a_correction_is_seen_from_its_own_day_only(engine: Engine, tmp_path: Path) -> None:
    def penalty(matter: str, known: str) -> pa.Table:
        return table_of(
            "penalty",
            {
                "enterprise_id": "E1",
                "event_on": "2024-01-10",
                "record_id": "the same decision",
                "decision_no": "1",
                "matter": matter,
                "known_at": known,
            },
        )

    first = {
        "registration": enterprises("E1"),
        "penalty": penalty("price", "2024-01-15T00:00:00"),
        "honour": table_of("honour", {"enterprise_id": "ZZ", "event_on": "2024-06-30"}),
    }
    archive = build(tmp_path, first, {"penalty": penalty("food", "2024-04-02T00:00:00")})
    names = ["penalties_12m", "food_penalties_12m"]
    assert values(engine, archive, date(2024, 4, 1), *names) == [1.0, 0.0]
    assert values(engine, archive, date(2024, 4, 2), *names) == [1.0, 1.0]


def test_the_day_ends_at_midnight_in_china() -> None:
    assert known_before(date(2024, 2, 20)) == datetime.fromisoformat("2024-02-20T16:00:00")


def test_one_record_in_hand_is_judged_as_a_query_judges_it(engine: Engine) -> None:
    """The rule stands twice; around each of its limits both must say the same."""
    day = date(2024, 3, 1)
    midnight = known_before(day)
    instants = [midnight - timedelta(microseconds=1), midnight, midnight + timedelta(days=40)]
    records = [
        {
            "event_on": day + timedelta(days=late),
            "known_at": known_at,
            "superseded_at": superseded_at,
            "is_withdrawn": is_withdrawn,
        }
        for late in (-1, 0, 1)
        for known_at in instants
        for superseded_at in (None, *instants)
        for is_withdrawn in (False, True)
    ]
    rows = engine.memory(pa.Table.from_pylist(records))
    seen = engine.to_arrow(visible(rows, day)).to_pylist()
    assert 0 < len(seen) < len(records)
    assert [record for record in records if is_visible(record, as_of=day)] == seen
