"""The learning loop: drawn enterprises with their chance and their label recalibrate the model."""

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.learning.calibration import Calibration, calibrate
from scoring.double_random.estimates.sample import OUTCOMES, Sample
from scoring.double_random.results_table import NO_ACTIVITY, VANISHED_CLASSES, result_classes

LABELS_SCHEMA: pa.Schema = pa.schema(
    [
        ("enterprise_id", pa.string()),
        ("as_of", pa.date32()),
        ("label", pa.bool_()),
        ("n_h", pa.int64()),
        ("N_h", pa.int64()),
        ("completed_on", pa.date32()),
    ]
)


def labels_for_calibration(
    samples: Sequence[Sample], *, bad_result_codes: Collection[str]
) -> pa.Table:
    """Drawn enterprises of finished rounds with inclusion probability and label.

    Returns
    -------
    pa.Table
        One row per drawn enterprise and round in which somebody could look: enterprise_id; as_of,
        the day of the grades behind the draw; label, whether an item's result is one of
        `bad_result_codes` (those of the model's own label); n_h and N_h, so that n_h / N_h is the
        inclusion probability; completed_on, to leave out what is not known yet on a training day.
        Rounds with visits still to make are left out: early results are not a random part.
    """
    tables = [_labels_of(one, set(bad_result_codes)) for one in samples if one.is_complete]
    return pa.concat_tables([LABELS_SCHEMA.empty_table(), *tables])


def _labels_of(sample: Sample, bad: set[str]) -> pa.Table:
    blind = {
        code for code, kind in result_classes().items() if kind in (*VANISHED_CLASSES, NO_ACTIVITY)
    }
    rows = sample.results.select(["enterprise_id", "result_code"]).to_pandas()
    rows = rows[rows["result_code"].notna()]
    rows = rows[~rows["result_code"].isin(blind - bad)]
    is_bad = rows["result_code"].isin(bad).groupby(rows["enterprise_id"]).any()
    drawn = sample.drawn[sample.drawn["outcome"].isin(OUTCOMES)]
    drawn = drawn[drawn["enterprise_id"].isin(is_bad.index)].sort_values("enterprise_id")
    return pa.table(
        {
            "enterprise_id": pa.array(drawn["enterprise_id"], pa.string()),
            "as_of": pa.array([sample.plan.as_of] * len(drawn), pa.date32()),
            "label": pa.array(drawn["enterprise_id"].map(is_bad).astype(bool), pa.bool_()),
            "n_h": pa.array(drawn["drawn"], pa.int64()),
            "N_h": pa.array(drawn["population"], pa.int64()),
            "completed_on": pa.array(drawn["completed_on"], pa.date32(), from_pandas=True),
        },
        schema=LABELS_SCHEMA,
    )


def recalibrate(
    labels: pa.Table, probability: NDArray[np.float64], *, isotonic_from: int = 1000
) -> Calibration | None:
    """What the drawn say of the probabilities that the model gave them: a calibration in log-odds.

    Every row of `labels` counts N_h / n_h times, so that the fit speaks of everybody and not of the
    risky whom the grades chose. `probability` has one number per row, NaN where none is known. None
    while fewer than two labels of each kind are known.
    """
    known = ~np.isnan(probability)
    is_bad = np.asarray(labels["label"].to_numpy(), dtype=bool)[known]
    if min(int(is_bad.sum()), int((~is_bad).sum())) < 2:
        return None
    inside = np.clip(probability[known], 1e-6, 1 - 1e-6)
    weight = labels["N_h"].to_numpy()[known] / labels["n_h"].to_numpy()[known]
    return calibrate(
        np.log(inside / (1 - inside)),
        is_bad,
        isotonic_from=isotonic_from,
        weight=weight / weight.mean(),
    )
