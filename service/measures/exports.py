"""Measures of a run as one Excel file: counts, then the rows of every enterprise of an area."""

from collections.abc import Sequence
from typing import Any

import pyarrow.compute as pc

from features.workbook import Sheet, workbook_bytes
from scoring.measures.reports import (
    DEMAND_COLUMNS,
    NO_STATUTORY,
    OFFENDER_COLUMNS,
    OVERVIEW_COLUMNS,
    PLAN_COLUMNS,
    TABLE_HEADERS,
    TASK_COLUMNS,
    WIDTHS,
    offender_words,
    overview_words,
    plan_words,
    task_words,
    told,
)
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.console.words import label
from service.errors import MeasuresTooManyError
from service.measures.computed import DEMANDS, OFFENDERS, OVERVIEW, PLAN, TASKS, ComputedMeasures
from service.measures.counting import COLUMNS

# A workbook is made in memory while somebody waits.
_MOST = 200_000


def measures_workbook(computed: ComputedMeasures, *, area: str = "") -> bytes:
    """Sheets 汇总, 检查计划, 规则要求, 四位一体, 行政指导建议, 屡罚不改, 措施表, 说明.

    Raises
    ------
    MeasuresTooManyError
        Too many enterprises for one file: choose an area.
    service.errors.MeasuresDamagedError
    """
    plan = computed.table(PLAN, area=area)
    if plan.num_rows > _MOST:
        raise MeasuresTooManyError(plan.num_rows, most=_MOST)
    demands = computed.table(DEMANDS)
    if area:
        inside = pc.is_in(
            demands["enterprise_id"], value_set=plan["enterprise_id"].combine_chunks()
        )
        demands = demands.filter(inside)
    offender_columns = {**OFFENDER_COLUMNS, "consequence": "法律后果", "ground": "依据"}
    parts = (
        ("检查计划", plan, PLAN_COLUMNS, plan_words()),
        ("规则要求", demands, DEMAND_COLUMNS, plan_words()),
        ("四位一体", computed.table(OVERVIEW, area=area), OVERVIEW_COLUMNS, overview_words()),
        ("行政指导建议", computed.table(TASKS, area=area), TASK_COLUMNS, task_words()),
        ("屡罚不改", computed.table(OFFENDERS, area=area), offender_columns, offender_words()),
    )
    return workbook_bytes(
        [
            Sheet("汇总", ["辖区", "等级", *(zh for zh, _ in COLUMNS.values())], _counts(computed)),
            *(
                Sheet(name, [*columns.values()], told(table, columns, words), WIDTHS)
                for name, table, columns, words in parts
            ),
            Sheet("措施表", TABLE_HEADERS, computed.manifest["table"], WIDTHS),
            Sheet("说明", ["项目", "内容"], _notes(computed, area), {"项目": 20, "内容": 100}),
        ]
    )


def _counts(computed: ComputedMeasures) -> list[list[Any]]:
    return [
        [label("areas", row["area_code"]), row["grade"], *(row[name] for name in COLUMNS)]
        for row in computed.manifest["counts"]
    ]


def _notes(computed: ComputedMeasures, area: str) -> Sequence[Sequence[Any]]:
    facts = computed.manifest
    return [
        ("年度", facts["year"]),
        ("分级批次", facts["run_id"]),
        ("计算时间", facts["created_at"]),
        ("辖区", label("areas", area) if area else "全部"),
        ("未列入（非在营）", facts["not_in_business"]),
        ("每户年度上限", facts["cap"]),
        ("上限依据", facts["cap_ground"]),
        ("说明", STATEMENT_ZH),
        ("Note", STATEMENT_EN),
        *([] if facts["has_statutory"] else [("注意", NO_STATUTORY)]),
        *(("待法制审核的参数", name) for name in facts["unconfirmed"]),
    ]
