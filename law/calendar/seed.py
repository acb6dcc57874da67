"""Write working_days.csv from the `chinesecalendar` package.

Run `python -m law.calendar.seed` after an update of the package, look at the difference, and
commit it. An office that has the State Council's notice before the package does adds the rows to
its own table instead (docs/law.md).
"""

import csv
import io
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from chinese_calendar import constants

from law.calendar.table import COLUMNS
from law.files import write_atomically

FIRST_YEAR = 2015

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日",
}

_Row = tuple[str, str, str, str]


def seed_rows(first_year: int = FIRST_YEAR) -> list[_Row]:
    """Rows of the table: a `year` row for each year the package knows, then its days.

    A year is known when the package has its National Day: years are published whole.
    """
    source = f"chinesecalendar {version('chinesecalendar')}"
    days = sorted(row for row in _days(source) if int(row[0][:4]) >= first_year)
    last_year = max(day.year for day in constants.holidays if (day.month, day.day) == (10, 1))
    years: list[_Row] = [
        (str(year), "year", f"国务院办公厅关于{year}年部分节假日安排的通知", source)
        for year in range(first_year, last_year + 1)
    ]
    return years + days


def _days(source: str) -> Iterator[_Row]:
    for day, name in constants.holidays.items():
        exchanged = "（调休）" if day in constants.in_lieu_days else ""
        yield day.isoformat(), "holiday", f"{_name(name)}{exchanged}", source
    for day, name in constants.workdays.items():
        yield day.isoformat(), "workday", f"{_name(name)}调休上班", source


def _name(name: str) -> str:
    """Chinese name; an unknown one keeps the package's, so that a new holiday is not lost."""
    return NAMES.get(name, name)


def main() -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(seed_rows())
    write_atomically(Path(__file__).parent / "working_days.csv", buffer.getvalue().encode())


if __name__ == "__main__":
    main()
