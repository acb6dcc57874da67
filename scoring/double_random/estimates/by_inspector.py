"""Hit rates adjusted for who inspected: a Gamma-Poisson model that shrinks small numbers.

Problems in the visits an inspector took part in are Poisson around (expected by grade and rest
status) x (a factor of the inspector); factors are Gamma distributed around one, and how far they
spread is fitted to the round. An inspector of few visits is drawn towards one.

Limits of the model: a visit counts for every member of its team, so a factor tells of the visits a
person took part in, and colleagues who always go together can't be told apart; Poisson is a little
wider than the truth for frequent problems; objects are given to inspectors by lot within what
certificate, area and avoidance allow, so areas can still hide behind persons. It is a reason to
talk, no measure of anybody's performance.

References
----------
Clayton, D. and Kaldor, J. (1987), Biometrics 43, 671-681.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import gammaln
from scipy.stats import gamma

from scoring.double_random.estimates.intervals import LEVEL, Floats, clopper_pearson
from scoring.double_random.estimates.sample import OUTCOMES, PROBLEM, Sample

# exp(7): factors that differ by less than 3 per cent are told as equal.
_MOST_EQUAL = 7.0


@dataclass(frozen=True)
class InspectorModel:
    """The fitted model.

    Attributes
    ----------
    inspectors
        One row per inspector with a visit: inspector_id, visits, problems, expected, raw_rate with
        raw_low and raw_high (Clopper-Pearson), factor with low and high, adjusted_rate with its
        limits (the factor times the round's hit rate).
    spread
        Standard deviation of the factors between inspectors.
    grades
        One row per grade: visits, raw_rate, adjusted_rate: as if average inspectors had made the
        visits, raw_low and raw_high, low and high (the same limits moved alike).
    """

    inspectors: pd.DataFrame
    spread: float
    grades: pd.DataFrame


def adjust_for_inspectors(sample: Sample, *, level: float = LEVEL) -> InspectorModel | None:
    """Fit the model to the visits done; None while no visit names its inspectors."""
    visits = sample.enterprises[sample.enterprises["outcome"].isin(OUTCOMES)]
    visits = visits[visits["enterprise_id"].isin(sample.teams["enterprise_id"])]
    if visits.empty:
        return None
    visits = visits.assign(found=(visits["outcome"] == PROBLEM).astype(float))
    by_cell = visits.groupby(["grade", "rested"])["found"]
    expected_each = (by_cell.transform("sum") + 0.5) / (by_cell.transform("count") + 1)
    people = visits.assign(expected=expected_each).merge(sample.teams, on="enterprise_id")
    by = people.groupby("inspector_id", sort=True)
    table = by.agg(
        visits=("found", "size"), problems=("found", "sum"), expected=("expected", "sum")
    )
    table = table.reset_index()
    x, expected = table["problems"].to_numpy(float), table["expected"].to_numpy(float)
    concentration = _fit_concentration(x, expected)
    shape, rate = concentration + x, concentration + expected
    overall, tail = float(visits["found"].mean()), (1 - level) / 2
    raw_low, raw_high = clopper_pearson(x, table["visits"], level=level)
    table = table.assign(
        raw_rate=x / table["visits"],
        raw_low=raw_low,
        raw_high=raw_high,
        factor=shape / rate,
        low=gamma.ppf(tail, shape) / rate,
        high=gamma.ppf(1 - tail, shape) / rate,
    )
    for name, source in (
        ("adjusted_rate", "factor"),
        ("adjusted_low", "low"),
        ("adjusted_high", "high"),
    ):
        table[name] = np.minimum(1.0, table[source] * overall)
    factors = table.set_index("inspector_id")["factor"]
    mean_factor = people["inspector_id"].map(factors).groupby(people["grade"]).mean()
    return InspectorModel(
        table, float(1 / np.sqrt(concentration)), _grades(visits, mean_factor, level=level)
    )


def _fit_concentration(found: Floats, expected: Floats) -> float:
    """Shape of the factors' distribution that makes the counts likeliest (negative binomial)."""

    def loss(log_shape: float) -> float:
        a = np.exp(log_shape)
        terms = gammaln(a + found) - gammaln(a) + a * np.log(a / (a + expected))
        return -float((terms - found * np.log(a + expected)).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(-1.0, _MOST_EQUAL), method="bounded").x))


def _grades(visits: pd.DataFrame, mean_factor: "pd.Series[float]", *, level: float) -> pd.DataFrame:
    table = visits.groupby("grade")["found"].agg(["size", "sum"])
    low, high = clopper_pearson(table["sum"], table["size"], level=level)
    raw = table["sum"] / table["size"]
    return pd.DataFrame(
        {
            "grade": table.index.astype("str"),
            "visits": table["size"].to_numpy(),
            "raw_rate": raw.to_numpy(),
            "raw_low": low,
            "raw_high": high,
            "adjusted_rate": np.minimum(1.0, (raw / mean_factor).to_numpy()),
            "low": np.minimum(1.0, low / mean_factor.to_numpy()),
            "high": np.minimum(1.0, high / mean_factor.to_numpy()),
        }
    )
