"""Words of many rows looked up at once."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt


def looked_up(words: Any, of: Mapping[str, Any], *, missing: Any) -> npt.NDArray[Any]:
    """What `of` says of every word; each different word is looked up once."""
    distinct, place = np.unique(np.asarray(words, dtype=str), return_inverse=True)
    values = np.array([of.get(word, missing) for word in distinct.tolist()])
    return values[place] if len(place) else np.array([], dtype=np.array([missing]).dtype)
