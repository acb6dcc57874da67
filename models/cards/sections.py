"""What a model card says, as headings, paragraphs, tables and charts."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from models.cards.blocks import Block, Grid, Section, told, told_share
from models.cards.charts import line_chart, nice_limit
from models.cards.study_sections import study_sections, trial_section
from models.cards.text import (
    BASIS_LABELS,
    FIGURE_LABELS,
    FIGURES_NOTE,
    METHOD,
    PART_LABELS,
    PURPOSE,
    SNAPSHOT_LABELS,
    model_label,
)
from models.learning.columns import ModelIndicator
from models.rating.points import PointsScale, points_table
from models.rating.scoring_model import GENERAL
from models.study.challengers import CHALLENGER
from models.study.evaluate import Interval
from models.study.reporting import ModelReport
from models.trained import TrainedModels


def sections(trained: TrainedModels, created_at: datetime) -> Iterator[Section]:
    """The card from top to bottom."""
    yield Section("用途 Purpose", PURPOSE)
    yield Section("方法 Method", [*METHOD, _facts(trained, created_at)])
    if trained.reports:
        yield Section(
            "检验结果 Figures",
            [*FIGURES_NOTE, figures_grid(trained)],
            chart=lambda: _charts(trained),
        )
    graded = trained.reports.get(GENERAL)
    if graded is not None and graded.grades:
        yield Section("检验窗口各等级实际问题率 Observed rate by grade", _grades(graded))
    cut = trained.scoring.cut_offs
    if cut is not None:
        yield Section("等级分界 Grade cut-offs", [_cut_offs(trained)])
    if trained.cohorts:
        yield Section("样本 Cohorts", [_cohorts(trained)])
    if trained.trials:
        yield trial_section(trained.trials, trained.scoring.definitions)
    if trained.study is not None:
        yield from study_sections(trained.study, trained.scoring.definitions)
    yield from _points(trained)


def _facts(trained: TrainedModels, created_at: datetime) -> Grid:
    rows = [["生成时间 created", created_at.isoformat()]]
    rows += [[SNAPSHOT_LABELS.get(name, name), value] for name, value in trained.snapshot.items()]
    rows += [["指标定义 definitions", trained.definitions_hash[:16]]]
    for model, trees in trained.trees.items():
        rows.append([f"树数 trees: {model_label(model, trained.scoring.definitions)}", str(trees)])
    for model, one in trained.scoring.calibrations.items():
        basis = (
            f"{one.method}: {BASIS_LABELS[one.basis]}, {one.rows} 行 rows, {one.positives} 不良 bad"
        )
        rows.append([f"校准 calibration: {model_label(model, trained.scoring.definitions)}", basis])
    return Grid(["项目 item", "内容 value"], rows)


def figures_grid(trained: TrainedModels) -> Grid:
    """Figures on the test window, one column a model."""
    reports = trained.reports
    header = [
        "指标 figure",
        *(model_label(model, trained.scoring.definitions) for model in reports),
    ]
    rows = [
        ["受检户数 rows", *(str(one.rows) for one in reports.values())],
        ["严重问题 bad", *(str(one.positives) for one in reports.values())],
    ]
    rows += [
        [label, *(_interval(one.figures.get(name), name) for one in reports.values())]
        for name, label in FIGURE_LABELS.items()
    ]
    rows.append(
        [
            "校准检验样本 calibration judged on",
            *(
                "-" if one.calibration_noise is None else BASIS_LABELS[one.calibrated_on]
                for one in reports.values()
            ),
        ]
    )
    rows.append(
        [
            "完全校准时的误差 error if calibrated (pp)",
            *(
                "-" if one.calibration_noise is None else f"{one.calibration_noise:.2f}"
                for one in reports.values()
            ),
        ]
    )
    return Grid(header, rows)


def _interval(one: Interval | None, name: str) -> str:
    return told(one, digits=2 if name == "days_earlier" or "calibration" in name else 3)


def _grades(report: ModelReport) -> Sequence[Block]:
    rise = report.figures.get("grades_rise")
    table = Grid(
        ["等级 grade", "受检户数 rows", "实际问题率 bad rate"],
        [
            [grade, str(rows), told_share(report.figures[f"bad_rate_{grade}"])]
            for grade, (rows, _) in report.grades.items()
        ],
        [rate for _, rate in report.grades.values()],
    )
    if rise is None:
        return [table]
    zh, en = ("依次不降", "rises") if rise.value else ("没有依次不降", "does not rise")
    return [f"实际问题率由 A 到 D {zh}。 The observed rate {en} from A to D.", table]


def _cut_offs(trained: TrainedModels) -> Grid:
    cut = trained.scoring.cut_offs
    if cut is None:
        return Grid([], [])
    bounds = {"A": (0.0, cut.b), "B": (cut.b, cut.c), "C": (cut.c, cut.d), "D": (cut.d, 1.0)}
    return Grid(
        ["等级 grade", "概率 probability", "目标 target ‰", "实际 reached ‰", "总体 population"],
        [
            [
                grade,
                f"{low:.4f} - {high:.4f}",
                str(cut.target_per_mille[grade]),
                f"{cut.reached_per_mille[grade]:g}",
                f"{cut.population} ({cut.as_of})",
            ]
            for grade, (low, high) in bounds.items()
        ],
    )


def _cohorts(trained: TrainedModels) -> Grid:
    return Grid(
        ["模型 model", "用于 part", "观察点 as of", "表现期至 until", "行 rows", "不良 bad"],
        [
            [
                model_label(one["model"], trained.scoring.definitions),
                PART_LABELS[one["part"]],
                one["as_of"],
                one["until"],
                str(one["rows"]),
                str(one["positives"]),
            ]
            for one in trained.cohorts
        ],
    )


def _points(trained: TrainedModels) -> Iterator[Section]:
    """The points table: indicators with influence, the widest first."""
    scale = trained.scoring.points_scale
    table = points_table(trained.scoring.scorecard, scale)
    rows = {row.name: row for row in trained.scoring.indicators}
    yield Section("评分表 Points table", [*_scale_note(scale, table["base"])])
    shown = table["indicators"]
    widths = {
        name: max([*one["points"], one["missing"]]) - min([*one["points"], one["missing"]])
        for name, one in shown.items()
    }
    for name in sorted(shown, key=lambda one: -widths[one]):
        grid = _points_of(shown[name], trained.bins[name])
        yield Section(_indicator_title(rows[name]), [grid])
    silent = [row for row in rows.values() if row.sector is None and row.name not in shown]
    if silent:
        listed = "；".join(_indicator_title(row) for row in silent)
        yield Section("无影响的指标 Indicators without influence", [listed])


def _scale_note(scale: PointsScale, base: float) -> Sequence[str]:
    odds, at = f"{scale.base_odds:g}:1", f"{scale.base_points:g}"
    doubling = f"{scale.points_to_double_odds:g}"
    zh = (
        f"基础分 {base:.1f}，逐项相加后四舍五入。无问题与有问题之比为 {odds} 时为 {at} 分，"
        f"每增加 {doubling} 分该比值翻倍。"
    )
    en = (
        f"Base {base:.1f}; add the bins and round. Odds of no problem of {odds} are {at} points, "
        f"and {doubling} more points double them."
    )
    return zh, en


def _indicator_title(row: ModelIndicator) -> str:
    return f"{row.zh} {row.en} ({row.name})"


def _points_of(one: dict[str, list[float]], bins: object) -> Grid:
    described: dict[str, list[float | None]] = bins if isinstance(bins, dict) else {}
    edges = [f"{_short(edge)}" for edge in one["edges"]]
    names = [
        *(f"≤ {edge}" if i == 0 else f"{edges[i - 1]} - {edge}" for i, edge in enumerate(edges)),
        f"> {edges[-1]}" if edges else "有值 any",
        "缺失 missing",
    ]
    points = [*one["points"], one["missing"]]
    shares, rates = described["shares"], described["bad_rates"]
    return Grid(
        ["区间 bin", "分 points", "占比 share", "问题率 bad rate"],
        [
            [name, f"{point:+.1f}", f"{share or 0:.1%}", "-" if rate is None else f"{rate:.1%}"]
            for name, point, share, rate in zip(names, points, shares, rates, strict=True)
        ],
        shares,
    )


def _short(edge: float) -> str:
    """A bin's edge for reading: LightGBM writes zero as 1e-35."""
    return "0" if abs(edge) < 1e-30 else f"{edge:.6g}"


def _charts(trained: TrainedModels) -> str:
    found = {
        model_label(model, trained.scoring.definitions): [
            (position / 100, y) for position, y in enumerate(report.curve["found"])
        ]
        for model, report in trained.reports.items()
        if model in (GENERAL, CHALLENGER)
    }
    charts = [
        line_chart(
            found,
            title="按分数排序的发现曲线 share of problems found along the ranking",
            across="已检查占比 share inspected",
            upward="已发现占比 share found",
        )
    ]
    for model, report in trained.reports.items():
        if "stated" not in report.curve:
            continue
        points = list(zip(report.curve["stated"], report.curve["observed"], strict=True))
        charts.append(
            line_chart(
                {model_label(model, trained.scoring.definitions): points},
                title=f"校准图 calibration: {model_label(model, trained.scoring.definitions)}",
                across="预测概率 stated",
                upward="实际比例 observed",
                limit=nice_limit(max(max(point) for point in points)),
                dots=True,
            )
        )
    return "".join(charts)
