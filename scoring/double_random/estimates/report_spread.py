"""How a round spread: sections by inspector, by basis of the grade, by area, industry and size."""

from features.messages import Message
from scoring.double_random.estimates import words
from scoring.double_random.estimates.by_inspector import InspectorModel
from scoring.double_random.estimates.equity import EquityTable
from scoring.double_random.estimates.estimating import RoundEstimates
from scoring.double_random.estimates.layout import (
    DECIMAL,
    PERCENT,
    TEXT,
    WHOLE,
    Grid,
    Section,
    behind,
)


def inspectors_section(model: InspectorModel) -> Section:
    """Raw and adjusted rates of inspectors and grades."""
    people = model.inspectors.sort_values("factor", ascending=False)
    columns = ["inspector_id", "visits", "problems", "raw_rate", "raw_low", "raw_high"]
    columns += ["factor", "low", "high", "adjusted_rate", "adjusted_low", "adjusted_high"]
    grid = Grid(
        (
            "检查人员 inspector",
            "检查 visits",
            "有问题 problems",
            "原始 raw",
            "下限",
            "上限",
            "系数 factor",
            "下限 lower",
            "上限 upper",
            "调整后 adjusted",
            "下限",
            "上限",
        ),
        (TEXT, WHOLE, WHOLE, *[PERCENT] * 3, *[DECIMAL] * 3, *[PERCENT] * 3),
        people[columns].to_numpy(object).tolist(),
    )
    names = ["grade", "visits", "raw_rate", "raw_low", "raw_high", "adjusted_rate", "low", "high"]
    grades = Grid(
        (
            "等级 grade",
            "检查 visits",
            "原始 raw",
            "下限",
            "上限",
            "按平均检查人员 by average inspectors",
            "下限",
            "上限",
        ),
        (TEXT, WHOLE, *[PERCENT] * 6),
        model.grades[names].to_numpy(object).tolist(),
    )
    spread = Message(
        f"检查人员之间系数的标准差为 {model.spread:.2f}（0 为没有差异）。"
        f"方法：{words.METHODS['gamma_poisson']}；原始比例用 {words.METHODS['clopper_pearson']}。",
        f"Standard deviation of the factors between inspectors: {model.spread:.2f} (0: none).",
    )
    return Section(
        "检查人员调整 Adjusted for inspectors", [words.INSPECTORS_NOTE, spread], [grades, grid]
    )


def basis_section(estimates: RoundEstimates) -> Section:
    """Visits and hit rate by what set the grade."""
    rows = [
        [
            words.BASIS.get(row["basis"], row["basis"]),
            row["done"],
            row["problems"],
            row["hit_rate"],
            row["low"],
            row["high"],
        ]
        for row in estimates.by_basis.to_dict("records")
    ]
    grid = Grid(
        ("分级依据 basis", "有结果 done", "有问题 problems", "命中率 hit rate", "下限", "上限"),
        (TEXT, WHOLE, WHOLE, PERCENT, PERCENT, PERCENT),
        rows,
    )
    said = [behind("clopper_pearson", int(estimates.by_basis["done"].sum()))]
    return Section("直接判定与人工调整 Rules and overrides", said, [grid])


def equity_section(table: EquityTable) -> Section:
    """One table of cells, small ones joined."""
    columns = ["cell", "enterprises", "expected_visits", "visits", "intensity", "done", "problems"]
    columns += ["hit_rate", "low", "high"]
    grid = Grid(
        (
            "单元 cell",
            "企业 enterprises",
            "期望检查 expected",
            "实抽 drawn",
            "强度 intensity",
            "有结果 done",
            "有问题 problems",
            "命中率 hit rate",
            "下限",
            "上限",
        ),
        (TEXT, WHOLE, DECIMAL, WHOLE, DECIMAL, WHOLE, WHOLE, PERCENT, PERCENT, PERCENT),
        table.cells[columns].to_numpy(object).tolist(),
    )
    said = Message(
        f"少于 {table.minimum} 户的单元已合并（{table.joined} 个）；"
        f"检查不足 {table.minimum} 次的不列命中率。",
        f"Cells below {table.minimum} enterprises are joined ({table.joined}); hit rates of fewer"
        f" than {table.minimum} visits are not told.",
    )
    notes = [words.EQUITY_NOTE, said, behind("clopper_pearson", int(table.cells["done"].sum()))]
    return Section(f"均衡：{table.title} Equity", notes, [grid])
