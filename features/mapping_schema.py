"""The schema of a mapping: how one department's file becomes records.

Every class is one block of the YAML; `docs/intake.md` explains each key to a data steward. The
values are checked here one by one, and against the record kinds in :mod:`features.mapping_rules`.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

EARLIEST_YEAR = 1949
COORDINATE_SEPARATOR = ","
# Between the numbers that sum_of adds up.
PLUS = "+"


def _as_text(value: object) -> object:
    """YAML reads an unquoted 1 as a number; a bare ``yes`` has lost its spelling for good."""
    if isinstance(value, bool):
        raise ValueError("quote this value, YAML read it as true or false")
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_as_text)]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, BeforeValidator(_as_text), BeforeValidator(_compiles)]


class Block(BaseModel):
    """Unknown keys are faults, so a misspelt key is never silently without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(Block):
    """Where a value comes from, and how its text is read."""

    column: Text | None = None
    columns: tuple[Text, ...] = ()
    first_of: tuple[Text, ...] = ()
    sum_of: tuple[Text, ...] = ()
    constant: Text | None = None
    join: str = ""
    extract: Pattern | None = None
    codes: dict[Text, Text] = Field(default_factory=dict)
    other: Text | None = None
    separator: str | None = None
    formats: tuple[str, ...] = ()
    scale: Text = "1"
    hash: Literal["person"] | None = None
    true_values: tuple[Text, ...] = ()
    false_values: tuple[Text, ...] = ()
    empty_values: tuple[Text, ...] = ()
    default: Text | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self._origins() != 1:
            raise ValueError("give exactly one of column, columns, first_of, sum_of, constant")
        if self.extract is not None and re.compile(self.extract).groups < 1:
            raise ValueError("extract needs a group in parentheses")
        return self

    def sources(self) -> tuple[str, ...]:
        """The columns read."""
        one = (self.column,) if self.column else ()
        return one + self.columns + self.first_of + self.sum_of

    def _origins(self) -> int:
        lists = (bool(self.columns), bool(self.first_of), bool(self.sum_of))
        return sum((self.column is not None, *lists, self.constant is not None))


def _as_value(value: object) -> object:
    """A bare column name stands for the value of that column."""
    return {"column": value} if isinstance(value, str) else value


Part = Annotated[Value, BeforeValidator(_as_value)]


