"""Plans, offenders, tasks and the four-in-one view as Excel, in Chinese."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

import law
from features.workbook import Sheet, workbook_bytes
from scoring.measures.plan import RULES, SupervisionPlan
from scoring.measures.repeat_offenders import NO_CONSEQUENCE, RepeatOffenders
from scoring.measures.rules import SupervisionRules
from scoring.measures.runs import GradedRun
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH

SECTORS_ZH = {"general": "通用", "food": "食品", "special_equipment": "特种设备"}
LEVEL_BASIS_ZH = {"industry": "行业", "override": "人工调整", "unknown": "行业未登记"}
NO_STATUTORY = "本批次没有食品等级和特种设备单位类别，以模型等级代替，特种设备重点单位未计入"
_RULES_ZH = {rule: zh for rule, (zh, _, _) in RULES.items()}
WIDTHS = {
    "统一社会信用代码": 22,
    "名称": 34,
    "依据": 60,
    "决定书文号": 60,
    "方式": 30,
    "原因": 40,
    "说明": 40,
    "法律后果": 50,
}
Words = Mapping[str, Callable[[Any], Any] | Mapping[str, str]]


def code_names(table: str) -> dict[str, str]:
    """Chinese name by code."""
    return {code: one.zh for code, one in law.codes(table).items()}


def table_rows(rules: SupervisionRules) -> list[list[Any]]:
    """Sector and grade, then :data:`TABLE_HEADERS`: the dated table of measures."""
    methods, depths = code_names("supervision_methods"), code_names("supervision_depths")
    guidance = code_names("guidance_kinds")
    return [
        [
            SECTORS_ZH[sector],
            grade,
            rules.ratio[grade],
            row["visits"],
            (rules.food_visits[grade][0] or 0) if sector == "food" else None,
            methods[row["method"]],
            depths[row["depth"]],
            guidance.get(row["guidance"], ""),
            "是" if row["key_supervision"] else "",
        ]
        for sector, grades in rules.table.items()
        for grade, row in grades.items()
    ]


TABLE_HEADERS = (
    "领域",
    "等级",
    "抽查比例‰",
    "计划检查次数",
    "食品法定次数",
    "方式",
    "深度",
    "行政指导",
    "提出重点监管",
)
PLAN_COLUMNS = {
    "enterprise_id": "统一社会信用代码",
    "name": "名称",
    "area_code": "辖区",
    "sector": "领域",
    "grade": "等级",
    "food_grade": "食品等级",
    "level": "行业等级",
    "level_basis": "行业等级依据",
    "ratio_per_mille": "抽查比例‰",
    "asked": "应检查次数",
    "made": "当年已检查",
    "planned": "安排次数",
    "cut": "因上限减少",
    "rule": "依据规则",
    "method": "方式",
    "depth": "深度",
    "patrols": "信息采集巡查次数",
    "note": "说明",
}
DEMAND_COLUMNS = {
    "enterprise_id": "统一社会信用代码",
    "rule": "规则",
    "asked": "要求次数",
    "made": "当年已检查",
    "planned": "安排次数",
    "cut": "因上限减少",
    "ground": "依据",
}
OFFENDER_COLUMNS = {
    "enterprise_id": "统一社会信用代码",
    "name": "名称",
    "area_code": "辖区",
    "matter": "领域",
    "penalties": "一年内次数",
    "first_on": "首次决定",
    "last_on": "末次决定",
    "decisions": "决定书文号",
    "is_current": "近一年内",
}
TASK_COLUMNS = {
    "enterprise_id": "统一社会信用代码",
    "name": "名称",
    "area_code": "辖区",
    "guidance": "指导方式",
    "cause": "原因",
    "ground": "依据",
}
OVERVIEW_COLUMNS = {
    "enterprise_id": "统一社会信用代码",
    "name": "名称",
    "area_code": "辖区",
    "grade": "信用风险等级",
    "level": "行业等级",
    "level_basis": "行业等级依据",
    "warning": "警示状态",
    "warning_causes": "原因",
    "zone": "重点区域",
    "zone_kind": "区域种类",
}


def plan_words() -> Words:
    """How the codes of a plan are read."""
    return {
        "area_code": code_names("areas"),
        "sector": SECTORS_ZH,
        "level_basis": LEVEL_BASIS_ZH,
        "rule": _RULES_ZH,
        "method": code_names("supervision_methods"),
        "depth": code_names("supervision_depths"),
    }


def overview_words() -> Words:
    """How the codes of the four-in-one view are read."""
    return {
        "area_code": code_names("areas"),
        "level_basis": LEVEL_BASIS_ZH,
        "warning": code_names("warning_states"),
        "zone_kind": code_names("key_zone_kinds"),
    }


def offender_words() -> Words:
    """How the codes of repeat offenders are read."""
    return {
        "area_code": code_names("areas"),
        "matter": code_names("matters"),
        "is_current": {True: "是", False: "否"}.get,
    }


def task_words() -> Words:
    """How the codes of guidance tasks are read."""
    return {"area_code": code_names("areas"), "guidance": code_names("guidance_kinds")}


def told(table: pa.Table, columns: Mapping[str, str], words: Words) -> Iterator[list[Any]]:
    """The rows of a table, batch by batch, with codes as words."""
    for batch in table.select([*columns]).to_batches(max_chunksize=10_000):
        read = []
        for name in columns:
            values, of = batch.column(name).to_pylist(), words.get(name, {})
            look = of if callable(of) else of.get
            read.append([look(value) or value for value in values] if name in words else values)
        yield from (list(row) for row in zip(*read, strict=True))


def plan_workbook(plan: SupervisionPlan) -> bytes:
    """Sheets 检查计划, 规则要求, 措施表, 说明."""
    rules = plan.rules
    notes: list[Sequence[Any]] = [
        ("年度", plan.year),
        ("分级批次", plan.run.run_id),
        ("在营企业", plan.rows.num_rows),
        ("未列入（非在营）", plan.not_in_business),
        ("每户年度上限", rules.cap),
        ("上限依据", rules.reader.ground("double_random.yearly_visit_cap")),
        ("计数口径", "双随机、日常、专项和证后检查计入上限；投诉举报、转办交办、复查和抽检不计入"),
        ("说明", STATEMENT_ZH),
        ("Note", STATEMENT_EN),
        *([("注意", NO_STATUTORY)] if not plan.run.has_statutory else []),
        *(("待法制审核的参数", name) for name in rules.reader.unconfirmed),
    ]
    words = plan_words()
    return workbook_bytes(
        [
            Sheet(
                "检查计划", [*PLAN_COLUMNS.values()], told(plan.rows, PLAN_COLUMNS, words), WIDTHS
            ),
            Sheet(
                "规则要求",
                [*DEMAND_COLUMNS.values()],
                told(plan.demands, DEMAND_COLUMNS, words),
                WIDTHS,
            ),
            Sheet("措施表", TABLE_HEADERS, table_rows(rules), {"方式": 34, "深度": 30}),
            Sheet("说明", ["项目", "内容"], notes, {"项目": 20, "内容": 100}),
        ]
    )


def offender_rows(found: RepeatOffenders) -> list[list[Any]]:
    """Rows of :data:`OFFENDER_COLUMNS`, then legal consequence and ground."""
    matters = found.rows["matter"].to_pylist()
    return [
        [*row, found.consequences.get(matter, NO_CONSEQUENCE), found.ground(matter)]
        for row, matter in zip(
            told(found.rows, OFFENDER_COLUMNS, offender_words()), matters, strict=True
        )  # punished again and again: few
    ]


def offenders_workbook(found: RepeatOffenders) -> bytes:
    """One sheet; a person decides what follows."""
    head = [*OFFENDER_COLUMNS.values(), "法律后果", "依据"]
    return workbook_bytes([Sheet("屡罚不改", head, offender_rows(found), WIDTHS)])


def tasks_workbook(tasks: pa.Table) -> bytes:
    """One sheet of guidance tasks proposed, with room for who does it and what came of it."""
    blank = ["承办人", "办理日期", "办理结果"]
    rows = ([*row, "", "", ""] for row in told(tasks, TASK_COLUMNS, task_words()))
    return workbook_bytes([Sheet("行政指导建议", [*TASK_COLUMNS.values(), *blank], rows, WIDTHS)])


def overview_workbook(run: GradedRun, overview: pa.Table, by_area: pa.Table) -> bytes:
    """Sheets 四位一体, 辖区汇总, 说明."""
    notes = [("分级批次", run.run_id), ("说明", STATEMENT_ZH), ("Note", STATEMENT_EN)]
    head = [*OVERVIEW_COLUMNS.values()]
    return workbook_bytes(
        [
            Sheet("四位一体", head, told(overview, OVERVIEW_COLUMNS, overview_words()), WIDTHS),
            Sheet("辖区汇总", area_headers(by_area), area_rows(by_area)),
            Sheet("说明", ["项目", "内容"], notes, {"项目": 12, "内容": 100}),
        ]
    )


def area_headers(by_area: pa.Table) -> list[str]:
    """Of :func:`area_rows`."""
    warnings = code_names("warning_states")
    names = {"area_code": "辖区", "enterprises": "企业数", "in_zone": "重点区域内"}
    names |= {f"grade_{grade}": f"{grade} 类" for grade in "ABCD"}
    names |= {f"level_{level}": f"{level}级" for level in law.codes("patrol_levels")}
    names |= {f"warning_{state}": zh for state, zh in warnings.items()}
    return [names[column] for column in by_area.column_names]


def area_rows(by_area: pa.Table) -> list[list[Any]]:
    """One row per area."""
    words: Words = {"area_code": code_names("areas")}
    return list(told(by_area, dict.fromkeys(by_area.column_names, ""), words))
