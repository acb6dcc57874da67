"""A year of patrols as an Excel file that says what a patrol is, and what it is not."""

from collections.abc import Mapping

import law
from features.workbook import Sheet, workbook_bytes
from scoring.double_random.cycles.documents import CycleCommitment, CycleDraw
from scoring.double_random.cycles.frame import MONTHS
from scoring.double_random.cycles.phases import Cycles

NO_INSPECTION_ZH = (
    "网格人员巡查属信息采集和线索发现，不是行政检查（国办发〔2024〕54号）：不得要求企业停业配合、"
    "不得作出检查结论或处罚；发现问题的，作为线索转执法人员依法处理。"
)
NO_INSPECTION_EN = (
    "A patrol by grid workers gathers information and is no administrative inspection: it ends in"
    " no finding and no penalty; what it meets is passed on as a clue."
)
_CAP_ZH = (
    "排期不超过年度检查上限减去本年已检查、已抽中的次数；名额用完的企业本年不安排巡查（次数为 0）。"
)
_HEADERS = ["统一社会信用代码", "企业名称", "地址", "辖区", "等级", "巡查内容", "本年已检查"]
_MONTH_HEADERS = [f"{month}月" for month in range(1, MONTHS + 1)]
_WIDTHS = {"统一社会信用代码": 22, "企业名称": 32, "地址": 40, "巡查内容": 44, "票号": 66}


def cycle_workbook(
    cycles: Cycles,
    commitment: CycleCommitment,
    draw: CycleDraw,
    *,
    names: Mapping[str, tuple[str, str]],
) -> bytes:
    """Sheets 巡查计划, 每月户数, 分组, 说明. `names` has name and address by code; no grade."""
    items = patrol_items()
    areas = {code: area.zh for code, area in law.codes("areas").items()}
    plan = (
        [
            row["uscc"],
            *names.get(row["uscc"], ("", "")),
            f"{row['area_code']} {areas.get(row['area_code'], '')}".strip(),
            row["level"],
            items[row["level"]],
            row["visits"],
            row["times"],
            *("●" if is_due else "" for is_due in months),
            row["rank"],
            row["ticket"],
        ]
        for row, months in zip(cycles.rows.to_dict("records"), cycles.months, strict=True)
    )
    counts = cycles.by_area()
    by_month = [[area, *row, max(row) - min(row)] for area, *row in counts.itertuples()]
    total = counts.sum().tolist()
    by_month.append(["合计", *total, max(total) - min(total)])
    groups = cycles.groups[["area_code", "level", "times", "size", "shift"]].values.tolist()
    return workbook_bytes(
        [
            Sheet(
                "巡查计划",
                [*_HEADERS, "全年次数", *_MONTH_HEADERS, "组内序号", "票号"],
                plan,
                _WIDTHS | dict.fromkeys(_MONTH_HEADERS, 6),
            ),
            Sheet("每月户数", ["辖区", *_MONTH_HEADERS, "最大差"], by_month),
            Sheet("分组", ["辖区", "等级", "全年次数", "户数", "位移"], groups),
            Sheet("说明", ["项目", "内容"], _notes(commitment, draw), {"项目": 22, "内容": 100}),
        ]
    )


def patrol_items() -> dict[str, str]:
    """What a patrol of each level looks at."""
    found: dict[str, list[str]] = {}
    for item in law.codes("patrol_items").values():
        found.setdefault(item.attributes["level"], []).append(item.zh)
    return {level: "、".join(items) for level, items in found.items()}


def _notes(commitment: CycleCommitment, draw: CycleDraw) -> list[tuple[str, str]]:
    intervals = "、".join(f"{level} {n} 个月" for level, n in commitment.interval_months.items())
    return [
        ("性质", NO_INSPECTION_ZH),
        ("Nature", NO_INSPECTION_EN),
        ("年度上限优先", _CAP_ZH),
        ("年度", str(commitment.year)),
        ("巡查周期", intervals),
        ("年度检查上限", str(commitment.yearly_cap)),
        ("分级批次", commitment.run_id),
        ("名单户数", str(commitment.frame_rows)),
        ("名单 SHA-256", commitment.frame_sha256),
        ("冻结时间（UTC）", f"{commitment.frozen_at:%Y-%m-%d %H:%M:%S}"),
        ("公开随机数名称", draw.randomness_name),
        ("公开随机数", draw.randomness),
        ("种子", draw.seed),
        (
            "复算种子",
            f"printf 'xinheng-cycles/1\\x1f{commitment.year}\\x1f名单哈希\\x1f随机数' | sha256sum",
        ),
        ("复算票号", "printf '%s\\x1f%s' 种子 统一社会信用代码 | sha256sum"),
        (
            "月份",
            "序号为组内票号从小到大的名次；(名次-1+位移) 除以周期×轮数的余数决定起始月和保留的轮次",
        ),
        ("法律状态", "巡查周期、等级划分、巡查内容和年度上限均待法制审核"),
    ]
