"""What a drift report says, as tables; Chinese first."""

from collections.abc import Iterator, Mapping, Sequence

from models.cards.report_tables import Cell, ReportPart
from models.comparison.report import migration_part
from models.comparison.shift_report import SHIFT_HEADERS, sector_migration_part, shift_cells
from models.comparison.shifts import IndicatorShift
from models.rating.scoring_model import GENERAL
from scoring.drift import Drift, Level, Realised
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

_SECTOR_HEADERS = (
    "行业 sector",
    "企业数 enterprises",
    "等级变动 moved",
    "级别 level",
    "分数 PSI",
    "级别 level of PSI",
)
_SECTOR_NOTES = (
    "两批次共有、至少在一个批次中属于该行业的企业；分数为最终概率。",
    (
        "Enterprises in both runs that belonged to the sector in either; the score is the final "
        "probability."
    ),
)
_SECTOR_INDICATOR_NOTES = (
    (
        "只计该行业企业：通用评分卡有影响的指标，以及行业子模型另外用到的指标"
        "（区间取自子模型的分割点，至多十个）。"
    ),
    (
        "The sector's members alone: indicators with influence in the general card, and what the "
        "sub-model looks at beside them, in at most ten bins between values its trees split at."
    ),
)


def drift_parts(found: Drift, labels: Mapping[str, str]) -> list[ReportPart]:
    """The report from top to bottom; `labels` gives Chinese names of indicators."""
    return [
        _runs(found),
        _alarms(found, labels),
        migration_part(
            found.migration[GENERAL], down="前 before", across="后 now", notes=_moved(found)
        ),
        _score(found),
        _indicators(found, labels),
        *_sectors(found, labels),
        _realised(found),
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
    for sector in found.migration:
        moved = found.moved_share(sector)
        item = f"{_prefix(found, sector)}等级变动占比 share of grades moved"
        rows.append([LEVELS[bounds.migration.level(moved)], item, f"{moved:.1%}"])
    for sector, shift in found.shifts.items():
        of = _prefix(found, sector)
        if shift.score_psi is not None:
            level = LEVELS[bounds.psi.level(shift.score_psi)]
            rows.append([level, f"{of}分数 PSI of the score", f"{shift.score_psi:.3f}"])
        rows += [
            [
                LEVELS[bounds.psi.level(one.psi)],
                f"{of}指标 PSI：{labels.get(one.name, one.name)}",
                f"{one.psi:.3f}",
            ]
            for one in shift.indicators
        ]
    rows += [
        [
            LEVELS[one.level],
            f"{_grade(found, one)}，{_BASES[one.basis]}：实际与预测 found and foretold",
            f"{one.found:.1%} / {one.foretold:.1%}",
        ]
        for one in found.realised
    ]
    rows = [row for row in rows if row[0] != LEVELS["stable"]]
    rows.sort(key=lambda row: str(row[0]) != LEVELS["alarm"])
    notes = () if rows else ("没有需要关注的项目。 Nothing to watch.",)
    headers = ("级别 level", "项目 item", "数值 figure") if rows else ()
    return ReportPart("报警", "报警 Alarms", (*notes, *_CONVENTION), headers, rows)


def _moved(found: Drift) -> Sequence[str]:
    zh = (
        f"最终等级（含直接判定）。两批次共有企业中 {found.moved_share():.1%} 等级有变；"
        f"只在前一批次 {found.only_before} 户，只在后一批次 {found.only_now} 户。"
    )
    en = (
        f"Final grades. Of the enterprises in both runs {found.moved_share():.1%} have another "
        f"grade; {found.only_before} are in the earlier run alone, {found.only_now} in the later."
    )
    return zh, en


def _score(found: Drift) -> ReportPart:
    title = "分数 PSI PSI of the score"
    figure = found.shifts[GENERAL].score_psi if GENERAL in found.shifts else None
    if figure is None:
        return ReportPart("分数", title, _why_not(found))
    rows: list[list[Cell]] = [[round(figure, 4), LEVELS[found.thresholds.psi.level(figure)]]]
    return ReportPart("分数", title, (), ("PSI", "级别 level"), rows)


def _why_not(found: Drift) -> tuple[str, ...]:
    if found.why_no_psi is None:
        return ("没有企业。 Nobody is there.",)
    return found.why_no_psi.zh, found.why_no_psi.en


def _indicators(found: Drift, labels: Mapping[str, str]) -> ReportPart:
    title = "各指标 PSI PSI per indicator"
    if found.why_no_psi is not None:
        return ReportPart("指标", title, _why_not(found))
    rows = [_indicator(one, labels, found) for one in found.shifts[GENERAL].indicators]
    return ReportPart("指标", title, (), (*SHIFT_HEADERS, "级别 level"), rows)


def _indicator(one: IndicatorShift, labels: Mapping[str, str], found: Drift) -> list[Cell]:
    return [*shift_cells(one, labels), LEVELS[found.thresholds.psi.level(one.psi)]]


def _sectors(found: Drift, labels: Mapping[str, str]) -> Iterator[ReportPart]:
    """Score, migration and indicators of each sector's members."""
    sectors = [sector for sector in found.migration if sector != GENERAL]
    title = "各行业 Sectors"
    if not sectors:
        yield ReportPart("行业", title, ("没有企业属于行业。 Nobody belongs to a sector.",))
        return
    rows = [_sector_row(found, sector) for sector in sectors]
    yield ReportPart("行业", title, _SECTOR_NOTES, _SECTOR_HEADERS, rows)
    named = {_name(found, sector): found.migration[sector] for sector in sectors}
    yield sector_migration_part(named, down="前 before", across="后 now")
    title = "各行业指标 PSI PSI per indicator of a sector"
    if found.why_no_psi is not None:
        yield ReportPart("行业指标", title, _why_not(found))
        return
    rows = [
        [_name(found, sector), *_indicator(one, labels, found)]
        for sector in sectors
        if sector in found.shifts
        for one in found.shifts[sector].indicators
    ]
    headers = ("行业 sector", *SHIFT_HEADERS, "级别 level")
    yield ReportPart("行业指标", title, _SECTOR_INDICATOR_NOTES, headers, rows)


def _sector_row(found: Drift, sector: str) -> list[Cell]:
    bounds, moved = found.thresholds, found.moved_share(sector)
    shift = found.shifts.get(sector)
    figure = None if shift is None else shift.score_psi
    return [
        _name(found, sector),
        int(found.migration[sector].sum()),
        f"{moved:.1%}",
        LEVELS[bounds.migration.level(moved)],
        None if figure is None else round(figure, 4),
        "-" if figure is None else LEVELS[bounds.psi.level(figure)],
    ]


def _prefix(found: Drift, sector: str) -> str:
    return "" if sector == GENERAL else f"{_name(found, sector)}："


def _name(found: Drift, sector: str) -> str:
    """A sector in two languages, as the runs name it; all enterprises have none."""
    if sector == GENERAL:
        return ""
    named = {**found.before.get("sectors", {}), **found.now.get("sectors", {})}
    return f"{named[sector]['zh']} {named[sector]['en']}" if sector in named else sector


def _realised(found: Drift) -> ReportPart:
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
    if not found.realised:
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
            _grade(found, one),
            _BASES[one.basis],
            one.rows,
            f"{one.foretold:.1%}",
            f"{one.found:.1%}",
            f"{one.low:.1%} - {one.high:.1%}",
            LEVELS[one.level],
        ]
        for one in found.realised
    ]
    return ReportPart("实际", title, notes, headers, rows)


def _grade(found: Drift, one: Realised) -> str:
    return _prefix(found, one.sector) + (f"{one.grade} 类" if one.grade else "全部 all")
