"""MAIN FLOW: archive, day and rules in; statutory sector results beside the general grade out."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import ENTERPRISE_NO
from features.engine import AnyEngine
from features.indicators.records import ArchiveTables
from law.shapes import GRADES
from scoring.statutory.arrays import NONE, letters, levels, looked_up, told_of
from scoring.statutory.combination import combine
from scoring.statutory.conditions import count_hits
from scoring.statutory.food import FoodScores, score_food
from scoring.statutory.food_static import Definition, score_static
from scoring.statutory.hits import Hits
from scoring.statutory.items import COUNTED, ITEM, as_lists, make_items
from scoring.statutory.licences import read_holdings
from scoring.statutory.rules import FoodRules, StatutoryRules
from scoring.statutory.special_equipment import classify_units
from scoring.statutory.statements import Statements

PROVINCE = "province"
# The columns that statutory results add to a table of grades.
COLUMNS = pa.schema(
    [
        ("food_static", pa.float64()),
        ("food_dynamic", pa.float64()),
        ("food_score", pa.float64()),
        ("food_band", pa.string()),
        ("food_grade", pa.string()),
        ("food_is_provisional", pa.bool_()),
        ("food_visits_least", pa.int64()),
        ("food_visits_most", pa.int64()),
        ("equipment_class", pa.string()),
        ("equipment_grade", pa.string()),
        ("sector_grade", pa.string()),
        ("combined_grade", pa.string()),
        ("province_grade", pa.string()),
        ("statutory", pa.list_(ITEM)),
    ]
)
_SECTORS = {"general": "通用", "food": "食品", "special_equipment": "特种设备"}


def assess(
    engine: AnyEngine,
    archive: ArchiveTables,
    profile: pa.Table,
    matrix: pa.Table,
    *,
    grade: npt.NDArray[np.str_],
    as_of: date,
    rules: StatutoryRules,
    statements: Statements,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
) -> pa.Table:
    """Statutory results of enterprises, row by row with their profile.

    Parameters
    ----------
    profile, matrix
        Of the same enterprises in the same order; the matrix has ``rules.indicators`` and the
        places of the records behind them (``build_matrix(with_places=True)``).
    grade
        The general grade of each, shape (n,), which the sector's is combined with.
    range_no, enterprise_ids
        What `profile` was built for. One enterprise alone has the results it has in the batch.

    Returns
    -------
    pa.Table
        `COLUMNS`, one row per enterprise. Null: not of the sector, or its input is missing (an item
        says which). A province's result is shown and decides nothing.
    """
    ids, known = profile["enterprise_id"].combine_chunks(), statements.visible(as_of)
    where: dict[str, Any] = {"range_no": range_no, "enterprise_ids": enterprise_ids}
    found = count_hits(engine, archive, rules.record_rules, matrix=matrix, as_of=as_of, **where)
    numbers = matrix[ENTERPRISE_NO].combine_chunks()
    hits = Hits.align(found, rules.record_rules, numbers)
    columns: dict[str, Any] = {}
    items: list[pa.Table] = []
    sector_grade = np.full(len(ids), NONE)
    if rules.food is not None:
        holdings = read_holdings(engine, archive, numbers, as_of=as_of, **where)
        is_food = np.asarray(pc.fill_null(profile["is_food"], False).to_numpy())
        members = np.flatnonzero(is_food)
        static = score_static(holdings, known.facts, ids=ids, members=members, rules=rules.food)
        food = score_food(static, holdings, hits, members=members, as_of=as_of, rules=rules.food)
        columns |= _food_columns(food, rules.food, members)
        items += food.items
        sector_grade = np.maximum(sector_grade, food.grade)
    if rules.equipment is not None:
        classes = classify_units(matrix, hits, rules=rules.equipment)
        columns |= {
            "equipment_class": classes.unit_class,
            "equipment_grade": letters(classes.grade),
        }
        items += classes.items
        sector_grade = np.maximum(sector_grade, classes.grade)
    columns["sector_grade"] = letters(sector_grade)
    if rules.matrix is not None:
        combined = combine(levels(grade), sector_grade, matrix=rules.matrix)
        columns["combined_grade"] = letters(combined)
    province, province_items = _province(known.results, ids)
    columns["province_grade"] = letters(province)
    columns["statutory"] = as_lists([*items, province_items], rows=len(ids))
    return pa.table(
        [_typed(columns.get(field.name), field.type, len(ids)) for field in COLUMNS],
        schema=COLUMNS,
    )


def _food_columns(
    food: FoodScores, rules: FoodRules, members: npt.NDArray[np.int64]
) -> dict[str, Any]:
    visits = [rules.visits[grade] for grade in GRADES]
    least = [None, *(one[0] or 0 for one in visits)]
    most = [None, *(one[1] or None for one in visits)]
    grade = pa.array(food.grade)
    provisional = np.full(len(food.total), None, dtype=object)
    provisional[members] = food.is_provisional[members]
    return {
        "food_static": food.static,
        "food_dynamic": food.dynamic,
        "food_score": food.total,
        "food_band": letters(food.band),
        "food_grade": letters(food.grade),
        "food_is_provisional": pa.array(provisional, pa.bool_()),
        "food_visits_least": pa.array(least, pa.int64()).take(grade),
        "food_visits_most": pa.array(most, pa.int64()).take(grade),
    }


def _province(results: pa.Table, ids: pa.Array) -> tuple[npt.NDArray[np.int64], pa.Table]:
    """A province's general grade by enterprise, and an item for each of its results."""
    here, row = told_of(results, ids)
    grade = levels(here["grade"].to_numpy(zero_copy_only=False).astype(str))
    sector = here["sector"].to_numpy(zero_copy_only=False)
    shown = np.full(len(ids), NONE)
    is_general = sector == "general"
    shown[row[is_general]] = grade[is_general]
    told = [
        Definition(PROVINCE, name, f"省级结果·{zh}", f"province's result: {name}", "", True)
        for name, zh in _SECTORS.items()
    ]
    places = {name: number for number, name in enumerate(_SECTORS)}
    which = looked_up(sector, places, missing=0).astype(np.int64)
    model = pc.binary_join_element_wise(here["model"], here["edition"], " ")
    items = make_items(
        told,
        which,
        row=row,
        state=COUNTED,
        result=here["grade"],
        reference=pc.utf8_trim_whitespace(model),
        event_on=here["as_of"],
        source=here["source"],
    )
    return shown, items


def _typed(values: Any, kind: pa.DataType, rows: int) -> pa.Array:
    """A column; NaN is null, a column that nothing filled is null throughout."""
    if values is None:
        return pa.nulls(rows, kind)
    return values if isinstance(values, pa.Array) else pa.array(values, kind, from_pandas=True)
