"""A scorecard: an intercept and one step function per indicator, added up to log-odds.

It is what the boosted trees of the general model collapse to, exactly. It can be written down as
a table, added up by hand, and written as one SQL expression.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import ibis
import numpy as np
from numpy.typing import NDArray

from models.errors import ColumnError

_MOST_COMPARED = 24
_GROUP = 12
_LARGEST = float(np.finfo(np.float64).max)


def bins_between(edges: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.integer[Any]]:
    """Which bin each value lies in, an edge in the one below it; missing gets ``len(edges) + 1``.

    Small numbers for few bins.
    """
    upper = np.append(edges, np.inf)
    if len(upper) > _MOST_COMPARED:
        return np.searchsorted(upper, x, side="left")
    # For a few edges, comparing whole columns is several times faster than searching.
    below = np.zeros(x.shape, dtype=np.uint8)
    holds = np.empty(x.shape, dtype=np.bool_)
    for edge in upper:
        np.less_equal(x, edge, out=holds)  # never for a missing value
        below += holds.view(np.uint8)
    return np.uint8(len(upper)) - below


@dataclass(frozen=True)
class StepFunction:
    """Log-odds that one indicator adds.

    Bin ``i`` holds ``edges[i-1] < x <= edges[i]``; the first is open below, the last above.

    Attributes
    ----------
    edges
        Ascending, one fewer than `values`.
    values
        Log-odds added in each bin.
    missing
        Log-odds added when the indicator is missing.
    """

    edges: NDArray[np.float64]
    values: NDArray[np.float64]
    missing: float

    def bins(self, x: NDArray[np.float64]) -> NDArray[np.integer[Any]]:
        """Bin number of each value; missing gets ``len(values)``."""
        return bins_between(self.edges, x)

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds added, same shape as `x`."""
        found: NDArray[np.float64] = np.append(self.values, self.missing)[self.bins(x)]
        return found

    def merged(self) -> Self:
        """The same function without edges between equal neighbours."""
        keep = np.flatnonzero(np.diff(self.values) != 0)
        values = np.append(self.values[keep], self.values[-1])
        return type(self)(self.edges[keep], values, self.missing)

    def shifted(self, by: float) -> Self:
        """The same function with `by` added everywhere."""
        return type(self)(self.edges, self.values + by, self.missing + by)

    @property
    def is_flat(self) -> bool:
        """Whether the indicator has no influence, present or missing."""
        return len(self.edges) == 0 and self.missing == self.values[0]

    def to_ibis(self, column: Any) -> Any:
        """The same step function over an Ibis column; null where the value is infinite.

        Measured in DuckDB: a check costs as much as a bin, so each is made of as few rows as can
        be. Null is found without looking at a number; NaN, which an engine orders above every
        number, and plus infinity pass all bins; minus infinity falls into the first. A flat case
        is faster than a nested one, because most rows leave at the first bins, until bins are many.
        """
        x = column.cast("float64")
        values: list[Any] = [exact(value) for value in self.values.tolist()]
        values[0] = (x >= exact(-_LARGEST)).ifelse(values[0], ibis.null("float64"))
        bins = [(x <= exact(edge), value) for edge, value in zip(self._upper, values, strict=True)]
        return ibis.cases(
            (x.isnull(), exact(self.missing)),
            *(_in_groups(bins) if len(bins) > 2 * _GROUP else bins),
            # Not `isinf`: Ibis writes it for Spark as always false.
            (x == exact(np.inf), ibis.null("float64")),
            else_=exact(self.missing),
        )

    @property
    def _upper(self) -> list[float]:
        return [*self.edges.tolist(), _LARGEST]


