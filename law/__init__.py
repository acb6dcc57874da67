"""What the law says on a given day: dated, cited parameters, code tables, working days.

The day is always an argument. One door: import `law` and ask.

>>> from datetime import date
>>> import law
>>> law.value("double_random.publication_working_days", on=date(2026, 4, 1))
20
"""

from datetime import date
from pathlib import Path
from typing import Any

from law import calendar, registration
from law.book import LawBook, load, package_codes
from law.code_tables import Code, CodeTable
from law.provenance import Reference
from law.regions import NATIONWIDE
from law.values import Parameter, Value

__all__ = [
    "NATIONWIDE",
    "Code",
    "CodeTable",
    "LawBook",
    "Parameter",
    "Reference",
    "Value",
    "calendar",
    "codes",
    "load",
    "lookup",
    "names",
    "parameter",
    "registration",
    "unconfirmed",
    "value",
]


def value(name: str, *, on: date, region: str = NATIONWIDE, overlay: Path | None = None) -> Any:
    """The bare value in force on a day in a region: `lookup(...).value`.

    Raises
    ------
    UnknownParameterError, NoValueError, RegionError
        See `lookup`.
    """
    return load(overlay).lookup(name, on=on, region=region).value


def lookup(name: str, *, on: date, region: str = NATIONWIDE, overlay: Path | None = None) -> Value:
    """The value in force with its reference and status.

    Regional parameters are looked up county, city, province, nationwide, in this order.

    Raises
    ------
    UnknownParameterError
        No parameter has this name.
    NoValueError
        Nothing is in force on that day, or the value was ended.
    RegionError
        The region is not six digits.
    """
    return load(overlay).lookup(name, on=on, region=region)


def parameter(name: str, *, overlay: Path | None = None) -> Parameter:
    """The parameter with all its values.

    Raises
    ------
    UnknownParameterError
        No parameter has this name.
    """
    return load(overlay).parameter(name)


def names(*, overlay: Path | None = None) -> tuple[str, ...]:
    """Names of all parameters, sorted."""
    return load(overlay).names()


def codes(table: str, *, on: date | None = None) -> dict[str, Code]:
    """Codes of a table by code, in the order of the file; only those in force where `on` is given.

    Raises
    ------
    UnknownCodeTableError
        No table has this name.
    """
    alone = package_codes(table)
    return load().codes(table, on=on) if alone is None else alone.on(on)


def unconfirmed(*, on: date | None = None, overlay: Path | None = None) -> tuple[Value, ...]:
    """Values that still wait for 法制科 (待法制审核), by name, region and day.

    All of them, or only those in force on a day.
    """
    return load(overlay).unconfirmed(on=on)
