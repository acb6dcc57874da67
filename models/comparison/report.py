"""What a comparison of models says, as tables; Chinese first."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from features.messages import Message
from models.cards.report_tables import Cell, ReportPart
from models.cards.text import FIGURE_LABELS
from models.comparison.card_changes import ChangedBin, changed_bins
from models.comparison.comparison import Comparison, Mover, Reason
from models.comparison.shift_report import SHIFT_HEADERS, sector_migration_part, shift_cells
from models.comparison.standing import Side
from models.rating.cutoffs import GRADES
from models.rating.scoring_model import GENERAL
from models.registry.points_export import STATEMENT
from models.study.evaluate import Interval


def comparison_parts(found: Comparison) -> list[ReportPart]:
    """The report from top to bottom."""
    return [
        _sides(found),
        _held_out(found),
        _at_training(found),
        migration_part(
            found.migration, across="乙 second", down="甲 first", notes=_agreement(found)
        ),
        *_sectors(found),
        *_shifts(found),
        *_changes(found),
        _movers(found.movers),
    ]


def _sides(found: Comparison) -> ReportPart:
    def facts(side: Side) -> list[str]:
        manifest = side.read.manifest
        return [
            side.model.version,
            side.read.folder.name,
            side.last_known.isoformat(),
            side.as_of.isoformat(),
            f"{side.read.scorecard['points_table']['base']:.1f}",
            str(len(side.model.scorecard.used_names)),
            str(manifest["trees"].get("general", "")),
        ]

    names = (
        "版本 version",
        "目录 folder",
        "训练数据截止 learned up to",
        "观察日 as of",
        "基础分 base points",
        "有影响的指标 indicators with influence",
        "树数 trees",
    )
    rows = list(zip(names, facts(found.first), facts(found.second), strict=True))
    return ReportPart(
        "两侧", "比较对象 The two sides", (STATEMENT,), ("项目 item", "甲 first", "乙 second"), rows
    )


def _held_out(found: Comparison) -> ReportPart:
    title = "同一批企业上的表现 Figures on the same held-out inspections"
    one = found.held_out
    if isinstance(one, Message):
        return ReportPart("表现", title, one)
    notes = (
        (
            f"{found.first.as_of} 之后至 {one.until} 的首次检查，"
            f"{one.rows} 户受检、{one.positives} 户有问题"
            f"（标签：{one.label}）；两个模型均未学过这些结果。方括号为 95% 自助法区间；"
            "差的区间不含 0 才算有差别。"
        ),
        (
            f"First inspections after {found.first.as_of} up to {one.until}: {one.rows} "
            f"enterprises, {one.positives} bad; neither model has learned from them. Brackets: "
            "95 % bootstrap; only a difference whose interval leaves out 0 is one."
        ),
    )
    rows = [
        [FIGURE_LABELS[name], *(_interval(each) for each in three), _verdict(name, three[2])]
        for name, three in one.figures.items()
    ]
    headers = ("指标 figure", "甲 first", "乙 second", "乙－甲 difference", "结论 verdict")
    return ReportPart("表现", title, notes, headers, rows)


def _verdict(name: str, difference: Interval) -> str:
    if not (difference.low > 0 or difference.high < 0):
        return "无明显差别 no clear difference"
    better = (difference.value > 0) != (name == "calibration_error")
    return "乙更好 second is better" if better else "甲更好 first is better"


def _interval(one: Interval) -> str:
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"


def _at_training(found: Comparison) -> ReportPart:
    def figure(side: Side, name: str) -> str:
        told = side.read.manifest["metrics"].get("general", {}).get("figures", {}).get(name)
        if told is None or told["value"] is None:
            return "-"
        return f"{told['value']:.3f} [{told['low'] or 0:.3f}, {told['high'] or 0:.3f}]"

    names = [name for name in FIGURE_LABELS if name != "auc_difference"]
    rows = [
        [FIGURE_LABELS[name], figure(found.first, name), figure(found.second, name)]
        for name in names
    ]
    notes = (
        "各自训练时在各自检验窗口上的数字（样本不同，只作参考，不可相减）。",
        "Figures of either model's own test window at training: other rows, not to be subtracted.",
    )
    headers = ("指标 figure", "甲 first", "乙 second")
    return ReportPart("训练时", "训练时的检验结果 Figures at training", notes, headers, rows)


def _agreement(found: Comparison) -> Sequence[str]:
    same = int(np.trace(found.migration))
    share = same / max(1, found.enterprises)
    apart = ""
    if found.only_first or found.only_second:
        apart = f"；只在甲侧 {found.only_first} 户，只在乙侧 {found.only_second} 户"
    return (
        (
            f"共同企业 {found.enterprises} 户，等级一致 {share:.1%}；"
            f"分数 PSI {found.score_psi:.3f}，排序相关 {found.rank_correlation:.3f}{apart}。"
            "等级按各模型自己的分界，不含直接判定。"
        ),
        (
            f"{found.enterprises} enterprises on both sides, {share:.1%} of one grade; score PSI "
            f"{found.score_psi:.3f}, rank correlation {found.rank_correlation:.3f}. Grades by each "
            "model's own cut-offs, without direct determination."
        ),
    )


def migration_part(
    counts: NDArray[np.int64], *, down: str, across: str, notes: Sequence[str] = ()
) -> ReportPart:
    """A migration matrix: `down` names what its rows are, `across` its columns."""
    rows: list[list[Cell]] = [
        [f"{down} {grade}", *(int(n) for n in counts[at]), int(counts[at].sum())]
        for at, grade in enumerate(GRADES)
    ]
    rows.append(["合计 total", *(int(n) for n in counts.sum(axis=0)), int(counts.sum())])
    headers = ("", *(f"{across} {grade}" for grade in GRADES), "合计 total")
    return ReportPart("等级迁移", "等级迁移 Migration of grades", notes, headers, rows)


def _sectors(found: Comparison) -> Iterator[ReportPart]:
    """The same enterprises again, sector by sector."""
    names = _sector_names(found)
    rows: list[list[Cell]] = [
        [
            names[sector],
            int(one.migration.sum()),
            f"{np.trace(one.migration) / max(1, one.migration.sum()):.1%}",
            round(one.score_psi, 3),
            round(one.rank_correlation, 3),
        ]
        for sector, one in found.sectors.items()
    ]
    headers = (
        "行业 sector",
        "企业数 enterprises",
        "等级一致 of one grade",
        "分数 PSI",
        "排序相关 rank correlation",
    )
    notes = (
        "在任一侧属于该行业的共同企业；一户可属多个行业。",
        "Enterprises of both sides that belong to the sector on either; one may be in several.",
    )
    yield ReportPart("行业", "各行业 Sectors", notes, headers, rows)
    named = {names[sector]: one.migration for sector, one in found.sectors.items()}
    yield sector_migration_part(named, down="甲 first", across="乙 second")


def _shifts(found: Comparison) -> Iterator[ReportPart]:
    """How far the indicators moved between two days."""
    if found.shifts is None:
        return
    labels = {row.name: row.zh for row in found.first.model.indicators}
    names = _sector_names(found) | {GENERAL: "全部企业 all"}
    rows = [
        [names[group], *shift_cells(one, labels)]
        for group, shift in found.shifts.items()
        for one in shift.indicators
    ]
    notes = (
        (
            f"{found.first.as_of} 至 {found.second.as_of}，按甲侧模型的区间；"
            "各行业另含其子模型用到的指标。"
        ),
        (
            f"From {found.first.as_of} to {found.second.as_of}, in bins of the first side's "
            "models; a sector also has what its sub-model looks at."
        ),
    )
    headers = ("行业 sector", *SHIFT_HEADERS)
    yield ReportPart("指标变动", "指标 PSI PSI per indicator", notes, headers, rows)


def _sector_names(found: Comparison) -> dict[str, str]:
    sides = (found.first.model.definitions, found.second.model.definitions)
    return {name: f"{one.zh} {one.en}" for side in sides for name, one in side.items()}


def _changes(found: Comparison) -> Iterator[ReportPart]:
    changed = changed_bins(found.first.read, found.second.read)
    used = [set(side.model.scorecard.used_names) for side in (found.first, found.second)]
    labels = {row.name: row.zh for row in found.second.model.indicators}
    dropped, added = (
        "、".join(labels[name] for name in sorted(names)) or "无 none"
        for names in (used[0] - used[1], used[1] - used[0])
    )
    notes = (
        f"不再有影响的指标 no longer with influence: {dropped}",
        f"新有影响的指标 newly with influence: {added}",
        "只列分值不同的区间；分越高风险越低。 Only bins that differ; more points are safer.",
    )
    headers = ("指标 indicator", "取值 bin", "甲 first", "乙 second", "变化 change")
    yield ReportPart(
        "评分表变化", "评分表的变化 Changed bins", notes, headers, [_bin(one) for one in changed]
    )


def _bin(one: ChangedBin) -> list[Cell]:
    return [one.indicator.zh, one.words, round(one.first, 1), round(one.second, 1), one.change]


def _movers(movers: Sequence[Mover]) -> ReportPart:
    headers = (
        "统一社会信用代码 code",
        "名称 name",
        "等级 grade",
        "分 points",
        "概率 probability",
        "原因：指标 甲值→乙值（分差） reasons",
    )
    rows = [
        [
            one.enterprise_id,
            one.name,
            " → ".join(one.grades),
            f"{one.points[0]} → {one.points[1]}",
            f"{one.probabilities[0]:.3f} → {one.probabilities[1]:.3f}",
            "；".join(_reason(reason) for reason in one.reasons),
        ]
        for one in movers
    ]
    return ReportPart("变动最大", "变动最大的企业 Enterprises that move most", (), headers, rows)


def _reason(one: Reason) -> str:
    values = list(dict.fromkeys([_value(one.before), _value(one.after)]))
    return f"{one.zh} {'→'.join(values)}（{one.points:+.1f}）"


def _value(value: float) -> str:
    return "缺失" if np.isnan(value) else f"{value:.4g}"
