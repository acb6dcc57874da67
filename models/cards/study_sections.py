"""What a full model card adds to an ordinary one, as headings, tables and charts."""

from collections.abc import Iterator, Mapping, Sequence

from features.indicators import DIMENSIONS
from models.cards.blocks import Block, Grid, Section, told, told_share
from models.cards.charts import interval_chart, line_chart
from models.cards.text import EQUITY_NOTE, GROUPING_LABELS, STUDY_NOTES, model_label
from models.learning.sector import Trial
from models.rating.scoring_model import GENERAL
from models.rating.sectors import Sector
from models.study.equity import SMALLEST_GROUP, Equity
from models.study.evaluate import Interval
from models.study.learning_curve import Point
from models.study.study import RollingWindow, Study


def trial_section(trials: Mapping[str, Trial], sectors: Mapping[str, Sector]) -> Section:
    """Which sub-models were admitted."""
    table = Grid(
        [
            "子模型 sub-model",
            "树 trees",
            "检验行 rows",
            "不良 bad",
            "对数损失改善 gain",
            "结论 verdict",
        ],
        [
            [
                model_label(name, sectors),
                str(one.trees),
                str(one.rows or "-"),
                str(one.positives if one.rows else "-"),
                f"{one.gain:+.5f} ± {one.standard_error:.5f}" if one.rows else "-",
                _verdict(one),
            ]
            for name, one in trials.items()
        ],
    )
    return Section("子模型准入 Admission of sub-models", [*STUDY_NOTES["trials"], table])


def _verdict(trial: Trial) -> str:
    if trial.trees == 0:
        return "标签不足以支持，不起作用 adds nothing: its labels deserve no tree"
    if trial.trees_used == 0:
        return "后一窗口未优于通用模型，不起作用 adds nothing: not better on a later window"
    if trial.rows == 0:
        return "采用（仅交叉验证） admitted by cross-validation alone"
    return "采用 admitted"


def study_sections(study: Study, sectors: Mapping[str, Sector]) -> Iterator[Section]:
    """The study from top to bottom."""
    if study.rolling:
        yield Section(
            "历次检验窗口 Rolling origin",
            [*STUDY_NOTES["rolling"], _rolling(study.rolling)],
        )
    yield Section(
        "公平性 Equity", [*EQUITY_NOTE, *_equity(study.equity)], chart=lambda: _hits(study.equity)
    )
    yield Section(
        "各维度的作用 Ablation by dimension",
        [*STUDY_NOTES["ablation"], _ablation(study.ablation)],
        chart=lambda: _ablation_chart(study.ablation),
    )
    yield Section(
        "其他方法 Other ways",
        [*STUDY_NOTES["logistic"], f"AUC 之差 difference: {told(study.logistic)}"],
    )
    for model, points in study.curves.items():
        yield Section(
            f"学习曲线 Learning curve: {model_label(model, sectors)}",
            [*STUDY_NOTES["curve" if model == GENERAL else "sector_curve"], _curve(points)],
            chart=lambda points=points: _curve_chart(points),  # type: ignore[misc]
        )


def _rolling(windows: Sequence[RollingWindow]) -> Grid:
    header = ["检验窗口 test window", "训练行 trained on", "检验行 rows", "不良 bad"]
    header += ["AUC", "前10%命中率 precision", "提前天数 days earlier", "前半程 first half"]
    return Grid(
        [*header, "分数PSI score PSI"],
        [
            [
                f"{one.as_of} – {one.until}",
                str(one.trained_rows),
                str(one.rows),
                str(one.positives),
                told(one.figures["auc"]),
                told(one.figures["precision_at_10"]),
                told(one.figures["days_earlier"], digits=1),
                told(one.figures["first_half_share"]),
                f"{one.score_psi:.3f}",
            ]
            for one in windows
        ],
    )


def _equity(equity: Equity) -> Iterator[Block]:
    header = ["受检 rows", "问题率 bad rate", "选中率 selected", "命中率 hits"]
    for by, label in GROUPING_LABELS.items():
        groups = [one for one in equity.groups if one.by == by]
        if groups:
            yield Grid(
                [label, *header, "误报率 false alarms"],
                [
                    [
                        one.name,
                        str(one.rows),
                        told_share(one.rate),
                        told_share(one.selected),
                        told_share(one.hits),
                        told_share(one.false_alarms),
                    ]
                    for one in groups
                ],
            )
        if hidden := equity.suppressed.get(by):
            yield (
                f"{label}：另有 {hidden} 户属于不足 {SMALLEST_GROUP} 户的组，未列出。 "
                f"{hidden} rows lie in groups of fewer than {SMALLEST_GROUP} and are not listed."
            )


def _hits(equity: Equity) -> str:
    return "".join(
        interval_chart(
            {one.name: _ends(one.false_alarms) for one in equity.groups if one.by == by},
            title=f"误报率 false alarms: {label}",
            percent=True,
        )
        for by, label in GROUPING_LABELS.items()
        if any(one.by == by for one in equity.groups)
    )


def _ablation(lost: Mapping[str, tuple[int, Interval]]) -> Grid:
    return Grid(
        ["维度 dimension", "指标数 indicators", "剔除后损失的 AUC lost without it"],
        [[_dimension(name), str(count), told(one)] for name, (count, one) in lost.items()],
    )


def _ablation_chart(lost: Mapping[str, tuple[int, Interval]]) -> str:
    rows = {_dimension(name): _ends(one) for name, (_, one) in lost.items()}
    return interval_chart(rows, title="剔除后损失的 AUC lost without the dimension")


def _dimension(name: str) -> str:
    return f"{DIMENSIONS[name].zh} {DIMENSIONS[name].en}"


def _ends(one: Interval) -> tuple[float, float, float]:
    return one.value, one.low, one.high


def _curve(points: Sequence[Point]) -> Grid:
    header = ["标签占比 share", "行 rows", "不良 bad", "树 trees", "AUC"]
    is_sector = any(one.general is not None for one in points)
    more = ["通用模型 general alone", "不收缩 unshrunk"] if is_sector else []
    return Grid(
        [*header, *more],
        [
            [
                f"{one.share:.0%}",
                str(one.rows),
                str(one.positives),
                str(one.trees),
                f"{one.auc:.3f}",
                *([f"{one.general:.3f}", f"{one.unshrunk:.3f}"] if is_sector else []),
            ]
            for one in points
        ],
    )


def _curve_chart(points: Sequence[Point]) -> str:
    lines = {"模型 model": [(one.share, one.auc) for one in points]}
    for label, name in (("通用模型 general", "general"), ("不收缩 unshrunk", "unshrunk")):
        found = [(one.share, getattr(one, name)) for one in points]
        if all(value is not None for _, value in found):
            lines[label] = found
    heights = [value for line in lines.values() for _, value in line]
    return line_chart(
        lines,
        title="学习曲线 learning curve",
        across="所用企业占比 share of the enterprises",
        upward="AUC",
        dots=True,
        heights=(min(heights) - 0.02, max(heights) + 0.02),
    )
