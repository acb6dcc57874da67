"""How the text of a food licence tells its categories and their static risk tier."""

import re
from collections.abc import Iterable, Mapping

import law

# Highest first: a holder of several categories has the tier of the riskiest one.
TIERS = ("4", "3", "2", "1")
SPECIAL_FOOD = "special_food"
MASS_CATERING = "mass_catering"


def scope_patterns() -> Mapping[str, str]:
    """Regular expressions by tier (``"4"`` and so on) and by group; each finds its categories.

    They are matched against the licence's category, a semicolon and the licence number. A category
    is known by its class number (``04 肉制品``, ``203 复配食品添加剂``, the digits of an SC
    number) or by the words that the code table gives. Only what any engine's regular expressions
    have is used.

    References
    ----------
    ``law/codes/food_categories``: 食品生产经营风险分级管理办法（试行）art. 11.
    """
    table = law.codes("food_categories")
    patterns = {}
    for attribute, values in (("tier", TIERS), ("group", (SPECIAL_FOOD, MASS_CATERING))):
        for value in values:
            found = [c for c in table.values() if c.attributes[attribute] == value]
            patterns[value] = _pattern(
                (code.code for code in found if code.code.isdigit()),
                (code.attributes["words"] for code in found if not code.code.isdigit()),
            )
    return patterns


def category_patterns() -> Mapping[str, str]:
    """Regular expression by code of ``law/codes/food_categories``; matched as the others are."""
    return {
        code: _pattern([code], ()) if code.isdigit() else _pattern((), [found.attributes["words"]])
        for code, found in law.codes("food_categories").items()
    }


def _pattern(classes: Iterable[str], words: Iterable[str]) -> str:
    parts = [re.escape(word) for joined in words for word in joined.split(";")]
    numbers = list(classes)
    if numbers:
        # A text may leave out the leading 1 of food, and may go on with two digits of a variety.
        short = "|".join(f"1?{code[1:]}" if code[0] == "1" else code for code in numbers)
        parts += [f"(^|;) *({short})([0-9][0-9])?([^0-9]|$)", f"SC({'|'.join(numbers)})"]
    return "|".join(parts)
