"""The comparison's numbers and words, read from ``catalog/identity.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import law
from features.catalogue import CATALOG_FOLDER
from features.messages import Message

_RULES = CATALOG_FOLDER / "identity.yaml"
_WORD_LISTS = ("bracket_words", "branch_words", "provinces", "merger_kinds")
_ENDINGS = {"province": "省", "city": "市"}


@dataclass(frozen=True)
class Deduction:
    """Points taken from a score, and why."""

    points: float
    why: Message


@dataclass(frozen=True)
class Thresholds:
    """What a score decides; see the comments in ``identity.yaml``."""

    automatic: float
    automatic_name: float
    margin: float
    queue: float
    registration_no_name: float


@dataclass(frozen=True)
class IdentityRules:
    """Everything in ``identity.yaml``; similarities and scores run from 0 to 100."""

    name_weight: float
    address_weight: float
    deductions: Mapping[str, Deduction]
    thresholds: Thresholds
    house_differs_cap: float
    short_form: float
    short_form_characters: int
    offered: int
    compared: int
    key_ceiling: int
    legal_forms: Mapping[str, str]
    bracket_words: tuple[str, ...]
    branch_words: tuple[str, ...]
    provinces: tuple[str, ...]
    merger_kinds: tuple[str, ...]


@cache
def identity_rules(path: Path = _RULES) -> IdentityRules:
    """The rules of a file, by default those that come with the software."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    words: dict[str, Any] = {name: tuple(data[name]) for name in _WORD_LISTS}
    return IdentityRules(
        name_weight=data["weights"]["name"],
        address_weight=data["weights"]["address"],
        deductions={
            name: Deduction(entry["points"], Message(entry["zh"], entry["en"]))
            for name, entry in data["deductions"].items()
        },
        thresholds=Thresholds(**data["thresholds"]),
        house_differs_cap=data["house_differs_cap"],
        short_form=data["short_form"],
        short_form_characters=data["short_form_characters"],
        **data["candidates"],
        legal_forms=data["legal_forms"],
        **words,
    )


@cache
def area_words() -> tuple[str, ...]:
    """Names of areas that may stand before a name or an address, longest first.

    Those of the office's area codes (``law/codes/areas.yaml``) with and without their ending, and
    the provinces. A district's name counts with its ending only: without it, it may be a brand.
    """
    words = {f"{name}省" for name in identity_rules().provinces} | {*identity_rules().provinces}
    for area in law.codes("areas").values():
        words.add(area.zh)
        ending = _ENDINGS.get(area.attributes["level"])
        if ending is not None:
            words.add(area.zh.removesuffix(ending))
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


@cache
def district_words() -> tuple[str, ...]:
    """Names of the districts and counties of the office's area codes."""
    areas = law.codes("areas").values()
    return tuple(area.zh for area in areas if area.attributes["level"] == "county")
