"""Shifts of indicators, and grades that moved in each sector, as tables; Chinese first."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.cards.report_tables import Cell, ReportPart
from models.comparison.shifts import IndicatorShift
from models.rating.cutoffs import GRADES

SHIFT_HEADERS = (
    "指标 indicator",
    "代码 name",
    "PSI",
    "前缺失 missing before",
    "后缺失 missing now",
)


def shift_cells(one: IndicatorShift, labels: Mapping[str, str]) -> list[Cell]:
    """An indicator under SHIFT_HEADERS; `labels` gives Chinese names."""
    return [
        labels.get(one.name, one.name),
        one.name,
        round(one.psi, 4),
        f"{one.missing_before:.1%}",
        f"{one.missing_now:.1%}",
    ]


def sector_migration_part(
    counts: Mapping[str, NDArray[np.int64]], *, down: str, across: str
) -> ReportPart:
    """Migration matrices of several sectors, by their names, one below the other."""
    rows: list[list[Cell]] = [
        [sector, f"{down} {grade}", *(int(n) for n in own[at]), int(own[at].sum())]
        for sector, own in counts.items()
        for at, grade in enumerate(GRADES)
    ]
    headers = ("行业 sector", "", *(f"{across} {grade}" for grade in GRADES), "合计 total")
    return ReportPart("行业迁移", "各行业等级迁移 Migration by sector", (), headers, rows)
