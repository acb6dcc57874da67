"""What a drift report says, as tables; Chinese first."""

from collections.abc import Mapping, Sequence

from models.cards.report_tables import Cell, ReportPart
from models.comparison.report import migration_part
from scoring.drift import Drift, IndicatorShift, Level, Realised
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH

LEVELS: Mapping[Level, str] = {
    "stable": "○ 稳定 stable",
    "watch": "△ 关注 watch",
    "alarm": "▲ 报警 alarm",
}
_BASES = {"all": "全部首次检查 all first inspections", "drawn": "随机抽中（加权） drawn, weighted"}
_CONVENTION = (
    (
        "PSI 的 0.10 / 0.25 是信用评分行业的经验惯例，没有统计推导；企业很少时偶然波动也会超过。"
        "阈值在 models/configs/drift.yaml。"
    ),
    (
        "0.10 and 0.25 for the PSI are a convention of the credit-scoring trade without a "
        "derivation; with few enterprises chance alone exceeds them. "
        "Thresholds: models/configs/drift.yaml."
    ),
)


def drift_parts(found: Drift, labels: Mapping[str, str]) -> list[ReportPart]:
    """The report from top to bottom; `labels` gives Chinese names of indicators."""
    return [
        _runs(found),
        _alarms(found, labels),
        migration_part(found.migration, down="前 before", across="后 now", notes=_moved(found)),
        _score(found),
        _indicators(found, labels),
        _realised(found.realised),
    ]


def _runs(found: Drift) -> ReportPart:
    def facts(manifest: Mapping[str, object]) -> list[str]:
        return [str(manifest[key]) for key in ("run_id", "as_of", "model_version", "enterprises")]

    names = ("批次 run", "截至日期 as of", "模型 model", "企业数 enterprises")
    rows = list(zip(names, facts(found.before), facts(found.now), strict=True))
    headers = ("项目 item", "前 before", "后 now")
    return ReportPart("批次", "两个批次 The two runs", (STATEMENT_ZH, STATEMENT_EN), headers, rows)


def _alarms(found: Drift, labels: Mapping[str, str]) -> ReportPart:
    rows: list[list[Cell]] = []
    bounds = found.thresholds
    moved = bounds.migration.level(found.moved_share)
    if moved != "stable":
        rows.append(
            [LEVELS[moved], "等级变动占比 share of grades moved", f"{found.moved_share:.1%}"]
        )
    if found.score_psi is not None and bounds.psi.level(found.score_psi) != "stable":
        level = bounds.psi.level(found.score_psi)
        rows.append([LEVELS[level], "分数 PSI of the score", f"{found.score_psi:.3f}"])
    rows += [
        [LEVELS[one.level], f"指标 PSI：{labels.get(one.name, one.name)}", f"{one.psi:.3f}"]
        for one in found.indicators or ()
        if one.level != "stable"
    ]
    rows += [
        [
            LEVELS[one.level],
            f"{_grade(one)}，{_BASES[one.basis]}：实际与预测 found and foretold",
            f"{one.found:.1%} / {one.foretold:.1%}",
        ]
        for one in found.realised
        if one.level != "stable"
    ]
    rows.sort(key=lambda row: str(row[0]) != LEVELS["alarm"])
    notes = () if rows else ("没有需要关注的项目。 Nothing to watch.",)
    headers = ("级别 level", "项目 item", "数值 figure") if rows else ()
    return ReportPart("报警", "报警 Alarms", (*notes, *_CONVENTION), headers, rows)


def _moved(found: Drift) -> Sequence[str]:
    zh = (
        f"最终等级（含直接判定）。两批次共有企业中 {found.moved_share:.1%} 等级有变；"
        f"只在前一批次 {found.only_before} 户，只在后一批次 {found.only_now} 户。"
    )
    en = (
        f"Final grades. Of the enterprises in both runs {found.moved_share:.1%} have another "
        f"grade; {found.only_before} are in the earlier run alone, {found.only_now} in the later."
    )
    return zh, en


def _score(found: Drift) -> ReportPart:
    title = "分数 PSI PSI of the score"
    if found.score_psi is None:
        assert found.why_no_psi is not None
        return ReportPart("分数", title, (found.why_no_psi.zh, found.why_no_psi.en))
    level = LEVELS[found.thresholds.psi.level(found.score_psi)]
    rows: list[list[Cell]] = [[round(found.score_psi, 4), level]]
    return ReportPart("分数", title, (), ("PSI", "级别 level"), rows)


def _indicators(found: Drift, labels: Mapping[str, str]) -> ReportPart:
    title = "各指标 PSI PSI per indicator"
    if found.indicators is None:
        assert found.why_no_psi is not None
        return ReportPart("指标", title, (found.why_no_psi.zh, found.why_no_psi.en))

    def row(one: IndicatorShift) -> list[Cell]:
        return [
            labels.get(one.name, one.name),
            one.name,
            round(one.psi, 4),
            f"{one.missing_before:.1%}",
            f"{one.missing_now:.1%}",
            LEVELS[one.level],
        ]

    headers = (
        "指标 indicator",
        "代码 name",
        "PSI",
        "前缺失 missing before",
        "后缺失 missing now",
        "级别 level",
    )
    notes = (
        "无影响的指标只有一个区间，PSI 只反映缺失占比。",
        "An indicator without influence has one bin: its PSI tells of missing values only.",
    )
    return ReportPart("指标", title, notes, headers, [row(one) for one in found.indicators])


def _realised(realised: Sequence[Realised]) -> ReportPart:
    title = "实际与预测 Found against foretold"
    notes = (
        (
            "前一批次观察日之后开始、现已知结果的检查；预测为这些受检企业的平均概率。"
            "检查对象多由人选定，未抽中的企业不在其中；随机抽中的行按入样概率加权。"
        ),
        (
            "Inspections begun after the earlier run's day and known now; foretold is the mean "
            "probability of those inspected. Most were chosen by people; drawn ones are weighted "
            "by their probability of being drawn."
        ),
    )
    if not realised:
        empty = ("还没有这样的检查。 No such inspection is known yet.",)
        return ReportPart("实际", title, (*notes, *empty))
    headers = (
        "等级 grade",
        "样本 basis",
        "受检户数 rows",
        "预测 foretold",
        "实际 found",
        "95% 区间 interval",
        "级别 level",
    )
    rows: list[list[Cell]] = [
        [
            _grade(one),
            _BASES[one.basis],
            one.rows,
            f"{one.foretold:.1%}",
            f"{one.found:.1%}",
            f"{one.low:.1%} - {one.high:.1%}",
            LEVELS[one.level],
        ]
        for one in realised
    ]
    return ReportPart("实际", title, notes, headers, rows)


def _grade(one: Realised) -> str:
    return f"{one.grade} 类" if one.grade else "全部 all"
