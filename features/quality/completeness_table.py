"""What a complete archive holds, read from ``catalog/completeness.yaml``."""

from functools import cache
from typing import Self

import yaml
from pydantic import Field, model_validator

from features.catalogue import CATALOG_FOLDER, record_kinds
from features.mapping_schema import Block

REGISTERED = "registered"


class Selection(Block):
    """Records of a kind whose fields hold one of the codes named.

    With `by`, only the newest record of each of its values in an enterprise.
    """

    kind: str
    by: str | None = None
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.kind not in record_kinds():
            raise ValueError(f"no record kind {self.kind}")
        named = {*self.where, *((self.by,) if self.by else ())}
        unknown = sorted(named - set(record_kinds()[self.kind].fields))
        if unknown:
            raise ValueError(f"{self.kind} has no field {', '.join(unknown)}")
        return self


class Recent(Selection):
    """At least one record, within so many years of a parameter of law if one is named."""

    years_parameter: str | None = None


class Every(Selection):
    """Each of the records states `field`."""

    field: str


class Subject(Block):
    """Whom elements concern; without `holds`, every registered one."""

    zh: str
    en: str
    holds: Selection | None = None


class Element(Block):
    """One thing that an archive must hold."""

    name: str
    zh: str
    en: str
    applies_to: str
    basis: str
    field: str | None = None
    record: Recent | None = None
    every: Every | None = None
    annual_reports: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = (self.field, self.record, self.every, self.annual_reports)
        if sum(item is not None for item in given) != 1:
            raise ValueError("give exactly one of field, record, every, annual_reports")
        return self


class CompletenessTable(Block):
    """All subjects and elements."""

    subjects: dict[str, Subject]
    elements: tuple[Element, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _known_subjects(self) -> Self:
        unknown = sorted({one.applies_to for one in self.elements} - set(self.subjects))
        if unknown or REGISTERED not in self.subjects:
            raise ValueError(f"unknown subjects: {', '.join(unknown) or REGISTERED}")
        return self


@cache
def completeness_table() -> CompletenessTable:
    """The table of the package."""
    text = (CATALOG_FOLDER / "completeness.yaml").read_text(encoding="utf-8")
    return CompletenessTable.model_validate(yaml.safe_load(text))
