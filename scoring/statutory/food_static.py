"""The static 40 points of food: from a sheet, from the variety made, or for the while by tier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import law
from scoring.statutory.arrays import is_among, looked_up, told_of
from scoring.statutory.items import COUNTED, NOT_ASSESSED, PROVISIONAL, make_items, no_items
from scoring.statutory.licences import Holdings
from scoring.statutory.rules import FoodRules

STATIC = "food.static"
SHEET = "food.static_tables"
_UNKNOWN = "unknown_tier"
_NO_LICENCE = "no_licence"
_TENTHS = 10

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Definition:
    """What an item says whatever the enterprise (see ``items.Definition``)."""

    part: str
    key: str
    zh: str
    en: str
    basis: str
    confirmed: bool = False


@dataclass(frozen=True)
class StaticScores:
    """Static scores of n enterprises.

    Attributes
    ----------
    points
        NaN where nothing could be assessed.
    is_provisional
        A value that stands in decides it, or a category held could not be assessed.
    items
        The category that decides, the rows of its sheet, and what could not be assessed.
    """

    points: Numbers
    is_provisional: npt.NDArray[np.bool_]
    items: pa.Table


def score_static(
    holdings: Holdings, facts: pa.Table, *, ids: pa.Array, members: Places, rules: FoodRules
) -> StaticScores:
    """Score the food businesses `members` among the enterprises `ids`.

    A holder of several categories has the score of the riskiest one (art. 12). What is scored on a
    sheet comes before the table of varieties, and both before the points that stand in by tier.

    Parameters
    ----------
    facts
        Visible facts of static sheets (``statements.FACTS``).
    """
    sheet = _sheet_points(facts, ids=ids, rules=rules)
    points, state = _holding_points(holdings, sheet, rules=rules)
    best, several = _riskiest(holdings.row, points, rows=len(ids))
    if not rules.takes_riskiest:  # then an officer says which category counts
        undecided = np.isin(holdings.row, several)
        points[undecided], state[undecided] = np.nan, NOT_ASSESSED
        best[several] = -1
    decided = np.flatnonzero(best >= 0)
    chosen = best[decided]
    total = np.full(len(ids), np.nan)
    total[decided] = points[chosen]
    is_member = is_among(members, rows=len(ids))
    unassessed = np.flatnonzero(np.isnan(points) & is_member[holdings.row])
    provisional = np.zeros(len(ids), dtype=bool)
    provisional[decided] = state[chosen] == PROVISIONAL
    provisional[holdings.row[unassessed]] = True
    unlicensed = np.flatnonzero(is_member & ~is_among(holdings.row, rows=len(ids)))
    items = [
        _holding_items(holdings, chosen, points, state, rules=rules),
        _holding_items(holdings, unassessed, points, state, rules=rules),
        _unlicensed_items(unlicensed, rules=rules),
        _sheet_items(sheet, holdings, chosen),
    ]
    return StaticScores(total, provisional, pa.concat_tables(items))


@dataclass(frozen=True)
class _Sheet:
    """Points of single facts, and their sums by enterprise and business (see `_keys`)."""

    definitions: Sequence[Definition]
    most: Numbers
    which: Places
    row: Places
    points: Numbers
    business: Words
    facts: pa.Table
    total_keys: Places
    totals: Numbers


def _sheet_points(facts: pa.Table, *, ids: pa.Array, rules: FoodRules) -> _Sheet:
    facts, row = told_of(facts, ids)
    business = facts["business"].to_numpy(zero_copy_only=False).astype(object)
    named = facts["item"].to_numpy(zero_copy_only=False)
    value = facts["value"].to_numpy(zero_copy_only=False)
    which, points = np.full(len(row), -1, dtype=np.int64), np.full(len(row), np.nan)
    definitions: list[Definition] = []
    most: list[float] = []
    for code, table in rules.static_tables.items():
        for item in table["items"]:
            here = (business == code) & (named == item["key"])
            which[here] = len(definitions)
            points[here] = _item_points(item, value[here])
            basis = rules.bases["static_tables"]
            definitions.append(Definition(SHEET, item["key"], item["zh"], item["en"], basis))
            most.append(float(item["most"]))
    complete = [code for code, table in rules.static_tables.items() if table["is_complete"]]
    counted = np.isin(business, complete) & (which >= 0)
    keys = _keys(row[counted], business[counted])
    total_keys, place = np.unique(keys, return_inverse=True)
    tenths = np.bincount(place, np.round(points[counted] * _TENTHS), minlength=len(total_keys))
    return _Sheet(
        definitions,
        np.array(most),
        which,
        row,
        points,
        business,
        facts,
        total_keys,
        tenths / _TENTHS,
    )


def _keys(row: Places, business: Words) -> Places:
    """One number per enterprise and business."""
    codes = {code: number for number, code in enumerate(law.codes("food_businesses"), start=1)}
    return np.asarray(row * (len(codes) + 1) + looked_up(business, codes, missing=0))


def _find(keys: Places, among: Places) -> tuple[Places, Places]:
    """Positions of the keys that are among sorted others, and where they stand there."""
    found = np.flatnonzero(np.isin(keys, among))
    return found, np.searchsorted(among, keys[found])


def _item_points(item: Mapping[str, Any], values: Any) -> Numbers:
    if "options" in item:
        of = {option["key"]: float(option["points"]) for option in item["options"]}
        return looked_up(values, of, missing=np.nan)
    bounds = [entry["up_to"] for entry in item["bins"][:-1]]
    points = np.array([entry["points"] for entry in item["bins"]], dtype=float)
    return points[np.searchsorted(bounds, np.array(values, dtype=float), side="left")]


def _holding_points(
    holdings: Holdings, sheet: _Sheet, *, rules: FoodRules
) -> tuple[Numbers, Words]:
    """Points of every holding and how they came about, weakest source first."""
    categories = law.codes("food_categories")
    businesses = law.codes("food_businesses")
    tiers = {code: entry.attributes["tier"] for code, entry in categories.items()}
    of_business = {
        code: entry.attributes["scope_unknown_tier"] for code, entry in businesses.items()
    }
    tier = np.where(
        holdings.category.astype(str) != "",
        looked_up(holdings.category, tiers, missing="none"),
        looked_up(holdings.business, of_business, missing="none"),
    )
    points = np.full(len(tier), np.nan)
    state = np.full(len(tier), NOT_ASSESSED, dtype=object)
    for level, worth in rules.tier_points.items():
        points[tier == level], state[tier == level] = worth, PROVISIONAL
    text = pa.array(holdings.text, pa.string())
    for variety, worth in rules.variety_points.items():
        short = variety.removeprefix("0")
        pattern = f"(^|[;、，, ])1?0?{short}([^0-9]|$)"
        made = pc.match_substring_regex(text, pattern).to_numpy(zero_copy_only=False)
        made = made.astype(bool) & (holdings.business == "production")
        higher = made & ~((state == COUNTED) & (points >= worth))
        points[higher], state[higher] = worth, COUNTED
    scored, place = _find(_keys(holdings.row, holdings.business), sheet.total_keys)
    points[scored], state[scored] = sheet.totals[place], COUNTED
    return points, state


def _riskiest(row: Places, points: Numbers, *, rows: int) -> tuple[Places, npt.NDArray[np.int64]]:
    """Position of each enterprise's riskiest holding (-1: none), and who holds several scores."""
    best = np.full(rows, -1, dtype=np.int64)
    known = np.flatnonzero(~np.isnan(points))
    order = known[np.lexsort((-known, points[known], row[known]))]
    best[row[order]] = order  # the last one written is the highest, the first of equals
    lowest = np.full(rows, np.inf)
    np.minimum.at(lowest, row[known], points[known])
    held = np.flatnonzero(best >= 0)
    return best, held[lowest[held] < points[best[held]]]


