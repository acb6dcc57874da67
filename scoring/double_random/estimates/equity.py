"""How visits and findings spread over areas, industries and sizes, without showing small cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import law
from scoring.double_random.estimates.intervals import LEVEL, clopper_pearson
from scoring.double_random.estimates.sample import OUTCOMES, PROBLEM, Sample

JOINED = "其余（合并） rest, joined"
UNKNOWN = "未知 unknown"
# Ours, for reading only: the classes of the statistics bureau differ by industry and turnover.
_SIZES = (
    (1, "无 none"),
    (10, "1–9 人"),
    (100, "10–99 人"),
    (300, "100–299 人"),
    (np.inf, "300 人以上 300+"),
)
DIMENSIONS = {"area": "辖区 area", "industry": "行业 industry", "size": "规模 size"}


@dataclass(frozen=True)
class EquityTable:
    """One table: `cells` has one row per published cell, the largest first.

    Columns cell; enterprises; expected_visits, the sum of inclusion probabilities; visits drawn;
    done; problems, hit_rate, low, high (Clopper-Pearson), null where fewer than `minimum` visits
    are done; intensity, expected visits per enterprise relative to everybody's.
    """

    title: str
    cells: pd.DataFrame
    minimum: int
    joined: int


def describe_enterprises(library: pd.DataFrame) -> pd.DataFrame:
    """Cells of each enterprise: enterprise_id, area, industry, size as told to a reader.

    `library` has enterprise_id, area_code, and where known industry_code and employees.
    """
    names = {code: area.zh for code, area in law.codes("areas").items()}
    told = {code: f"{code} {names.get(code, '')}".strip() for code in library["area_code"].unique()}
    return pd.DataFrame(
        {
            "enterprise_id": library["enterprise_id"],
            "area": library["area_code"].map(told),
            "industry": _sections(library.get("industry_code"), rows=len(library)),
            "size": _sizes(library.get("employees"), rows=len(library)),
        }
    )


def _sections(codes: Any, *, rows: int) -> Any:
    if codes is None:
        return np.full(rows, UNKNOWN, dtype=object)
    sections = {
        f"{division:02d}": f"{letter} {section.zh}"
        for letter, section in law.codes("industry_sections").items()
        for division in range(int(section.attributes["first"]), int(section.attributes["last"]) + 1)
    }
    return codes.astype("string").str.slice(0, 2).map(sections).fillna(UNKNOWN).to_numpy(object)


def _sizes(employees: Any, *, rows: int) -> Any:
    if employees is None:
        return np.full(rows, UNKNOWN, dtype=object)
    count = pd.to_numeric(employees, errors="coerce").to_numpy(float)
    bounds = np.array([bound for bound, _ in _SIZES])
    names = np.array([name for _, name in _SIZES], dtype=object)
    return np.where(
        np.isnan(count), UNKNOWN, names[np.searchsorted(bounds[:-1], count, side="right")]
    )


def spread_of(
    sample: Sample, library: pd.DataFrame, *, minimum: int, level: float = LEVEL
) -> list[EquityTable]:
    """Tables by area, industry and size, and one of all three crossed.

    `library` has one row per enterprise of the frame: enterprise_id, stratum, area, industry, size.
    """
    chance = (sample.strata["drawn"] / sample.strata["population"]).set_axis(
        sample.strata["stratum"]
    )
    rows = library.assign(expected_visits=library["stratum"].map(chance).astype(float))
    drawn = sample.drawn.set_index("enterprise_id")["outcome"]
    outcome = rows["enterprise_id"].map(drawn)
    rows = rows.assign(
        enterprises=1,
        visits=outcome.notna().astype(int),
        done=outcome.isin(OUTCOMES).astype(int),
        problems=(outcome == PROBLEM).astype(int),
    )
    singles = [
        _table(rows, [name], title=title, minimum=minimum, level=level)
        for name, title in DIMENSIONS.items()
    ]
    crossed = _table(
        rows,
        list(DIMENSIONS),
        title="辖区 × 行业 × 规模 area x industry x size",
        minimum=minimum,
        level=level,
    )
    return [*singles, crossed]


_SUMMED = ["enterprises", "expected_visits", "visits", "done", "problems"]


def _table(
    rows: pd.DataFrame, by: Sequence[str], *, title: str, minimum: int, level: float
) -> EquityTable:
    sums = rows.groupby(list(by), sort=True)[_SUMMED].sum().reset_index()
    sums.insert(0, "cell", sums[list(by)].agg(" · ".join, axis=1))
    sums = sums.sort_values(["enterprises", "cell"], ascending=[False, True], ignore_index=True)
    cells, joined = _join_small(sums[["cell", *_SUMMED]], minimum=minimum)
    low, high = clopper_pearson(cells["problems"], cells["done"], level=level)
    overall = rows["expected_visits"].sum() / max(len(rows), 1)
    enough = cells["done"] >= minimum
    told = {
        "problems": cells["problems"].astype(float),
        "hit_rate": cells["problems"] / cells["done"].where(cells["done"] > 0),
        "low": pd.Series(low),
        "high": pd.Series(high),
    }
    cells = cells.assign(
        **{name: column.where(enough) for name, column in told.items()},
        intensity=cells["expected_visits"] / cells["enterprises"] / overall,
    )
    return EquityTable(title, cells, minimum, joined)


def _join_small(sums: pd.DataFrame, *, minimum: int) -> tuple[pd.DataFrame, int]:
    """Join cells below the minimum, and one more where the joined ones could be told by taking
    the others from the total."""
    small = int((sums["enterprises"] < minimum).sum())
    if not small:
        return sums, 0
    keep = len(sums) - small
    while keep and (len(sums) - keep < 2 or sums["enterprises"].iloc[keep:].sum() < minimum):
        keep -= 1
    rest = sums.iloc[keep:]
    row = pd.DataFrame([{"cell": JOINED, **rest[_SUMMED].sum().to_dict()}])
    joined = pd.concat([sums.iloc[:keep], row], ignore_index=True)
    return joined.astype({"enterprises": int, "visits": int, "done": int, "problems": int}), len(
        rest
    )
