"""The card of statutory results on an enterprise's page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from scoring.statutory import StatutoryRules
from scoring.statutory.sheet import BY_HAND, NONE, SheetRow, score_rows, sheet_rows
from service.enterprises.repository import Row
from service.settings import Settings


@dataclass(frozen=True)
class StatutoryCard:
    """What the page shows: grades side by side, the rows that say something, and the rest folded.

    Attributes
    ----------
    grades
        Chinese label, English label, grade or ``None``: general, sector, combined, province.
    facts
        Label and value of scores and visits.
    shown, others
        Rows of the sheet: those with an effect or a missing input; those without.
    """

    grades: list[tuple[str, str, str | None]]
    facts: list[tuple[str, str]]
    shown: list[SheetRow]
    others: list[SheetRow]
    unconfirmed: list[str]
    is_provisional: bool


def statutory_card(
    settings: Settings, grade: Row | None, summary: Mapping[str, Any]
) -> StatutoryCard | None:
    """The card of a graded enterprise; ``None`` in runs without statutory results."""
    if grade is None or grade["statutory"] is None:
        return None
    result = json.loads(grade["statutory"])
    rules = StatutoryRules.of(date.fromisoformat(summary["law_on"]), region=settings.region)
    rows = sheet_rows(result, rules)
    silent = [row for row in rows if row.state in (NONE, BY_HAND)]
    return StatutoryCard(
        grades=[
            ("通用等级", "general", grade["grade"]),
            ("专业等级", "sector", result["sector_grade"]),
            ("综合等级", "combined", result["combined_grade"]),
            ("省级结果", "province's", result["province_grade"]),
        ],
        facts=[(name, value) for name, value in score_rows(result) if value != "—"],
        shown=[row for row in rows if row not in silent],
        others=silent,
        unconfirmed=summary["unconfirmed_statutory_law"],
        is_provisional=bool(result["food_is_provisional"]),
    )
