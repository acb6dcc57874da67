"""The collection catalogue: which department supplies what, how often and how soon."""

from datetime import date, timedelta
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

import law
from features.catalogue import CATALOG_FOLDER, record_kinds
from features.errors import CollectionCatalogueError
from features.mapping_schema import Block
from features.messages import Message
from law.calendar import add_working_days
from law.errors import NoValueError

CATALOGUE_FILE = CATALOG_FOLDER / "collection_catalogue.yaml"


class Limit(Block):
    """How soon after its day a record must be known: working days of law, or calendar days."""

    parameter: str | None = None
    days: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.parameter is None) == (self.days is None):
            raise ValueError("give exactly one of parameter, days")
        return self

    def due_on(self, event_on: date, *, region: str = law.NATIONWIDE) -> date | None:
        """Last day in time for what happened on `event_on`; None before there was such a rule.

        The law is that of the day of the event.
        """
        if self.parameter is None:
            return event_on + timedelta(days=self.days or 0)
        try:
            days = law.value(self.parameter, on=event_on, region=region)
        except NoValueError:
            return None
        return add_working_days(event_on, days).on


class Line(Block):
    """One item that one department supplies."""

    item: str
    en: str
    kind: str
    source: str
    fields: tuple[str, ...] = Field(min_length=1)
    format: Literal["csv", "excel", "parquet"]
    frequency: Literal["daily", "weekly", "monthly", "quarterly", "yearly"]
    limit: Limit
    may_be_nil: bool = False
    basis: str


class Department(Block):
    """A department and the items assigned to it."""

    name: str
    en: str
    items: tuple[Line, ...] = Field(min_length=1)


class CollectionCatalogue(Block):
    """All departments of an office's catalogue (涉企信息归集资源目录)."""

    departments: tuple[Department, ...]

    def lines(self) -> list[tuple[Department, Line]]:
        """Every line with its department, in the order of the catalogue."""
        return [(one, line) for one in self.departments for line in one.items]


def collection_catalogue(path: Path = CATALOGUE_FILE) -> CollectionCatalogue:
    """Read a catalogue.

    Raises
    ------
    CollectionCatalogueError
        With every fault of the file: keys, kinds, fields, parameters of law, items given twice.

    References
    ----------
    深入推进事中事后监管工作（2021年4月25日）第二部分第（二）项第1点: 归集资源目录.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        catalogue = CollectionCatalogue.model_validate(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _refused(
            path, [Message(f"不是有效的 YAML：{error}", f"not YAML: {error}")]
        ) from error
    except ValidationError as error:
        places = [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
        faults = [Message(f"{place}：{told}", f"{place}: {told}") for place, told in places]
        raise _refused(path, faults) from error
    if faults := _find_faults(catalogue):
        raise _refused(path, faults)
    return catalogue


def _find_faults(catalogue: CollectionCatalogue) -> list[Message]:
    faults: list[Message] = []
    seen: dict[tuple[str, str], str] = {}
    known = set(law.names())
    for department, line in catalogue.lines():
        place = f"{department.name} · {line.item}"
        if line.kind not in record_kinds():
            faults.append(
                Message(f"{place}：没有记录种类 {line.kind}", f"{place}: no kind {line.kind}")
            )
            continue
        unknown = [name for name in line.fields if name not in record_kinds()[line.kind].fields]
        if unknown:
            named = ", ".join(unknown)
            faults.append(
                Message(
                    f"{place}：{line.kind} 没有字段 {named}",
                    f"{place}: {line.kind} has no field {named}",
                )
            )
        if line.limit.parameter is not None and line.limit.parameter not in known:
            name = line.limit.parameter
            faults.append(
                Message(f"{place}：没有法规参数 {name}", f"{place}: no parameter of law {name}")
            )
        before = seen.setdefault((line.source, line.kind), place)
        if before != place:
            faults.append(
                Message(
                    f"{place}：与“{before}”是同一来源同一种类，一项信息只能由一个部门提供",
                    f'{place}: same source and kind as "{before}"; an item has one supplier',
                )
            )
    return faults


def _refused(path: Path, faults: list[Message]) -> CollectionCatalogueError:
    zh = "；\n  ".join(fault.zh for fault in faults)
    en = ";\n  ".join(fault.en for fault in faults)
    return CollectionCatalogueError(
        f"归集资源目录 {path.name} 有 {len(faults)} 处错误：\n  {zh}",
        f"the collection catalogue {path.name} has {len(faults)} faults:\n  {en}",
    )