def _in_groups(bins: Sequence[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Bins of a case, a group at a time: under the group's own upper edge, a case of its bins."""
    for first in range(0, len(bins), _GROUP):
        *others, (upper, value) = bins[first : first + _GROUP]
        yield upper, ibis.cases(*others, else_=value) if others else value


def exact(number: float) -> Any:
    """A finite number or plus infinity in Ibis that every engine reads as this very double.

    Written plainly, an engine reads 0.1 as a decimal, and adds decimals up.
    """
    text = repr(float(number)) if np.isfinite(number) else "Infinity"
    return ibis.literal(text).cast("float64")


@dataclass(frozen=True)
class Scorecard:
    """Intercept and step functions in the order of their indicators."""

    intercept: float
    steps: Mapping[str, StepFunction]

    @property
    def names(self) -> tuple[str, ...]:
        """Indicators in order."""
        return tuple(self.steps)

    @property
    def used_names(self) -> tuple[str, ...]:
        """Indicators with influence, in order."""
        return tuple(name for name, step in self.steps.items() if not step.is_flat)

    def contributions(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds that each indicator adds, shape (rows, indicators).

        Measured from the average training row, so an unremarkable indicator adds about nothing.
        """
        added = np.empty(values.shape, dtype=np.float64)
        for position, step in enumerate(self.steps.values()):
            added[:, position] = step(values[:, position])
        return added

    def log_odds(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of a serious problem, shape (rows,)."""
        return add_up(self.intercept, self.contributions(values))

    def centred(self, values: NDArray[np.float64]) -> Self:
        """The same score, with every indicator's mean over `values` moved to the intercept."""
        means = self.contributions(values).mean(axis=0).tolist()
        steps = {
            name: step.shifted(-mean)
            for (name, step), mean in zip(self.steps.items(), means, strict=True)
        }
        return type(self)(self.intercept + sum(means), steps)

    def to_expression(self, table: Any) -> Any:
        """Log-odds, added from left to right as :meth:`log_odds` does, as one Ibis expression.

        No Python runs for a row. Null where an indicator with influence is infinite: such a row
        has no score.

        Raises
        ------
        ColumnError
            The table lacks an indicator with influence, or holds one as text.
        """
        _require_number_columns(table, self.used_names)
        total = exact(self.intercept)
        for name, step in self.steps.items():
            if not step.is_flat:
                total = total + step.to_ibis(table[name])
            elif step.missing:
                total = total + exact(step.missing)
        return total

    def to_dict(self) -> dict[str, Any]:
        """For scorecard.json; floats survive the round trip bit by bit."""
        return {
            "intercept": self.intercept,
            "indicators": {
                name: {
                    "edges": step.edges.tolist(),
                    "values": step.values.tolist(),
                    "missing": step.missing,
                }
                for name, step in self.steps.items()
            },
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            float(content["intercept"]),
            {
                name: StepFunction(
                    np.asarray(step["edges"], dtype=np.float64),
                    np.asarray(step["values"], dtype=np.float64),
                    float(step["missing"]),
                )
                for name, step in content["indicators"].items()
            },
        )


def _require_number_columns(table: Any, names: Sequence[str]) -> None:
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise ColumnError(
            f"表中缺少指标列：{', '.join(absent)}",
            f"the table lacks indicator columns: {', '.join(absent)}",
        )
    kinds = {name: table[name].type() for name in names}
    wrong = [
        f"{name} ({kind})"
        for name, kind in kinds.items()
        if not (kind.is_numeric() or kind.is_boolean() or kind.is_null())
    ]
    if wrong:
        raise ColumnError(
            f"这些指标列不是数值或真假值：{', '.join(wrong)}。文字不会被当作数值，请先转换。",
            f"these indicator columns are neither numbers nor true-or-false: {', '.join(wrong)}. "
            "Text is not taken for a number; convert it first.",
        )


def add_up(base: float | NDArray[np.float64], added: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum columns from left to right.

    numpy's own row sum may group terms differently for one row than for many; this cannot, so an
    enterprise alone scores exactly as in the batch.
    """
    total = np.zeros(added.shape[0]) + base
    for position in range(added.shape[1]):
        total = total + added[:, position]
    return total


def bin_shares(
    scorecard: Scorecard, values: NDArray[np.float64], is_bad: NDArray[np.bool_]
) -> dict[str, dict[str, list[float | None]]]:
    """Share of rows and observed bad rate in every bin, the bin of missing values last.

    The shares are also what later populations are compared with (PSI).
    """
    described: dict[str, dict[str, list[float | None]]] = {}
    for position, (name, step) in enumerate(scorecard.steps.items()):
        size = len(step.values) + 1
        found = step.bins(values[:, position])
        rows = np.bincount(found, minlength=size)
        bad = np.bincount(found, weights=is_bad, minlength=size)
        described[name] = {
            "shares": [int(n) / len(values) for n in rows],
            "bad_rates": [float(b / n) if n else None for b, n in zip(bad, rows, strict=True)],
        }
    return described


def broken_signs(scorecard: Scorecard, signs: Sequence[int]) -> list[str]:
    """Indicators whose steps run against their sign (missing has no place in the order)."""
    return [
        name
        for (name, step), sign in zip(scorecard.steps.items(), signs, strict=True)
        if sign and bool((sign * np.diff(step.values) < 0).any())
    ]


def sigmoid(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of log-odds, without overflow."""
    half: NDArray[np.float64] = 0.5 * (1.0 + np.tanh(0.5 * log_odds))
    return half
