"""The general grade and the sector's, joined by a dated matrix; both stay visible."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from law.shapes import GRADES

Words = npt.NDArray[np.str_]


def riskier(first: Words, second: Words) -> Words:
    """The riskier of two grades row by row; empty text is no grade."""
    return np.where(first > second, first, second)  # "" sorts before A, A before D


def combine(general: Words, sector: Words, *, matrix: Mapping[str, Mapping[str, str]]) -> Words:
    """The grade that places supervision.

    Parameters
    ----------
    general, sector
        Grades A to D, shape (n,); where there is no sector grade (empty) the general one stands,
        and where there is no general grade nothing is combined (empty).

    References
    ----------
    grading.combination_matrix (unconfirmed); 国市监信发〔2022〕6号: the general class does not
    replace professional grading, it is combined with it.
    """
    table = np.array([[matrix[row][column] for column in GRADES] for row in GRADES])
    known = (sector != "") & (general != "")
    row = np.searchsorted(GRADES, np.where(known, general, GRADES[0]))
    column = np.searchsorted(GRADES, np.where(known, sector, GRADES[0]))
    return np.where(known, table[row, column], general)