def _holding_items(
    holdings: Holdings, chosen: Places, points: Numbers, state: Words, *, rules: FoodRules
) -> pa.Table:
    definitions, places = _definitions(rules)
    category, business = holdings.category[chosen], holdings.business[chosen]
    named = np.where(category.astype(str) != "", category, business)
    which = looked_up(named, places, missing=places[_UNKNOWN]).astype(np.int64)
    take = pa.array(chosen)
    return make_items(
        definitions,
        which,
        row=holdings.row[chosen],
        state=pa.array(state[chosen], pa.string()),
        points=points[chosen],
        most=float(rules.static_most),
        result=pa.array(business, pa.string()),
        reference=holdings.reference.take(take),
        event_on=holdings.event_on.take(take),
        source=holdings.source.take(take),
    )


def _definitions(rules: FoodRules) -> tuple[list[Definition], dict[str, int]]:
    table = law.load().tables["food_categories"]
    basis = str(table.provenance.reference)
    found = [
        Definition(STATIC, code, entry.zh, entry.en, basis)
        for codes in (law.codes("food_categories"), law.codes("food_businesses"))
        for code, entry in codes.items()
    ]
    found.append(
        Definition(STATIC, _UNKNOWN, "许可证未载明类别", "the licence names no category", basis)
    )
    # A business of the same name as a category (canteen) is told in the category's words.
    places = {one.key: number for number, one in reversed(list(enumerate(found)))}
    return found, places


def _unlicensed_items(rows: Places, *, rules: FoodRules) -> pa.Table:
    if not len(rows):
        return no_items()
    told = Definition(
        STATIC,
        _NO_LICENCE,
        "没有有效的食品许可或备案，无法评静态分",
        "no valid food licence or filing: the static score cannot be assessed",
        rules.bases["score_parts"],
    )
    which = np.zeros(len(rows), dtype=np.int64)
    return make_items([told], which, row=rows, state=NOT_ASSESSED, most=float(rules.static_most))


def _sheet_items(sheet: _Sheet, holdings: Holdings, chosen: Places) -> pa.Table:
    """The rows of the sheet that decides."""
    if not len(sheet.row):
        return no_items()
    deciding = _keys(holdings.row[chosen], holdings.business[chosen])
    own = _keys(sheet.row, sheet.business)
    decides = np.isin(own, deciding) & np.isin(own, sheet.total_keys)
    shown = np.flatnonzero(decides & (sheet.which >= 0))
    take = pa.array(shown)
    return make_items(
        sheet.definitions,
        sheet.which[shown],
        row=sheet.row[shown],
        state=COUNTED,
        value=pc.cast(_numbers(sheet.facts["value"].take(take)), pa.float64()),
        points=sheet.points[shown],
        most=sheet.most[sheet.which[shown]],
        result=sheet.facts["value"].take(take),
        event_on=sheet.facts["as_of"].take(take),
        source=sheet.facts["source"].take(take),
    )


def _numbers(texts: Any) -> pa.Array:
    digits = pc.match_substring_regex(texts, "^[0-9]+$")
    whole = pc.if_else(digits, texts, pa.scalar(None, pa.string()))
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
