"""Records behind reasons can be looked up."""

from datetime import date
from pathlib import Path

import pyarrow as pa

from features.build import build_matrix
from features.catalogue import record_kinds
from features.engine import Engine
from features.evidence import describe, lookup
from features.indicators.records import KINDS
from tests.features.random_records import build, enterprises, table_of


def test_each_kind_has_its_reference(engine: Engine, tmp_path: Path) -> None:
    penalty = {
        "enterprise_id": "E1",
        "event_on": "2024-01-10",
        "record_id": "p",
        "decision_no": "粤汕市监罚〔2024〕1号",
        "source": "city_penalties",
    }
    report = {
        "enterprise_id": "E1",
        "event_on": "2024-05-01",
        "record_id": "r",
        "report_year": 2023,
    }
    archive = build(
        tmp_path,
        {
            "registration": enterprises("E1", record_id="g", registration_no="440500000000001"),
            "penalty": table_of("penalty", penalty),
            "annual_report": table_of("annual_report", report),
        },
    )
    table = lookup(engine, archive, ["r", "p", "p", "nobody's", ""])
    assert table.to_pylist() == [
        {
            "record_id": "p",
            "kind": "penalty",
            "reference": "粤汕市监罚〔2024〕1号",
            "event_on": date(2024, 1, 10),
            "source": "city_penalties",
        },
        {
            "record_id": "r",
            "kind": "annual_report",
            "reference": "2023",
            "event_on": date(2024, 5, 1),
            "source": "random",
        },
    ]


def test_a_corrected_record_is_told_as_corrected(engine: Engine, tmp_path: Path) -> None:
    def penalty(day: str) -> dict[str, str]:
        return {"enterprise_id": "E1", "event_on": day, "record_id": "p", "decision_no": "1"}

    archive = build(
        tmp_path,
        {"penalty": table_of("penalty", penalty("2024-01-10"))},
        {"penalty": table_of("penalty", penalty("2024-01-11"))},
    )
    (row,) = lookup(engine, archive, ["p"]).to_pylist()
    assert row["event_on"] == date(2024, 1, 11)


def test_nothing_asked_nothing_found(engine: Engine, tmp_path: Path) -> None:
    archive = build(tmp_path, {"registration": enterprises("E1")})
    table = lookup(engine, archive, [])
    assert table.num_rows == 0
    assert table.column_names == ["record_id", "kind", "reference", "event_on", "source"]


def test_records_are_described_at_their_places(engine: Engine, tmp_path: Path) -> None:
    def penalty(who: str, day: str, record_id: str) -> dict[str, str]:
        return {"enterprise_id": who, "event_on": day, "record_id": record_id, "decision_no": day}

    first = [penalty("E1", "2024-01-10", "p"), penalty("E1", "2024-02-01", "q")]
    archive = build(
        tmp_path,
        {"registration": enterprises("E1", "E2"), "penalty": table_of("penalty", *first)},
        {"penalty": table_of("penalty", penalty("E1", "2024-02-03", "q"))},
    )
    # A day that knows neither the correction nor what it corrects.
    names = ["penalties_36m"]
    matrix = build_matrix(engine, archive, as_of=date(2024, 1, 20), names=names, with_places=True)
    assert matrix["enterprise_id"].to_pylist() == ["E1", "E2"]
    numbers = matrix["enterprise_no"].to_numpy()
    places = matrix["penalties_36m__place"].combine_chunks()
    told = describe(engine, archive, numbers, places).to_pylist()
    assert [row["reference"] for row in told] == ["2024-01-10", None]
    # What was seen before the correction is told as corrected; here every version by its place.
    versions = archive.table(engine, "penalty").execute().sort_values("sequence")
    of_q = versions[versions.record_id == "q"]
    assert len(of_q) == 2
    kind = list(record_kinds()).index("penalty")
    at = pa.array([one * KINDS + kind for one in of_q.sequence.tolist()], pa.int64())
    told = describe(engine, archive, of_q.enterprise_no.to_numpy(), at).to_pylist()
    assert [row["reference"] for row in told] == ["2024-02-03", "2024-02-03"]
