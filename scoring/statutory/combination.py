"""The general grade and the sector's, joined by a dated matrix; both stay visible."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from law.shapes import GRADES
from scoring.statutory.arrays import NONE, levels

Levels = npt.NDArray[np.int64]


def combine(general: Levels, sector: Levels, *, matrix: Mapping[str, Mapping[str, str]]) -> Levels:
    """The grade that places supervision.

    Parameters
    ----------
    general, sector
        Grades as numbers (:mod:`scoring.statutory.arrays`), shape (n,); where there is no sector
        grade the general one stands, and where there is no general grade nothing is combined.

    References
    ----------
    grading.combination_matrix (unconfirmed); 国市监信发〔2022〕6号: the general class does not
    replace professional grading, it is combined with it.
    """
    table = np.full((len(GRADES) + 1, len(GRADES) + 1), NONE)
    table[1:, 1:] = [levels(np.array([matrix[row][column] for column in GRADES])) for row in GRADES]
    table[:, NONE] = np.arange(len(table))
    return np.asarray(table[general, sector])
