"""The table of working days: which weekdays are off, which weekend days are worked."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from law.reading import Faults

COLUMNS = ("date", "kind", "note", "source")
KINDS = ("holiday", "workday", "year")

_PACKAGE_TABLE = Path(__file__).parent / "working_days.csv"
_YEAR = re.compile(r"\d{4}")
_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_SATURDAY = 5

# The notice for a year can move the last days of the year before it (2018-12-29 was worked for
# the New Year of 2019), so these days wait for the next notice.
_LAST_DAYS = timedelta(days=7)


@dataclass(frozen=True)
class Day:
    """One row: `is_working` overrides Monday to Friday; `note` names the holiday."""

    is_working: bool
    note: str


@dataclass(frozen=True)
class WorkingDayTable:
    days: Mapping[date, Day] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    def is_known(self, day: date) -> bool:
        """Whether the yearly notices that can move this day are in the table."""
        if day in self.days:
            return True
        return day.year in self.years and (day + _LAST_DAYS).year in {*self.years, day.year}

    def is_working(self, day: date) -> bool:
        row = self.days.get(day)
        return day.weekday() < _SATURDAY if row is None else row.is_working

    def joined(self, office: "WorkingDayTable") -> "WorkingDayTable":
        """This table with an office's rows laid over it."""
        return WorkingDayTable({**self.days, **office.days}, self.years | office.years)


def table_with(overlay: Path | None) -> WorkingDayTable:
    """The package's table, with an office's rows over it where a file is named and exists.

    An edited file is read anew at the next question.

    Raises
    ------
    ParameterFileError
        All faults of the file at once.
    """
    package = _read_cached(_PACKAGE_TABLE, 0, 0)
    if overlay is None or not overlay.exists():
        return package
    state = overlay.stat()
    return _join_cached(overlay, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _join_cached(path: Path, changed_ns: int, size: int) -> WorkingDayTable:
    return _read_cached(_PACKAGE_TABLE, 0, 0).joined(_read_cached(path, changed_ns, size))


@lru_cache(maxsize=8)
def _read_cached(path: Path, changed_ns: int, size: int) -> WorkingDayTable:
    return read_table(path)


def read_table(path: Path) -> WorkingDayTable:
    """Read and check a table: UTF-8, or GB18030 as Chinese Excel saves it.

    Raises
    ------
    ParameterFileError
        All faults of the file at once.
    """
    faults = Faults()
    with faults.at(path.name):
        rows = csv.DictReader(io.StringIO(_decode(path.read_bytes())))
        if tuple(rows.fieldnames or ()) != COLUMNS:
            faults.add(
                f"表头应为 {','.join(COLUMNS)}，实为 {rows.fieldnames}",
                f"the header must be {','.join(COLUMNS)}, got {rows.fieldnames}",
            )
            faults.raise_all()
        table = _read_rows(rows, faults)
    faults.raise_all()
    return table


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def _read_rows(rows: Iterable[Mapping[str, str | None]], faults: Faults) -> WorkingDayTable:
    days: dict[date, Day] = {}
    years: set[int] = set()
    for number, row in enumerate(rows, start=2):
        text, kind = (row["date"] or "").strip(), (row["kind"] or "").strip()
        with faults.at(f"第{number}行 line {number}"):
            if kind == "year" and _YEAR.fullmatch(text):
                years.add(int(text))
                continue
            if kind not in KINDS:
                faults.add(
                    f"kind {kind!r} 应为 {'、'.join(KINDS)}",
                    f"kind {kind!r} must be one of {KINDS}",
                )
            day = _parse_day(text)
            if day is None or kind == "year":
                faults.add(
                    f"日期 {text!r} 无效，请写 YYYY-MM-DD（kind 为 year 时写四位年份）",
                    f"date {text!r} is wrong; write YYYY-MM-DD, or four digits for kind year",
                )
                continue
            if day in days:
                faults.add(f"{day} 重复", f"{day} is repeated")
            days[day] = Day(is_working=kind == "workday", note=(row["note"] or "").strip())
    return WorkingDayTable(days=days, years=frozenset(years))


def _parse_day(text: str) -> date | None:
    """A day with dashes or slashes: Excel rewrites 2026-01-01 as 2026/1/1."""
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None
