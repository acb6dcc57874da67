"""The food score: static 40 and dynamic 60 points, the grade, and the visits it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.indicators.windows import months_before
from law.shapes import GRADES
from scoring.statutory.arrays import NONE, is_among
from scoring.statutory.food_static import Definition, StaticScores
from scoring.statutory.hits import Hits
from scoring.statutory.items import COUNTED, NOT_ASSESSED, make_items
from scoring.statutory.licences import Holdings
from scoring.statutory.rules import FoodRules, RecordRule

NEW_OPERATOR = "food.new_operator"
_TENTHS = 10

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FoodScores:
    """Food scores of n enterprises; NaN where an enterprise has none.

    ``band`` is the grade of the score alone, ``grade`` after the steps up and down, both as numbers
    (:mod:`scoring.statutory.arrays`).
    """

    static: Numbers
    dynamic: Numbers
    total: Numbers
    band: Levels
    grade: Levels
    is_provisional: Flags
    items: list[pa.Table]


def score_food(
    static: StaticScores,
    holdings: Holdings,
    hits: Hits,
    *,
    members: npt.NDArray[np.int64],
    as_of: date,
    rules: FoodRules,
) -> FoodScores:
    """Score the food businesses `members`.

    A new operator, first licensed within the months that the law says and not inspected yet, has
    its static score alone, converted to the full scale. Up one or two grades by the gravest fact;
    down one grade where no fact raises it.
    """
    rows = len(static.points)
    is_member = is_among(members, rows=rows)
    required = [rule.requires for rule in rules.dynamic if rule.requires is not None]
    is_complete = reduce(and_, [_holds(hits, rules, key) for key in required], is_member)
    is_new = is_member & _is_new(holdings, as_of, rules=rules) & ~is_complete
    dynamic, dynamic_items = _score_dynamic(hits, rules, judged=is_member & ~is_new)
    static_points = np.where(is_member, static.points, np.nan)
    converted = _tenth(static_points * rules.full_score / rules.static_most)
    total = np.where(is_new, converted, _tenth(static_points + dynamic))
    band = _band(total, rules)
    grade, step_items = _step(band, hits, holdings, rules=rules, is_new=is_new, is_member=is_member)
    return FoodScores(
        static=static_points,
        dynamic=dynamic,
        total=total,
        band=band,
        grade=grade,
        is_provisional=is_member & (static.is_provisional | ~(is_complete | is_new)),
        items=[
            static.items,
            _new_items(is_new & ~np.isnan(total), converted, rules=rules),
            *dynamic_items,
            *step_items,
        ],
    )


def _holds(hits: Hits, rules: FoodRules, key: str) -> Flags:
    return hits.holds(next(rule for rule in rules.dynamic if rule.key == key))


def _score_dynamic(
    hits: Hits, rules: FoodRules, *, judged: Flags
) -> tuple[Numbers, list[pa.Table]]:
    """Dynamic points of the enterprises `judged`, NaN of the others, and the items."""
    tenths = np.zeros(len(judged))
    items = []
    for rule in rules.dynamic:
        if rule.requires is not None:
            unknown = judged & ~_holds(hits, rules, rule.requires)
            items.append(_missing_items(rule, np.flatnonzero(unknown)))
        if rule.most == 0:  # scores nothing itself; others require it
            items.append(hits.items(rule, judged))
            continue
        amount = hits.amount(rule)
        points = np.minimum(np.round(amount * rule.points * _TENTHS), round(rule.most * _TENTHS))
        tenths += points
        chosen = judged & (points > 0)
        items.append(hits.items(rule, chosen, points=points / _TENTHS, most=rule.most))
    return np.where(judged, np.minimum(tenths / _TENTHS, rules.dynamic_most), np.nan), items


def _is_new(holdings: Holdings, as_of: date, *, rules: FoodRules) -> Flags:
    since = np.datetime64(months_before(as_of, rules.new_months))
    return np.asarray(holdings.first_on > since)  # NaT is after nothing


def _band(total: Numbers, rules: FoodRules) -> Levels:
    bounds = [rules.bands[grade] for grade in GRADES[:-1]]
    band = np.searchsorted(bounds, np.nan_to_num(total), side="left") + 1
    return np.where(np.isnan(total), NONE, band)


def _step(
    band: Levels,
    hits: Hits,
    holdings: Holdings,
    *,
    rules: FoodRules,
    is_new: Flags,
    is_member: Flags,
) -> tuple[Levels, list[pa.Table]]:
    graded = band != NONE
    up = np.zeros(len(band), dtype=np.int64)
    items = []
    for rule in rules.up:
        raised = hits.holds(rule) & is_member  # told even where there is no grade to raise
        up[raised] = np.maximum(up[raised], rule.steps)
        items.append(hits.items(rule, raised, result=f"+{rule.steps}"))
    down = np.zeros(len(band), dtype=np.int64)
    for rule in rules.down:
        lowered = hits.holds(rule) & graded & (up == 0) & ~is_new
        lowered &= ~_holds_any(holdings, rule.except_categories, rows=len(band))
        down[lowered] = np.maximum(down[lowered], rule.steps)
        items.append(hits.items(rule, lowered, result=f"-{rule.steps}"))
    moved = np.clip(band + up - down, 1, len(GRADES))
    return np.where(graded, moved, NONE), items


def _holds_any(holdings: Holdings, categories: Sequence[str], *, rows: int) -> Flags:
    named = np.isin(holdings.category.astype(str), list(categories))
    return is_among(holdings.row[named], rows=rows)


def _missing_items(rule: RecordRule, rows: npt.NDArray[np.int64]) -> pa.Table:
    which = np.zeros(len(rows), dtype=np.int64)
    return make_items([rule], which, row=rows, state=NOT_ASSESSED, most=rule.most)


def _new_items(is_new: Flags, converted: Numbers, *, rules: FoodRules) -> pa.Table:
    told = Definition(
        NEW_OPERATOR,
        "new_operator",
        f"新开办，仅以静态分折算为{rules.full_score}分制",
        f"new operator: the static score alone, on a scale of {rules.full_score}",
        rules.bases["new_operator"],
    )
    rows = np.flatnonzero(is_new)
    which = np.zeros(len(rows), dtype=np.int64)
    return make_items(
        [told],
        which,
        row=rows,
        state=COUNTED,
        points=converted[rows],
        most=float(rules.full_score),
    )


def _tenth(points: Numbers) -> Numbers:
    return np.round(points * _TENTHS) / _TENTHS
