"""Working days: the committed table, an office's table, and the days nobody knows yet."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from law import calendar
from law.calendar.seed import seed_rows
from law.calendar.table import read_table
from law.errors import ParameterFileError, PeriodError

HEADER = "date,kind,note,source\n"
KNOWN = st.dates(date(2015, 1, 1), date(2026, 10, 31))
ANY = st.dates(date(2000, 1, 1), date(2060, 12, 31))


def table(tmp_path: Path, rows: str, *, encoding: str = "utf-8") -> Path:
    path = tmp_path / "calendar.csv"
    path.write_bytes((HEADER + rows).encode(encoding))
    return path


def test_every_known_day_agrees_with_the_notices() -> None:
    day = date(2015, 1, 1)
    while day.year <= 2026:
        assert bool(calendar.is_working_day(day)) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_committed_table_is_what_the_seed_writes() -> None:
    path = Path(calendar.__file__).parent / "working_days.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    dates = [line.split(",")[:3] for line in lines[1:]]
    assert dates == [list(row[:3]) for row in seed_rows()]
    assert calendar.known_years() == tuple(range(2015, 2027))


def test_notes_name_the_holiday() -> None:
    assert calendar.is_working_day(date(2026, 2, 17)).note == "春节"
    assert calendar.is_working_day(date(2026, 10, 7)).note == "国庆节（调休）"
    assert calendar.is_working_day(date(2026, 10, 10)).note == "国庆节调休上班"


@given(start=KNOWN, days=st.integers(1, 60))
def test_between_undoes_add(start: date, days: int) -> None:
    end = calendar.add_working_days(start, days)
    assert calendar.is_working_day(end.on)
    assert calendar.working_days_between(start, end.on).count == days
    assert calendar.working_days_between(end.on, start).count == -days


@given(start=ANY, days=st.integers(1, 300))
def test_an_unknown_day_on_the_way_is_always_said(start: date, days: int) -> None:
    end = calendar.add_working_days(start, days)
    way = (start + timedelta(days=n) for n in range(1, (end.on - start).days + 1))
    unknown = any(calendar.is_working_day(day).provisional for day in way)
    assert end.provisional == unknown


@given(start=ANY, months=st.integers(1, 240))
def test_months_end_on_the_corresponding_or_the_last_day(start: date, months: int) -> None:
    end = calendar.add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end + timedelta(days=1)).day == 1


@given(start=ANY, days=st.integers(1, 400))
def test_a_natural_day_period_never_ends_on_a_day_of_rest(start: date, days: int) -> None:
    end = calendar.end_of_period(start, days=days)
    assert calendar.is_working_day(end.on)
    assert end.on >= start + timedelta(days=days)


@pytest.mark.parametrize("day", [date(2014, 12, 31), date(2027, 1, 1), date(2026, 12, 25)])
def test_days_nobody_knows_are_provisional(day: date) -> None:
    assert calendar.is_working_day(day).provisional


@pytest.mark.parametrize("day", [date(2015, 1, 1), date(2025, 12, 31), date(2026, 12, 24)])
def test_days_of_known_years_are_certain(day: date) -> None:
    assert not calendar.is_working_day(day).provisional


def test_office_rows_win_and_make_a_year_known(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "2027,year,关于2027年的通知,office\n2027-01-01,holiday,元旦,office\n"
        "2026-11-23,holiday,台风停工,office\n",
    )
    assert not calendar.is_working_day(date(2026, 11, 23), overlay=path)
    assert calendar.is_working_day(date(2026, 11, 23))
    end = calendar.add_working_days(date(2026, 12, 31), 1, overlay=path)
    assert (end.on, end.provisional) == (date(2027, 1, 4), False)
    assert calendar.known_years(overlay=path)[-1] == 2027


def test_edited_table_is_read_anew(tmp_path: Path) -> None:
    path = table(tmp_path, "2026-11-23,holiday,台风,office\n")
    assert not calendar.is_working_day(date(2026, 11, 23), overlay=path)
    table(tmp_path, "2026-11-24,holiday,台风停工,office\n")
    assert calendar.is_working_day(date(2026, 11, 23), overlay=path)


def test_file_that_does_not_exist_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "calendar.csv"
    assert calendar.is_working_day(date(2026, 11, 23), overlay=path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_table_saved_by_excel(tmp_path: Path, encoding: str) -> None:
    found = read_table(table(tmp_path, "2027/1/1,holiday,元旦,通知\r\n", encoding=encoding))
    assert found.days[date(2027, 1, 1)].note == "元旦"


def test_all_faults_of_a_table_at_once(tmp_path: Path) -> None:
    rows = "2027-02-30,holiday,a,b\n2027-01-01,off,a,b\n27,year,a,b\n"
    twice = "2027-01-02,holiday,a,b\n2027-01-02,workday,a,b\n"
    with pytest.raises(ParameterFileError) as caught:
        read_table(table(tmp_path, rows + twice))
    for part in ("line 2", "2027-02-30", "line 3", "'off'", "line 4", "'27'", "line 6", "repeated"):
        assert part in caught.value.en


def test_header_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "calendar.csv"
    path.write_text("day,kind\n2027-01-01,holiday\n", encoding="utf-8")
    with pytest.raises(ParameterFileError, match="the header must be"):
        read_table(path)


def test_periods_that_cannot_be_counted() -> None:
    with pytest.raises(PeriodError, match="at least 1"):
        calendar.add_working_days(date(2026, 1, 5), 0)
    with pytest.raises(PeriodError, match="exactly one"):
        calendar.end_of_period(date(2026, 1, 5))
    with pytest.raises(PeriodError, match="exactly one"):
        calendar.end_of_period(date(2026, 1, 5), days=1, months=1)
    with pytest.raises(PeriodError, match="instant"):
        calendar.is_working_day(datetime(2026, 10, 1, 9, 0, tzinfo=UTC))
