"""MAIN FLOW 1: which rows and columns the matrix has, and that a row is the same in any batch."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.archive import Archive
from features.build import build_context, build_matrix
from features.engine import Engine
from features.errors import AsOfError
from features.indicators import DIMENSIONS, catalogue, range_sums
from features.indicators import context as indicator_context
from features.indicators.errors import UnknownIndicatorError
from tests.features.random_records import (
    TableArchive,
    build,
    enterprise_id,
    enterprises,
    random_city,
    table_of,
)

DAY = date(2025, 6, 30)
SIZE = 200


@pytest.fixture(scope="module")
def archive() -> Archive:
    return random_city().archive


@pytest.fixture(scope="module")
def matrix() -> pa.Table:
    return random_city().matrix


def test_shape(matrix: pa.Table) -> None:
    rows = catalogue()
    names = [row.name for row in rows]
    assert matrix.column_names[: 2 + len(names)] == ["enterprise_id", "as_of", *names]
    assert all(matrix.schema.field(name).type == pa.float64() for name in names)
    assert matrix["as_of"].unique().to_pylist() == [DAY]
    ids = matrix["enterprise_id"].to_pylist()
    assert ids == sorted(set(ids))
    assert 0 < len(ids) < SIZE  # some deregistered or moved out
    evidence = [f"{row.name}__record" for row in rows if row.kind is not None]
    assert matrix.column_names[2 + len(names) :] == evidence


def test_missing_means_what_the_catalogue_says(matrix: pa.Table) -> None:
    for row in catalogue():
        values = matrix[row.name].to_pandas()
        assert not np.isinf(values).any(), row.name
        if row.missing == "zero":
            assert values.notna().all(), row.name
        if row.unit in ("flag", "ratio"):
            assert values.dropna().between(0, 1).all(), row.name


def test_one_enterprise_alone_is_its_row_in_the_batch(
    engine: Engine, archive: Archive, matrix: pa.Table
) -> None:
    enterprise = matrix["enterprise_id"].to_pylist()[60]
    alone = build_matrix(
        engine, archive, as_of=DAY, enterprise_ids=[enterprise], with_evidence=True
    )
    assert alone.equals(_row(matrix, enterprise))


@pytest.mark.slow
def test_an_enterprise_alone_is_its_row_in_the_batch(
    engine: Engine, archive: Archive, matrix: pa.Table
) -> None:
    # Every eighth of them; in turn the indicators of one dimension, to keep the time in bounds.
    context = build_context(engine, archive, as_of=DAY)
    dimensions = [[row.name for row in catalogue() if row.dimension == d] for d in DIMENSIONS]
    for number, enterprise in enumerate(matrix["enterprise_id"].to_pylist()[::8]):
        alone = build_matrix(
            engine,
            archive,
            as_of=DAY,
            enterprise_ids=[enterprise],
            with_evidence=True,
            context=context,
            names=dimensions[number % len(dimensions)],
        )
        assert alone.equals(_row(matrix, enterprise).select(alone.column_names)), enterprise


def _row(matrix: pa.Table, enterprise: str) -> pa.Table:
    place = matrix["enterprise_id"].to_pylist().index(enterprise)
    return matrix.slice(place, 1)


def test_ranges_add_up_to_the_whole(engine: Engine, matrix: pa.Table, tmp_path: Path) -> None:
    cut = build(tmp_path, random_city().tables, range_size=120)
    assert cut.range_count == 2
    names = [
        "related_penalties_36m",
        "industry_problem_ratio_36m",
        "penalties_fading",
        "same_matter_penalties_in_a_year",
        "test_failure_ratio_36m",
        "shareholder_penalties_36m",
        "units_unchecked",
    ]
    context = build_context(engine, cut, as_of=DAY, names=names)
    parts = [
        build_matrix(engine, cut, as_of=DAY, range_no=number, context=context, names=names)
        for number in range(2)
    ]
    together = pa.concat_tables(parts)
    assert together.equals(matrix.select(together.column_names))


def test_a_range_with_its_sums_laid_ready_says_the_same(
    engine: Engine, matrix: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(range_sums, "_MANY", 2)
    monkeypatch.setattr(range_sums, "_ROWS_AT_ONCE", 60)
    monkeypatch.setattr(range_sums, "_SAMPLED", 7)
    monkeypatch.setattr(indicator_context, "_ROWS_LOOKED_THROUGH", 10)
    cut = build(tmp_path, random_city().tables, range_size=80)
    names = ["related_penalties_36m", "shareholder_penalties_36m", "address_penalties_36m"]
    kept = build_context(engine, cut, as_of=DAY, names=names, folder=tmp_path / "sums")
    context = range_sums.with_range_sums(kept, tmp_path / "ready")
    assert {len(files) for files in context.by_range.values()} == {cut.range_count}
    assert len(context.by_range) == 3
    asked: dict[str, Any] = {"as_of": DAY, "context": context, "names": names}
    parts = [
        build_matrix(engine, cut, range_no=number, **asked) for number in range(cut.range_count)
    ]
    together = pa.concat_tables(parts)
    assert together.equals(matrix.select(together.column_names))
    enterprise = together["enterprise_id"].to_pylist()[60]
    alone = build_matrix(engine, cut, enterprise_ids=[enterprise], **asked)
    assert alone.equals(_row(together, enterprise)), "who asks for one looks in all pieces"


def test_many_chosen_enterprises_are_those_rows(
    engine: Engine, archive: Archive, matrix: pa.Table
) -> None:
    ids = [enterprise_id(number) for number in range(0, SIZE, 1) if number % 3]
    names = ["penalties_36m", "related_penalties_36m"]
    part = build_matrix(engine, archive, as_of=DAY, enterprise_ids=ids, names=names)
    expected = [row for row in matrix.to_pylist() if row["enterprise_id"] in set(ids)]
    assert len(ids) > 100
    assert part.to_pylist() == [{name: row[name] for name in part.column_names} for row in expected]


def test_unknown_enterprise_has_no_row(engine: Engine, archive: Archive) -> None:
    for ids in (["nobody"], list[str]()):
        matrix = build_matrix(engine, archive, as_of=DAY, enterprise_ids=ids, names=["employees"])
        assert matrix.num_rows == 0


def test_unknown_indicator_is_named(engine: Engine, archive: Archive) -> None:
    with pytest.raises(UnknownIndicatorError, match="no_such"):
        build_matrix(engine, archive, as_of=DAY, names=["no_such", "employees"])


def test_as_of_too_late_says_what_to_import(engine: Engine) -> None:
    archive = TableArchive(known="2025-03-01", registration=enterprises("E1"))
    assert build_matrix(engine, archive, as_of=date(2025, 4, 1), names=["changes_12m"]).num_rows
    with pytest.raises(AsOfError, match=r"2025-03-01.*导入|导入.*2025-03-01") as error:
        build_matrix(engine, archive, as_of=date(2025, 4, 2), names=["changes_12m"])
    assert "Import the departments' files after 2025-03-01" in error.value.en


def test_gone_enterprises_have_no_row(engine: Engine) -> None:
    registration = enterprises("E1", "E2", "E3", "E4")
    later = table_of(
        "registration",
        *[
            {
                "enterprise_id": enterprise,
                "event_on": day,
                "event": event,
                "status": event,
                "name": enterprise,
                "record_id": f"later{enterprise}",
            }
            for enterprise, day, event in [
                ("E2", "2024-05-01", "deregistration"),
                ("E3", "2024-05-01", "moved_out"),
                ("E4", "2025-07-01", "deregistration"),
            ]
        ],
    )
    status = pa.array(["deregistered", "moved_out", "deregistered"])
    place = later.column_names.index("status")
    later = later.set_column(place, "status", status)
    archive = TableArchive(registration=pa.concat_tables([registration, later]))
    matrix = build_matrix(engine, archive, as_of=DAY, names=["changes_12m"])
    assert matrix["enterprise_id"].to_pylist() == ["E1", "E4"]
