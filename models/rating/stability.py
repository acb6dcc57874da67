"""How much a population moved between two days: stability index and migration matrix.

References
----------
Population stability index: the sum over bins of (share now - share before) times the logarithm of
their quotient, as credit scorecards are watched with.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.errors import CohortError
from models.rating.cutoffs import GRADES

# A bin that nobody is in would make the index infinite; it counts as half an enterprise instead.
_EMPTY_BIN = 0.5


def population_stability_index(
    counts_a: Sequence[int] | npt.NDArray[np.int64], counts_b: Sequence[int] | npt.NDArray[np.int64]
) -> float:
    """How far the distribution over the same bins moved: 0 not at all, above 0.25 much.

    Parameters
    ----------
    counts_a, counts_b
        Enterprises a bin, before and now, in the same order; shape (bins,).

    Raises
    ------
    CohortError
        The bins differ in number, or one of the populations is empty.
    """
    before, now = np.asarray(counts_a, dtype=float), np.asarray(counts_b, dtype=float)
    if before.shape != now.shape or before.sum() == 0 or now.sum() == 0:
        raise CohortError(
            f"计算稳定性指数（PSI）需要两个非空、分箱相同的分布，实为 {before.shape} 箱 "
            f"{before.sum():.0f} 户和 {now.shape} 箱 {now.sum():.0f} 户",
            "a stability index needs two populations over the same bins, neither empty; got "
            f"{before.sum():.0f} over {before.shape} and {now.sum():.0f} over {now.shape}",
        )
    shares = [np.maximum(counts, _EMPTY_BIN) / counts.sum() for counts in (before, now)]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def migration_matrix(
    before: npt.NDArray[np.str_], after: npt.NDArray[np.str_]
) -> npt.NDArray[np.int64]:
    """Enterprises by grade before (rows A to D) and after (columns A to D), shape (4, 4).

    Parameters
    ----------
    before, after
        Grades of the same enterprises in the same order, shape (n,).

    Raises
    ------
    CohortError
        The lengths differ, or there is another letter than A to D.
    """
    letters = np.array(GRADES)
    known = bool(np.isin(before, letters).all() and np.isin(after, letters).all())
    if len(before) != len(after) or not known:
        raise CohortError(
            f"迁移矩阵需要同一批企业前后两次的 A 至 D 等级，实为 {len(before)} 和 {len(after)} 户",
            "a migration matrix needs the grades A to D of the same enterprises twice, got "
            f"{len(before)} and {len(after)}",
        )
    matrix = np.zeros((len(GRADES), len(GRADES)), dtype=np.int64)
    np.add.at(matrix, (np.searchsorted(letters, before), np.searchsorted(letters, after)), 1)
    return matrix
