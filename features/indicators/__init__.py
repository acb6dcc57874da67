"""The catalogue of indicators: five dimensions of the national system, food, special equipment."""

import hashlib
from collections.abc import Sequence
from functools import cache

from features.indicators import (
    basic,
    dynamics,
    food,
    related_parties,
    social,
    special_equipment,
    supervision,
)
from features.indicators.changes import Change, changes
from features.indicators.documentation import document_rows, workbook_of
from features.indicators.formulas import KEYS
from features.indicators.indicator import DIMENSIONS, MISSING, UNITS, Indicator
from features.indicators.vocabulary import PREPARATION

__all__ = [
    "DIMENSIONS",
    "MISSING",
    "UNITS",
    "Change",
    "Indicator",
    "catalogue",
    "changes",
    "definitions_hash",
    "document",
    "workbook",
]


@cache
def catalogue() -> tuple[Indicator, ...]:
    """All indicators, dimension by dimension; the order of the matrix's columns."""
    return (
        *basic.INDICATORS,
        *dynamics.INDICATORS,
        *supervision.INDICATORS,
        *related_parties.INDICATORS,
        *social.INDICATORS,
        *food.INDICATORS,
        *special_equipment.INDICATORS,
    )


def definitions_hash(indicators: Sequence[Indicator] | None = None) -> str:
    """SHA-256 (hex) of what the indicators mean; of the catalogue unless others are given.

    Labels, units and references to acts are no part of it: correcting a word must not make a
    trained model unusable. Names, order, signs, sectors, formulas and preparations are.
    """
    rows = catalogue() if indicators is None else indicators
    meaning = [*(row.identity for row in rows), repr(sorted(KEYS.items())), repr(PREPARATION)]
    return hashlib.sha256("\n".join(meaning).encode()).hexdigest()


def document() -> str:
    """The text of ``docs/indicators.md``."""
    return document_rows(catalogue(), definitions_hash())


def workbook() -> bytes:
    """The content of ``docs/indicators.xlsx``: the same rows, for people who work in Excel."""
    return workbook_of(catalogue())