class Enterprise(Value):
    """The column that says whose record it is, or with scheme `resolve` what tells who it is."""

    scheme: Literal["uscc", "opaque", "place", "resolve"] = "uscc"
    uscc: Part | None = None
    registration_no: Part | None = None
    name: Part | None = None
    address: Part | None = None

    @model_validator(mode="after")
    def _parts_only_to_resolve(self) -> Self:
        if self.scheme != "resolve" and self.parts():
            raise ValueError("uscc, registration_no, name and address need scheme: resolve")
        if self.scheme == "resolve" and super()._origins():
            raise ValueError("scheme resolve takes uscc, registration_no, name and address only")
        if self.scheme == "resolve" and self.name is None:
            raise ValueError("scheme resolve needs name")
        return self

    @model_validator(mode="before")
    @classmethod
    def _join_coordinates(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("scheme") == "place":
            return {"join": COORDINATE_SEPARATOR, **data}
        return data

    @model_validator(mode="after")
    def _two_coordinates(self) -> Self:
        if self.scheme == "place":
            if len(self.columns) != len(("latitude", "longitude")):
                raise ValueError("scheme place needs columns: [latitude, longitude]")
            if self.join != COORDINATE_SEPARATOR:
                raise ValueError("scheme place joins its columns by itself; delete join")
        return self

    def _origins(self) -> int:
        return 1 if self.scheme == "resolve" else super()._origins()

    def parts(self) -> dict[str, Value]:
        """What scheme `resolve` reads, by its name."""
        given = {
            "uscc": self.uscc,
            "registration_no": self.registration_no,
            "name": self.name,
            "address": self.address,
        }
        return {name: value for name, value in given.items() if value is not None}

    def sources(self) -> tuple[str, ...]:
        """The columns read."""
        read = [column for value in self.parts().values() for column in value.sources()]
        return super().sources() + tuple(read)


class KnownAt(Block):
    """When the office knew: a column, the day of the event, or so many days after it."""

    column: Text | None = None
    first_of: tuple[Text, ...] = ()
    extract: Pattern | None = None
    formats: tuple[str, ...] = ()
    empty_values: tuple[Text, ...] = ()
    same_as: Literal["event_on"] | None = None
    lag_days: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        given = (self.column is not None, bool(self.first_of), self.same_as is not None)
        if sum((*given, self.lag_days is not None)) != 1:
            raise ValueError("give exactly one of column, first_of, same_as, lag_days")
        return self

    def value(self) -> Value | None:
        """The column rule, when the instant is read from the file."""
        if self.column is None and not self.first_of:
            return None
        return Value(
            column=self.column,
            first_of=self.first_of,
            extract=self.extract,
            formats=self.formats,
            empty_values=self.empty_values,
        )


class When(Block):
    """Which rows a rule takes; all conditions must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    column: Text
    is_in: tuple[Text, ...] = Field(default=(), alias="in")
    not_in: tuple[Text, ...] = ()
    present: bool | None = None
    equals_column: Text | None = None

    def sources(self) -> tuple[str, ...]:
        """The columns read."""
        return (self.column, *((self.equals_column,) if self.equals_column else ()))


class Unpivot(Block):
    """Turn matching columns of a row into rows: the column's name and its number."""

    columns_matching: Pattern
    name_as: Text
    value_as: Text = "value"
    keep_greater_than: float = 0


class Lookup(Block):
    """Columns taken from a sibling file in the same folder, joined on a key."""

    file: str
    format: Literal["csv", "excel", "parquet"] | None = None
    on: Text | dict[Literal["here", "there"], Text]
    when: When | None = None
    take: dict[Text, Text] = Field(default_factory=dict)
    aggregate: Literal["only", "min", "max"] = "only"
    count_as: Text | None = None
    required: bool = True

    @model_validator(mode="before")
    @classmethod
    def _names_as_they_are(cls, data: object) -> object:
        """A plain list takes columns under their own names; ``on:`` is YAML 1.1 for true."""
        if not isinstance(data, dict):
            return data
        cleaned = {("on" if key is True else key): value for key, value in data.items()}
        if isinstance(cleaned.get("take"), list):
            cleaned["take"] = {name: name for name in cleaned["take"]}
        return cleaned

    @model_validator(mode="after")
    def _something_to_take(self) -> Self:
        if not self.take and self.count_as is None:
            raise ValueError("give take or count_as")
        return self

    @property
    def here(self) -> str:
        """Key column in the imported file."""
        return self.on if isinstance(self.on, str) else self.on["here"]

    @property
    def there(self) -> str:
        """Key column in the sibling file."""
        return self.on if isinstance(self.on, str) else self.on["there"]

    def adds(self) -> tuple[str, ...]:
        """Names of the new columns."""
        return (*self.take, *((self.count_as,) if self.count_as else ()))


class RecordRule(Block):
    """How a row becomes a record of one kind."""

    kind: str
    when: When | tuple[When, ...] = ()
    unpivot: Unpivot | None = None
    enterprise_id: Enterprise
    event_on: Value
    known_at: KnownAt | None = None
    producer: Value | None = None
    fields: dict[str, Value] = Field(default_factory=dict)
    identifiers: dict[str, Literal["licence_number", "registration_number"]] = Field(
        default_factory=dict
    )

    @property
    def conditions(self) -> tuple[When, ...]:
        """`when` as a tuple."""
        return (self.when,) if isinstance(self.when, When) else self.when

    def values(self) -> Iterator[tuple[str, Value]]:
        """Every value rule with the place it stands at."""
        yield "enterprise_id", self.enterprise_id
        yield "event_on", self.event_on
        known = self.known_at.value() if self.known_at else None
        if known is not None:
            yield "known_at", known
        if self.producer is not None:
            yield "producer", self.producer
        for name, rule in self.fields.items():
            yield f"fields.{name}", rule

    def sources(self) -> set[str]:
        """Columns of the file (or of its lookups) that the rule reads."""
        read = {name for _, rule in self.values() for name in rule.sources()}
        for condition in self.conditions:
            read.update(condition.sources())
        made = {self.unpivot.name_as, self.unpivot.value_as} if self.unpivot else set()
        return read - made


class Mapping(Block):
    """One source: its files, their form, and the records in them."""

    source: str
    zh: str
    en: str
    provider: str
    files: tuple[str, ...] = Field(min_length=1)
    format: Literal["csv", "excel", "parquet"]
    encoding: Literal["gb18030", "utf-8"] = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    sheet: str | None = None
    header_row: int = Field(default=1, ge=1)
    earliest_year: int = EARLIEST_YEAR
    empty_values: tuple[Text, ...] = ()
    ignore: tuple[Text, ...] = ()
    snapshot_columns: dict[Text, str] = Field(default_factory=dict)
    lookups: tuple[Lookup, ...] = ()
    records: tuple[RecordRule, ...] = Field(min_length=1)
    digest: str = Field(default="", exclude=True)

    def sources(self) -> set[str]:
        """Columns that the file itself must have."""
        read = {lookup.here for lookup in self.lookups}
        for rule in self.records:
            read |= rule.sources()
        return read - {name for lookup in self.lookups for name in lookup.adds()}

    def unpivot_patterns(self) -> tuple[str, ...]:
        """Patterns of columns that become rows."""
        return tuple(rule.unpivot.columns_matching for rule in self.records if rule.unpivot)
