"""Look-ups by day and region, and what is said when there is nothing to find."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import law
from law.book import LawBook, load_folder
from law.errors import (
    LawError,
    NoValueError,
    PeriodError,
    RegionError,
    UnknownCodeTableError,
    UnknownParameterError,
)

ENTRY = """
  - from: {day}
    region: "{region}"
    value: {value}
    status: unconfirmed
    source: proposal
    reference: {{act: 办法}}
"""


def book_with(tmp_path: Path, *entries: tuple[str, str, str]) -> LawBook:
    head = "zh: 比例\nen: ratio\ntype: integer\nregional: true\nvalues:"
    body = "".join(ENTRY.format(day=d, region=r, value=v) for d, r, v in entries)
    path = tmp_path / "parameters" / "topic" / "ratio.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(head + body, encoding="utf-8")
    return load_folder(tmp_path)


@pytest.fixture
def book(tmp_path: Path) -> LawBook:
    return book_with(
        tmp_path,
        ("2022-01-01", "440500", "50"),  # the order in the file does not matter
        ("2020-01-01", "000000", "10"),
        ("2021-01-01", "440000", "30"),
        ("2023-01-01", "440500", "null"),
        ("2024-01-01", "440500", "70"),
        ("2025-01-01", "000000", "null"),
    )


@pytest.mark.parametrize(
    ("day", "region", "value", "found_in"),
    [
        (date(2020, 1, 1), "440507", 10, "000000"),
        (date(2020, 12, 31), "440507", 10, "000000"),
        (date(2021, 1, 1), "440507", 30, "440000"),
        (date(2022, 1, 1), "440507", 50, "440500"),
        (date(2022, 1, 1), "440600", 30, "440000"),
        (date(2022, 12, 31), "440500", 50, "440500"),
        (date(2023, 1, 1), "440507", 30, "440000"),  # ended: the province's value again
        (date(2024, 1, 1), "440507", 70, "440500"),
        (date(2024, 1, 1), "310115", 10, "000000"),
        (date(2025, 1, 1), "440507", 70, "440500"),
    ],
)
def test_narrowest_region_in_force(
    book: LawBook, day: date, region: str, value: int, found_in: str
) -> None:
    found = book.lookup("topic.ratio", on=day, region=region)
    assert (found.value, found.region) == (value, found_in)


def test_days_in_force(book: LawBook) -> None:
    found = book.lookup("topic.ratio", on=date(2022, 6, 1), region="440500")
    assert (found.since, found.until) == (date(2022, 1, 1), date(2022, 12, 31))
    last = book.lookup("topic.ratio", on=date(2030, 1, 1), region="440500")
    assert (last.since, last.until) == (date(2024, 1, 1), None)


@pytest.mark.parametrize("day", [date(2019, 12, 31), date(2025, 1, 1)])
def test_before_the_first_and_after_the_end(book: LawBook, day: date) -> None:
    with pytest.raises(NoValueError) as caught:
        book.lookup("topic.ratio", on=day)
    for part in ("topic.ratio", str(day), "000000", "2020-01-01", "比例"):
        assert part in str(caught.value)


def test_only_regional_parameters_look_at_the_region() -> None:
    found = law.lookup("annual_report.deadline", on=date(2026, 1, 1), region="440507")
    assert found.region == law.NATIONWIDE


@pytest.mark.parametrize("region", ["4405", "440507001", "Shantou", "44050７"])
def test_region_must_be_six_digits(region: str) -> None:
    with pytest.raises(RegionError, match="440500"):
        law.value("annual_report.deadline", on=date(2026, 1, 1), region=region)


def test_an_instant_is_not_a_day() -> None:
    with pytest.raises(PeriodError, match="instant"):
        law.value("annual_report.deadline", on=datetime(2026, 1, 1, 20, 0, tzinfo=UTC))


def test_unknown_name_offers_a_similar_one() -> None:
    with pytest.raises(UnknownParameterError) as caught:
        law.value("annual_report.dead_line", on=date(2026, 1, 1))
    assert "annual_report.deadline" in caught.value.zh
    assert "annual_report.deadline" in caught.value.en
    assert isinstance(caught.value, LawError)


def test_unknown_code_table() -> None:
    with pytest.raises(UnknownCodeTableError, match="entity_types"):
        law.codes("entity_type")


def test_caller_cannot_change_the_law() -> None:
    day = date(2026, 1, 1)
    law.value("annual_report.deadline", on=day)["month"] = 12
    assert law.value("annual_report.deadline", on=day)["month"] == 6
    law.value("grading.direct_determination", on=day).clear()
    assert law.value("grading.direct_determination", on=day)


def test_unconfirmed_is_the_work_list(book: LawBook) -> None:
    assert [(v.region, v.value) for v in book.unconfirmed(on=date(2022, 6, 1))] == [
        ("000000", 10),
        ("440000", 30),
        ("440500", 50),
    ]
    assert len(book.unconfirmed()) == 4  # the two that end a value are no values
    names = {value.name for value in law.unconfirmed(on=date(2026, 4, 1))}
    assert "lists.serious_violation_term_years" in names
    assert "penalty.publicity_working_days" not in names
