"""Who moves between two gradings of the same enterprises: matrix, groups, visits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.rating.cutoffs import GRADES
from models.rating.stability import migration_matrix

UNKNOWN = ""  # the group of those who state no area, industry or capital
GROUPS = {"area_code": "辖区", "industry_code": "行业", "size": "规模"}
_WAN, _YI = 10_000, 100_000_000  # 万, 亿


@dataclass(frozen=True)
class GroupMovement:
    """How one area, industry or size moved; enterprises."""

    code: str
    total: int
    riskier: int
    safer: int
    grade_d_before: int
    grade_d_after: int

    @property
    def moved_share(self) -> float:
        """Share of the group whose grade changed."""
        return (self.riskier + self.safer) / self.total if self.total else 0.0


@dataclass(frozen=True)
class Movement:
    """`matrix`: enterprises by grade before (rows A to D) and after; `groups`: by column name."""

    matrix: tuple[tuple[int, ...], ...]
    riskier: int
    safer: int
    groups: Mapping[str, tuple[GroupMovement, ...]]

    @property
    def total(self) -> int:
        """Enterprises graded both times."""
        return sum(map(sum, self.matrix))

    def before(self) -> dict[str, int]:
        """Enterprises by grade before."""
        return dict(zip(GRADES, map(sum, self.matrix), strict=True))

    def after(self) -> dict[str, int]:
        """Enterprises by grade after."""
        return dict(zip(GRADES, map(sum, zip(*self.matrix, strict=True)), strict=True))


def measure(
    before: npt.NDArray[np.str_],
    after: npt.NDArray[np.str_],
    *,
    groups: Mapping[str, pa.DictionaryArray],
) -> Movement:
    """Count who moved, over all and in every group; all arrays have n entries."""
    matrix = migration_matrix(before, after)
    return Movement(
        matrix=tuple(tuple(int(cell) for cell in row) for row in matrix),
        riskier=int((after > before).sum()),
        safer=int((after < before).sum()),
        groups={name: _by_group(codes, before, after) for name, codes in groups.items()},
    )


def letters_of(column: pa.ChunkedArray) -> npt.NDArray[np.str_]:
    """Grades as an array of letters; millions of them never become Python texts."""
    places = pc.index_in(column.combine_chunks(), value_set=pa.array(GRADES))
    letters: npt.NDArray[np.str_] = np.array(GRADES)[places.to_numpy(zero_copy_only=False)]
    return letters


def groups_of(table: pa.Table, *, bands: Sequence[int]) -> dict[str, pa.DictionaryArray]:
    """Area, industry and size of every row; `bands` are lower bounds of capital in CNY."""
    capital = table["registered_capital_cny"].cast(pa.float64()).to_numpy(zero_copy_only=False)
    names = [*band_names(bands), UNKNOWN]
    band = np.searchsorted(bands, capital, side="right")
    band[np.isnan(capital)] = len(names) - 1
    return {
        **{
            name: table[name].fill_null(UNKNOWN).combine_chunks().dictionary_encode()
            for name in ("area_code", "industry_code")
        },
        "size": pa.DictionaryArray.from_arrays(pa.array(band, pa.int32()), pa.array(names)),
    }


def band_names(bands: Sequence[int]) -> list[str]:
    """How the bands of registered capital are written, smallest first."""
    texts = [f"{bound / _YI:g}亿元" if bound >= _YI else f"{bound / _WAN:g}万元" for bound in bands]
    between = [f"{low}至{high}" for low, high in pairwise(texts)]
    return [f"不足{texts[0]}", *between, f"{texts[-1]}以上"]


def visits_by_grade(counts: Mapping[str, int], ratios: Mapping[str, int]) -> dict[str, float]:
    """Visits of a year that the sampling ratios (per mille) make of grades."""
    return {grade: counts[grade] * ratios[grade] / 1000 for grade in GRADES}


def _by_group(
    codes: pa.DictionaryArray, before: npt.NDArray[np.str_], after: npt.NDArray[np.str_]
) -> tuple[GroupMovement, ...]:
    names, group = codes.dictionary.to_pylist(), codes.indices.to_numpy(zero_copy_only=False)

    def count(where: npt.NDArray[np.bool_]) -> list[int]:
        return [int(one) for one in np.bincount(group[where], minlength=len(names))]

    columns = (
        count(np.ones(len(codes), dtype=bool)),
        count(after > before),
        count(after < before),
        count(before == "D"),
        count(after == "D"),
    )
    found = (GroupMovement(name, *counts) for name, *counts in zip(names, *columns, strict=True))
    return tuple(sorted((one for one in found if one.total), key=lambda one: one.code))
