"""With what probability a draw of lots led to an inspection.

A campaign draws n of the N enterprises of a stratum, so each of them with probability n/N. Drawn
inspections stand for their stratum once they are weighted with the inverse of it. Both numbers
come back to the archive with the results (`xinheng campaign to-archive`): no folder of a campaign
is read.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# The one kind of inspection that a draw leads to.
DRAWN_KIND = "double_random"
# No drawn inspection counts more than this many times the average: one enterprise out of a stratum
# drawn at one in a thousand must not decide a calibration alone.
_HEAVIEST = 10.0


def inclusion_of(inspections: pa.Table, outcomes: pa.Table) -> NDArray[np.float64]:
    """Probability of inclusion of each inspection; NaN where no draw led to it.

    Parameters
    ----------
    inspections
        One row per enterprise: enterprise_id, event_on, inspection_kind.
    outcomes
        One row per inspection: enterprise_id, event_on, inclusion. A visit for several items is
        several inspections of one day.
    """
    key = ["enterprise_id", "event_on"]
    told = outcomes.select([*key, "inclusion"]).to_pandas().dropna(subset="inclusion")
    visits = told.groupby(key, as_index=False)["inclusion"].max()
    rows = inspections.select([*key, "inspection_kind"]).to_pandas()
    found = rows.merge(visits, on=key, how="left")["inclusion"].to_numpy(float)
    return np.where(rows["inspection_kind"] == DRAWN_KIND, found, np.nan)


def design_weights(inclusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse probabilities with mean one; rows of unknown probability weigh one."""
    known = ~np.isnan(inclusion)
    weight = np.ones(len(inclusion))
    if known.any():
        inverse = 1.0 / inclusion[known]
        weight[known] = np.minimum(inverse / inverse.mean(), _HEAVIEST)
    return weight
