"""Words and grades of many rows looked up at once."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from law.shapes import GRADES

# A grade as a number, that grades may be compared and looked up by: 0 is none, 1 is A.
NONE = 0
_LETTERS = pa.array([None, *GRADES])


def looked_up(words: Any, of: Mapping[str, Any], *, missing: Any) -> npt.NDArray[Any]:
    """What `of` says of every word; each different word is looked up once."""
    distinct, place = np.unique(np.asarray(words, dtype=str), return_inverse=True)
    values = np.array([of.get(word, missing) for word in distinct.tolist()])
    return values[place] if len(place) else np.array([], dtype=np.array([missing]).dtype)


def levels(grades: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    """Grades as numbers; empty text is no grade."""
    return np.searchsorted(["", *GRADES], grades)


def letters(grades: npt.NDArray[np.int64]) -> pa.Array:
    """The letters of grades that are numbers; null for none."""
    return _LETTERS.take(pa.array(grades))


def told_of(table: pa.Table, ids: pa.Array) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """The rows of `table` about the enterprises `ids`, and the position of each there.

    Few are told of: those are found first, for numbering all would cost more than what follows.
    """
    wanted = table["enterprise_id"].combine_chunks()
    named = np.flatnonzero(pc.is_in(ids, value_set=wanted).to_numpy(zero_copy_only=False))
    place = pc.index_in(wanted, value_set=ids.take(pa.array(named)))
    return table.filter(place.is_valid()), named[place.drop_null().to_numpy()]


def is_among(positions: npt.NDArray[np.int64], *, rows: int) -> npt.NDArray[np.bool_]:
    """Which of so many rows stand in `positions`."""
    among = np.zeros(rows, dtype=bool)
    among[positions] = True
    return among
