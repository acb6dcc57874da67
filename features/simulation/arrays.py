"""Small helpers over numpy arrays and the streams of random numbers."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Columns = dict[str, Array]
"""One department's file: column heading -> values, all of one length."""

DAY = "datetime64[D]"


def stream(seed: int, subject: str) -> np.random.Generator:
    """A stream of its own for each subject.

    One subject can then change how many numbers it draws without moving any other subject.
    """
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(subject.encode())]))


@dataclass(frozen=True)
class Dice:
    """Chance for arrays of one shape."""

    rng: np.random.Generator
    shape: tuple[int, ...]

    def below(self, probability: Array | float) -> Array:
        """True with `probability` (broadcast to the shape)."""
        return np.asarray(self.rng.random(self.shape, dtype=np.float32) < probability)

    def normal(self) -> Array:
        """Standard normal numbers."""
        return self.rng.standard_normal(self.shape, dtype=np.float32)


def sigmoid(log_odds: Array) -> Array:
    """Probability of a log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def logit(probability: Array) -> Array:
    """Log-odds of a probability; 0 and 1 are pulled in by one in ten million."""
    inside = np.clip(probability, 1e-7, 1 - 1e-7)
    return np.asarray(np.log(inside / (1 - inside)))


def pick(rng: np.random.Generator, weights: dict[Any, float], *, size: int) -> Array:
    """`size` draws out of a small table of weights."""
    values = np.array(list(weights))
    shares = np.array(list(weights.values()), dtype=float)
    return values[rng.choice(len(values), size=size, p=shares / shares.sum())]


def joined(*parts: Array | str) -> Array:
    """Strings put together element by element; scalars are repeated."""
    text = np.asarray(parts[0], dtype=np.str_)
    for part in parts[1:]:
        text = np.strings.add(text, np.asarray(part, dtype=np.str_))
    return np.asarray(text)


def padded(numbers: Array, width: int) -> Array:
    """Whole numbers as text with leading zeros."""
    text = np.asarray(numbers).astype(np.str_)
    return np.asarray(np.strings.zfill(text, width)) if text.size else text


def optional(values: Array, present: Array) -> Array:
    """`values` as objects, with None where not `present`."""
    result = values.astype(object)
    result[~present] = None
    return np.asarray(result)


def take(columns: Columns, rows: Array) -> Columns:
    """The same columns, only `rows` (positions or a mask)."""
    return {name: values[rows] for name, values in columns.items()}


def stacked(tables: list[Columns]) -> Columns:
    """Tables of the same columns, one under the other."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
