"""The report of a round as headings, paragraphs, tables and charts; rendered elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import law
from features.messages import Message
from scoring.double_random.estimates import words
from scoring.double_random.estimates.charts import Mark, interval_chart
from scoring.double_random.estimates.estimating import Figure, RoundEstimates
from scoring.double_random.estimates.layout import (
    DECIMAL,
    PERCENT,
    TEXT,
    WHOLE,
    Grid,
    Section,
    behind,
    tell,
)
from scoring.double_random.estimates.report_spread import (
    basis_section,
    equity_section,
    inspectors_section,
)
from scoring.double_random.estimates.sample import (
    OUTCOMES,
    PROBLEM,
    UNFULFILLED,
    WAITING,
)
from scoring.double_random.strata import GRADES


def sections(estimates: RoundEstimates) -> Iterator[Section]:
    """The report from top to bottom."""
    yield _progress(estimates)
    if estimates.sample.done:
        yield _population(estimates)
        yield _grades(estimates)
        yield _lift(estimates)
        yield _other_ratios(estimates)
    yield _coverage(estimates)
    if estimates.sample.done:
        if estimates.inspectors is not None:
            yield inspectors_section(estimates.inspectors)
        if len(estimates.by_basis):
            yield basis_section(estimates)
        for table in estimates.equity:
            yield equity_section(table)
    yield _unconfirmed(estimates)


def state(estimates: RoundEstimates) -> Message:
    """How far the round is, and what that means for the figures."""
    sample = estimates.sample
    drawn = int(sample.strata["drawn"].sum())
    if not sample.results.num_rows:
        return words.EMPTY
    count_zh = f"{drawn} 户已抽取，{sample.done} 户有结果"
    count_en = f"{sample.done} of {drawn} visits done"
    if sample.is_complete:
        return Message(f"本轮已完成：{count_zh}。", f"The round is complete: {count_en}.")
    return Message(
        f"本轮未完成：{count_zh}。以下估计均为暂时结果。",
        f"The round is not complete: {count_en}. All estimates are provisional.",
    )


_FIGURE_HEADER = ("估计 estimate", "下限 lower", "上限 upper", "方法 method", "检查数 n")


def _figure(one: Figure) -> list[Any]:
    return [one.value, one.low, one.high, words.METHODS[one.method], one.n]


def _figure_kinds(kind: str) -> tuple[str, ...]:
    return (kind, kind, kind, TEXT, WHOLE)


def _mark(label: str, one: Figure, kind: str = PERCENT) -> Mark | None:
    if one.value is None or one.low is None or one.high is None:
        return None
    told = f"{tell(one.value, kind)} [{tell(one.low, kind)}, {tell(one.high, kind)}]"
    return Mark(label, one.value, one.low, one.high, told)


def _chart(title: str, marks: Sequence[Mark | None], **more: Any) -> Callable[[], str] | None:
    known = [mark for mark in marks if mark is not None]
    return (lambda: interval_chart(known, title=title, **more)) if known else None


def _progress(estimates: RoundEstimates) -> Section:
    strata = estimates.sample.strata
    rows = [
        [words.OUTCOMES[name], int(strata[name].sum())]
        for name in (*OUTCOMES, UNFULFILLED, WAITING)
    ]
    grids = [Grid(("抽取对象的结果 outcome of the drawn", "户数 number"), (TEXT, WHOLE), rows)]
    if estimates.reasons:
        reasons = [[reason, number] for reason, number in estimates.reasons.items()]
        grids.append(Grid(("未完成原因 reason", "户数 number"), (TEXT, WHOLE), reasons))
    if len(estimates.reserves):
        counts = estimates.reserves["outcome"].value_counts()
        reserves = [[words.OUTCOMES[str(name)], int(count)] for name, count in counts.items()]
        grids.append(
            Grid(("备选对象的结果（不进入比率） reserves called", "户数"), (TEXT, WHOLE), reserves)
        )
    return Section("完成情况 Progress", (), grids)


def _population(estimates: RoundEstimates) -> Section:
    named = {name: words.OUTCOMES[name] for name in estimates.rates}
    rows = [[named[name], *_figure(one)] for name, one in estimates.rates.items()]
    total = Grid(
        ("项目 item", *_FIGURE_HEADER),
        (TEXT, *_figure_kinds(WHOLE)),
        [["有问题企业总数 enterprises with a problem", *_figure(estimates.problem_total)]],
    )
    said, grids = (
        [words.POPULATION_NOTE],
        [
            Grid(("结果 outcome", *_FIGURE_HEADER), (TEXT, *_figure_kinds(PERCENT)), rows),
            total,
        ],
    )
    low, high = estimates.bounds
    if low != high:
        said.append(words.MISSING_NOTE)
        grids.append(
            Grid(
                ("结果未出齐的界限 bounds while results are missing", "最低 least", "最高 most"),
                (TEXT, PERCENT, PERCENT),
                [["问题率 problem rate", low, high]],
            )
        )
    if estimates.borrowed:
        said.append(
            Message(
                f"{estimates.borrowed} 户所在的层尚无结果，暂以同等级其他层代替。",
                f"{estimates.borrowed} enterprises are in strata without a result so far; others"
                " of their grade stand in.",
            )
        )
    marks = [_mark(named[name], one) for name, one in estimates.rates.items()]
    return Section(
        "全体企业 The whole population", said, grids, _chart("全体 whole population", marks)
    )


def _grades(estimates: RoundEstimates) -> Section:
    rows = [
        [one.grade, one.population, one.drawn, one.done, one.problems, *_figure(one.rate)]
        for one in estimates.grades
    ]
    grid = Grid(
        (
            "等级 grade",
            "户数 enterprises",
            "抽取 drawn",
            "有结果 done",
            "有问题 problems",
            *_FIGURE_HEADER,
        ),
        (TEXT, WHOLE, WHOLE, WHOLE, WHOLE, *_figure_kinds(PERCENT)),
        rows,
    )
    marks = [_mark(f"{one.grade} 级 grade", one.rate) for one in estimates.grades]
    overall = estimates.rates[PROBLEM].value
    line = None if overall is None else (overall, f"全体 all {overall:.2%}")
    return Section(
        "各等级问题率 Problem rate by grade",
        [words.GRADE_NOTE],
        [grid],
        _chart("各等级问题率 problem rate by grade", marks, reference=line),
    )


def _lift(estimates: RoundEstimates) -> Section:
    grid = Grid(
        ("项目 item", *_FIGURE_HEADER),
        (TEXT, *_figure_kinds(DECIMAL)),
        [
            ["提升倍数 lift over equal chances", *_figure(estimates.lift)],
            ["每百户守规企业的检查次数 visits per 100 compliant", *_figure(estimates.burden)],
        ],
    )
    rate = Grid(
        ("项目 item", *_FIGURE_HEADER),
        (TEXT, *_figure_kinds(PERCENT)),
        [["每次检查发现问题 problems per visit", *_figure(estimates.hit_rate)]],
    )
    marks = [_mark("提升倍数 lift", estimates.lift, DECIMAL)]
    return Section(
        "成效与负担 Yield and burden",
        [words.LIFT_NOTE, words.BURDEN_NOTE],
        [rate, grid],
        _chart("提升倍数 lift", marks, reference=(1.0, "1：与均等抽查相同 as equal chances")),
    )


def _other_ratios(estimates: RoundEstimates) -> Section:
    rows, marks = [], []
    for one in estimates.other_ratios:
        value, low, high = one.findings or (None, None, None)
        ratios = " / ".join(str(one.ratios_per_mille[grade]) for grade in GRADES)
        per_a = 100 * one.visits_to_grade_a / one.grade_a if one.grade_a else None
        per_visit = None if one.rate is None else float(one.rate.value)
        rows.append([one.name, ratios, one.visits, value, low, high, per_visit, per_a])
        if value is not None and low is not None and high is not None:
            told = f"{value:,.0f} [{low:,.0f}, {high:,.0f}]"
            marks.append(Mark(one.name, value, low, high, told))
    grid = Grid(
        (
            "方案 ratios",
            "A/B/C/D ‰",
            "检查数 visits",
            "预计发现 expected findings",
            "下限 lower",
            "上限 upper",
            "每次检查 per visit",
            "每百户 A 级 per 100 of A",
        ),
        (TEXT, TEXT, WHOLE, DECIMAL, DECIMAL, DECIMAL, PERCENT, DECIMAL),
        rows,
    )
    return Section(
        "换用其他比例 Other sampling ratios",
        [words.RATIOS_NOTE, behind("korn_graubard", estimates.sample.done)],
        [grid],
        _chart("预计发现 expected findings", marks),
    )


def _coverage(estimates: RoundEstimates) -> Section:
    plan = estimates.sample.plan
    columns = ["area_code", "population", "drawn", "per_hundred", "done", UNFULFILLED, WAITING]
    rows = [[row[name] for name in columns] for row in estimates.by_area.to_dict("records")]
    areas = Grid(
        (
            "辖区 area",
            "抽样框 frame",
            "抽取 drawn",
            "每百户 per 100",
            "有结果 done",
            "未完成 not made",
            "待查 waiting",
        ),
        (TEXT, WHOLE, WHOLE, DECIMAL, WHOLE, WHOLE, WHOLE),
        rows,
    )
    frame = int(estimates.sample.strata["population"].sum())
    excluded = [[ground, number] for ground, number in plan.exclusions_by_ground.items()]
    said = Message(
        f"名录库 {plan.library_size:,} 户，抽样框 {frame:,} 户；被排除的企业不在以上各估计之内。",
        f"The library has {plan.library_size:,} enterprises, the frame {frame:,}; no estimate"
        " speaks of those excluded.",
    )
    grids = [areas]
    if excluded:
        grids.append(Grid(("排除事由 excluded by ground", "户数"), (TEXT, WHOLE), excluded))
    return Section("覆盖 Coverage", [said], grids)


def _unconfirmed(estimates: RoundEstimates) -> Section:
    plan = estimates.sample.plan
    rows = [
        [one.name, one.since.isoformat(), one.status]
        for one in plan.law
        if one.status != "confirmed"
    ]
    small = law.lookup("double_random.small_cell_minimum", on=plan.task_from, region=plan.region)
    if small.status != "confirmed":
        rows.append(["double_random.small_cell_minimum", small.since.isoformat(), small.status])
    rows += [
        ["codes: inspection_results", "—", "unconfirmed"],
        ["codes: industry_sections", "—", "unconfirmed"],
    ]
    said = Message(
        "以下参数和代码表待法制审核。",
        "These parameters and code tables still wait for the legal section.",
    )
    grid = Grid(("参数 parameter", "自 since", "状态 status"), (TEXT, TEXT, TEXT), rows)
    return Section("待确认 Unconfirmed", [said], [grid])
