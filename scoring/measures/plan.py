"""A year's supervision plan: what each rule asks for, what the yearly cap leaves, and why.

One visit serves every rule that asks for it (能合并的不重复), so rules are not added up: the plan
follows the one that asks for most. The yearly cap goes before any of them.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import law
from scoring.errors import MeasuresError
from scoring.measures.facts import Visits
from scoring.measures.levels import Levels
from scoring.measures.rules import SupervisionRules
from scoring.measures.runs import IN_BUSINESS, GradedRun
from scoring.statutory.arrays import looked_up

_MONTHS_A_YEAR = 12
_SECTORS = ("general", "food", "special_equipment")
# Rule, its name, the parameter that is its ground.
RULES = {
    "grade_table": ("等级措施表", "table of measures", "measures.supervision"),
    "food_grade": ("食品风险等级检查次数", "visits of the food grade", "food.visits_per_year"),
    "food_full_check": ("食品全覆盖检查", "full food check", "food.full_check_years"),
    "key_unit": ("特种设备重点单位", "key unit of special equipment", "measures.key_unit_visits"),
    "key_supervision": ("重点监管对象", "key supervision", "measures.key_supervision_visits"),
    "patrol": ("行业分级巡查周期", "patrol interval of the level", "patrol.interval_months"),
}

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SupervisionPlan:
    """A year's plan.

    Attributes
    ----------
    rows
        One row per enterprise in business: grade, sector, level, ``ratio_per_mille`` of the draw,
        ``asked`` (visits of the rule that asks for most, 0: the draw alone), ``made`` in the year
        already, ``planned``, ``cut`` by the cap, ``rule``, ``method``, ``depth``, ``patrols`` that
        gather information and are no inspection, ``note``.
    demands
        One row per enterprise and rule that asks: ``asked``, ``planned``, ``cut``, ``ground``.
    not_in_business
        Enterprises of the run that were left out.
    """

    year: int
    run: GradedRun
    rules: SupervisionRules
    rows: pa.Table
    demands: pa.Table
    not_in_business: int


def plan_year(
    run: GradedRun,
    *,
    year: int,
    rules: SupervisionRules,
    visits: Visits,
    levels: Levels,
    key_supervised: npt.NDArray[np.bool_],
) -> SupervisionPlan:
    """Plan the visits of a year for every enterprise of a run that is in business.

    Parameters
    ----------
    visits, levels, key_supervised
        Row by row with the run.

    Raises
    ------
    MeasuresError
        The year is over as of the run's day, or lies beyond the next one.
    """
    _check_year(run, year)
    table = _table_rows(run, rules)
    asked = _asked(
        run,
        year,
        rules=rules,
        visits=visits,
        levels=levels,
        key_supervised=key_supervised,
        table_visits=table["visits"],
    )
    visits_of_rules = np.stack([*asked.values()])
    most = visits_of_rules.max(axis=0)
    leading = np.array([*asked])[visits_of_rules.argmax(axis=0)]
    room, left = np.maximum(rules.cap - visits.made, 0), np.maximum(most - visits.made, 0)
    columns = {
        "enterprise_id": run.ids,
        "name": run.grades["name"],
        "area_code": run.grades["area_code"],
        "industry_code": run.grades["industry_code"],
        "sector": table["sector"],
        "grade": run.grade,
        "food_grade": pa.array(run.food_grade, pa.string(), mask=~run.flags("is_food")),
        "level": levels.level,
        "level_basis": levels.basis,
        "ratio_per_mille": looked_up(run.grade, rules.ratio, missing=0),
        "asked": most,
        "made": visits.made,
        "planned": np.minimum(left, room),
        "cut": np.maximum(left - room, 0),
        "rule": pa.array(leading, pa.string(), mask=most == 0),
        # A visit that is planned is made, whatever the draw says.
        "method": np.where(most > 0, "on_site", table["method"]),
        "depth": np.where(asked["food_full_check"] > 0, "all_items", table["depth"]),
        "patrols": _patrols(levels, rules) * (not rules.patrol_is_inspection),
        "note": _notes(run, rules, visits),
    }
    open_rows = np.flatnonzero(np.isin(run.texts("status"), IN_BUSINESS))
    rows = pa.table(columns).take(pa.array(open_rows))
    demands = _demands(run.ids, asked, chosen=open_rows, made=visits.made, room=room, rules=rules)
    return SupervisionPlan(year, run, rules, rows, demands, len(run.ids) - len(open_rows))


def _check_year(run: GradedRun, year: int) -> None:
    if run.as_of.year <= year <= run.as_of.year + 1:
        return
    raise MeasuresError(
        f"批次 {run.run_id} 截至 {run.as_of}，只能编制 {run.as_of.year} 或 {run.as_of.year + 1} "
        f"年的计划，不能编制 {year} 年的；请改 --year 或换一个批次",
        f"the run {run.run_id} is as of {run.as_of}; it can plan {run.as_of.year} or "
        f"{run.as_of.year + 1}, not {year}. Change --year or take another run",
    )


def _table_rows(run: GradedRun, rules: SupervisionRules) -> dict[str, npt.NDArray[np.object_]]:
    """Of each enterprise the strictest row of the table among its sectors."""
    is_food, is_equipment = run.flags("is_food"), run.flags("is_special_equipment")
    member = (~is_food & ~is_equipment, is_food, is_equipment)
    grades = (run.grade, run.food_grade, run.grade)
    methods, depths = [*law.codes("supervision_methods")], [*law.codes("supervision_depths")]
    chosen = np.zeros(len(is_food), dtype=np.int64)
    best = np.full(len(is_food), -1)
    found: dict[str, list[npt.NDArray[np.object_]]] = {"visits": [], "method": [], "depth": []}
    for number, (sector, belongs, grade) in enumerate(zip(_SECTORS, member, grades, strict=True)):
        rows = rules.table[sector]
        strictness = {
            letter: (row["visits"] * len(depths) + depths.index(row["depth"])) * len(methods)
            + methods.index(row["method"])
            for letter, row in rows.items()
        }
        rank = np.where(belongs, looked_up(grade, strictness, missing=0), -1)
        chosen, best = np.where(rank > best, number, chosen), np.maximum(rank, best)
        for name, values in found.items():
            of_grade = {letter: row[name] for letter, row in rows.items()}
            values.append(looked_up(grade, of_grade, missing=of_grade["A"]))
    picked = {name: np.choose(chosen, values) for name, values in found.items()}
    return {**picked, "sector": np.array(_SECTORS)[chosen]}


def _asked(
    run: GradedRun,
    year: int,
    *,
    rules: SupervisionRules,
    visits: Visits,
    levels: Levels,
    key_supervised: npt.NDArray[np.bool_],
    table_visits: npt.NDArray[np.object_],
) -> dict[str, Counts]:
    """Visits in the year that each rule asks for, shape (n,) each."""
    is_food = run.flags("is_food")
    food = {grade: bounds[0] or 0 for grade, bounds in rules.food_visits.items()}
    key_unit = run.texts("equipment_class") == "key"
    if rules.no_repeat_after_post_licence:
        key_unit = key_unit & (visits.post_licence == 0)
    # Checked in the year Y, due again by the end of Y + term: in the plan's year at the latest.
    first_day = np.datetime64(date(year - rules.full_check_years + 1, 1, 1))
    recent = visits.last_food_check >= first_day  # NaT compares as false: never checked
    return {
        "grade_table": np.asarray(table_visits, dtype=np.int64),
        "food_grade": np.where(is_food, looked_up(run.food_grade, food, missing=0), 0),
        "food_full_check": (is_food & ~recent).astype(np.int64),
        "key_unit": key_unit * rules.key_unit_visits,
        "key_supervision": key_supervised * rules.key_supervision_visits,
        "patrol": _patrols(levels, rules) * rules.patrol_is_inspection,
    }


def _patrols(levels: Levels, rules: SupervisionRules) -> Counts:
    a_year = {level: _MONTHS_A_YEAR // months for level, months in rules.patrol_months.items()}
    return np.asarray(looked_up(levels.level, a_year, missing=0), dtype=np.int64)


def _notes(run: GradedRun, rules: SupervisionRules, visits: Visits) -> npt.NDArray[np.object_]:
    notes = np.full(len(run.ids), "", dtype=object)
    spared = (run.texts("equipment_class") == "key") & (visits.post_licence > 0)
    if rules.no_repeat_after_post_licence:
        notes[spared] += "当年已实施证后监督检查，不再安排常规监督检查；"
    notes[run.texts("status") == "dormant"] += "歇业，可以书面或网络方式检查；"
    return notes


def _demands(
    ids: pa.Array,
    asked: dict[str, Counts],
    *,
    chosen: npt.NDArray[np.int64],
    made: Counts,
    room: Counts,
    rules: SupervisionRules,
) -> pa.Table:
    tables = []
    for rule, visits in asked.items():
        rows = chosen[visits[chosen] > 0]
        left = np.maximum(visits - made, 0)[rows]
        planned = np.minimum(left, room[rows])
        tables.append(
            pa.table(
                {
                    "enterprise_id": ids.take(pa.array(rows)),
                    "rule": pa.repeat(pa.scalar(rule), len(rows)),
                    "asked": visits[rows],
                    "made": made[rows],
                    "planned": planned,
                    "cut": left - planned,
                    "ground": pa.repeat(pa.scalar(rules.reader.ground(RULES[rule][2])), len(rows)),
                }
            )
        )
    return pa.concat_tables(tables).sort_by([("enterprise_id", "ascending")])
