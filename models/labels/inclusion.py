"""With what probability a draw of lots led to an inspection.

A campaign draws n of the N enterprises of a stratum, so each of them with probability n/N. Drawn
inspections stand for their stratum once they are weighted with the inverse of it.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

DRAWS = pa.schema(
    [
        ("enterprise_id", pa.string()),
        ("drawn_on", pa.date32()),
        ("inclusion", pa.float64()),
    ]
)
"""Draws: one row per enterprise drawn and round."""

# The one kind of inspection that a draw leads to.
DRAWN_KIND = "double_random"
# A drawn inspection follows its draw within this; plans run for a year.
_FOLLOWS_WITHIN = np.timedelta64(366, "D")
# No drawn inspection counts more than this many times the average: one enterprise out of a stratum
# drawn at one in a thousand must not decide a calibration alone.
_HEAVIEST = 10.0


def inclusion_of(inspections: pa.Table, draws: pa.Table | None) -> NDArray[np.float64]:
    """Probability of inclusion of each inspection; NaN where no draw led to it.

    Parameters
    ----------
    inspections
        One row per enterprise: enterprise_id, event_on, inspection_kind.
    draws
        Rows of :data:`DRAWS`; None where no campaign was drawn. The newest draw of the enterprise
        within a year before the inspection is the one that led to it.
    """
    rows = inspections.num_rows
    found = np.full(rows, np.nan)
    if draws is None or draws.num_rows == 0 or rows == 0:
        return found
    frame = inspections.select(["enterprise_id", "event_on", "inspection_kind"]).to_pandas()
    frame["row"] = np.arange(rows)
    drawn = frame[frame["inspection_kind"] == DRAWN_KIND]
    pairs = drawn.merge(draws.to_pandas(), on="enterprise_id")
    waited = pd.to_datetime(pairs["event_on"]) - pd.to_datetime(pairs["drawn_on"])
    led = pairs[(waited >= pd.Timedelta(0)) & (waited <= pd.Timedelta(_FOLLOWS_WITHIN))]
    newest = led.sort_values("drawn_on").drop_duplicates("row", keep="last")
    found[newest["row"].to_numpy()] = newest["inclusion"].to_numpy()
    return found


def design_weights(inclusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse probabilities with mean one; rows of unknown probability weigh one."""
    known = ~np.isnan(inclusion)
    weight = np.ones(len(inclusion))
    if known.any():
        inverse = 1.0 / inclusion[known]
        weight[known] = np.minimum(inverse / inverse.mean(), _HEAVIEST)
    return weight
