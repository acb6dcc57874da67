"""The catalogue: every row says what it is, and what it means decides its hash."""

import re
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

import law
from features.catalogue import allowed_codes, record_kinds
from features.indicators import (
    DIMENSIONS,
    UNITS,
    Indicator,
    catalogue,
    definitions_hash,
    document,
    workbook,
)
from features.indicators.conditions import Condition
from features.indicators.formulas import Derived, Formula, Shared
from features.indicators.measures import Aggregate, count
from features.indicators.moment import moment
from features.indicators.vocabulary import CONCLUDED_CLASSES, SOURCES
from features.indicators.windows import months_before

ROWS = catalogue()
COMMITTED = Path(__file__).parents[2] / "docs" / "indicators.md"


def aggregates(formula: Formula) -> list[Aggregate]:
    if isinstance(formula, Aggregate):
        return [formula]
    parts = formula.parts if isinstance(formula, Derived) else (formula.part,)
    return [found for part in parts for found in aggregates(part)]


def test_names_are_unique_and_enough() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names)) >= 120


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_dimension_is_there(dimension: str) -> None:
    assert sum(row.dimension == dimension for row in ROWS) >= 10


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row_is_complete(row: Indicator) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", row.name)
    assert re.search(r"[\u4e00-\u9fff]", row.zh)
    assert row.en.isascii()
    assert row.unit in UNITS
    assert row.sign in (-1, 0, 1)
    assert re.search(r"[\u4e00-\u9fff]", row.basis)
    assert row.sector == (row.dimension if row.dimension in ("food", "special_equipment") else None)
    assert "{" not in row.definition + row.definition_zh
    assert row.kind is None or row.kind in record_kinds()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_named_window_is_the_one_computed(row: Indicator) -> None:
    named = re.search(r"_(\d+)m(_|$)", row.name)
    if named:
        assert row.window_months == int(named[1])


def test_conditions_name_codes_that_exist() -> None:
    wrong = []
    for item in {leaf for row in ROWS for leaf in aggregates(row.formula)}:
        kind = SOURCES[item.source].kind
        for condition in item.where:
            words = _words(condition)
            stored = record_kinds()[kind].fields.get(condition.field)
            if stored is not None and (stored.codes or stored.table):
                wrong += [word for word in words if word not in allowed_codes(kind, stored.name)]
            if condition.field == "penalty_kinds":
                wrong += [word for word in words if word not in law.codes("penalty_kinds")]
    assert wrong == []


def _words(condition: Condition) -> tuple[str, ...]:
    operand = condition.operand
    return operand if isinstance(operand, tuple) else (operand,) if isinstance(operand, str) else ()


def test_result_classes_are_those_of_the_code_table() -> None:
    classes = {code.attributes["class"] for code in law.codes("inspection_results").values()}
    assert set(CONCLUDED_CLASSES) | {"refused", "unreachable"} <= classes


def test_nobody_s_identity_and_no_provenance_is_an_indicator() -> None:
    fields = {
        condition.field
        for row in ROWS
        for leaf in aggregates(row.formula)
        for condition in leaf.where
    } | {leaf.field for row in ROWS for leaf in aggregates(row.formula) if leaf.field}
    assert not fields & {"source", "producer", "provider", "import_id", "row_no", "authority"}


def test_what_is_about_others_has_no_record_of_its_own() -> None:
    for row in ROWS:
        looks_at_others = any(isinstance(leaf, Shared) for leaf in row.formula.leaves())
        assert (row.kind is None) == looks_at_others, row.name
        assert bool(row.evidence) == (row.kind is not None), row.name


def test_hash_changes_with_the_meaning_only() -> None:
    row = next(row for row in ROWS if row.name == "penalties_12m")
    place = ROWS.index(row)

    def changed(**values: object) -> str:
        return definitions_hash([*ROWS[:place], replace(row, **values), *ROWS[place + 1 :]])

    before = definitions_hash()
    assert definitions_hash(ROWS) == before
    assert changed(zh="另一个名称", basis="另一依据") == before
    different = [
        changed(formula=count("penalty", within=13)),
        changed(formula=count("complaint", within=12)),
        changed(sign=0),
        changed(name="penalties"),
        changed(sector="food"),
        definitions_hash(ROWS[1:]),
        definitions_hash((ROWS[1], ROWS[0], *ROWS[2:])),
    ]
    assert len({before, *different}) == len(different) + 1


def test_document_is_the_committed_one() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == document()


def test_workbook_is_the_committed_one() -> None:
    assert _cells(COMMITTED.with_suffix(".xlsx").read_bytes()) == _cells(workbook())


def test_workbook_has_a_row_an_indicator_and_one_a_record_kind() -> None:
    cells = _cells(workbook())
    assert [row[0] for row in cells["指标目录"]] == ["name", *(row.name for row in ROWS)]
    assert {len(row) for row in cells["指标目录"]} == {13}
    kinds = {row[0]: row for row in cells["记录来源"][1:]}
    assert list(kinds) == list(record_kinds())
    assert "penalties_12m" in str(kinds["penalty"][5]).split("、")
    # Through the key it is counted by, and through the part that must be archived.
    assert "shareholder_penalties_36m" in str(kinds["related_person"][5]).split("、")
    assert "units_unchecked" in str(kinds["special_equipment_check"][5]).split("、")


def test_every_record_kind_is_read() -> None:
    read = {SOURCES[source].kind for row in ROWS for source in row.sources}
    assert set(record_kinds()) == read


def _cells(content: bytes) -> dict[str, list[tuple[object, ...]]]:
    book = load_workbook(BytesIO(content), read_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 6, 30), 12, date(2024, 6, 30)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2025, 3, 31), 1, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2025, 1, 15), 1, date(2024, 12, 15)),
        (date(2025, 1, 15), 60, date(2020, 1, 15)),
    ],
)
def test_months_before(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


def test_a_report_is_due_after_its_deadline() -> None:
    assert moment(date(2025, 6, 30)).last_due_year == 2023
    assert moment(date(2025, 7, 1)).last_due_year == 2024


def test_before_the_law_there_is_no_duty() -> None:
    early = moment(date(2013, 1, 1))
    assert early.last_due_year is None
    assert early.serious_kinds == ()
    assert "suspension" in moment(date(2022, 1, 1)).serious_kinds
