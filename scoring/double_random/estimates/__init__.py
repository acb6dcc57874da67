"""Estimates of a round from its frozen plan, its draw and its results.

The door: `make_sample` joins the three, `estimate_round` computes every figure, and `report_html`,
`report_workbook` and `report_json` tell them. `labels_for_calibration` closes the learning loop.
"""

from scoring.double_random.estimates.equity import describe_enterprises
from scoring.double_random.estimates.estimating import Figure, RoundEstimates, estimate_round
from scoring.double_random.estimates.learning import (
    LABELS_SCHEMA,
    labels_for_calibration,
    recalibrate,
)
from scoring.double_random.estimates.other_ratios import check_ratios
from scoring.double_random.estimates.rendering import report_html, report_json, report_workbook
from scoring.double_random.estimates.sample import Sample, make_sample, no_results

__all__ = [
    "LABELS_SCHEMA",
    "Figure",
    "RoundEstimates",
    "Sample",
    "check_ratios",
    "describe_enterprises",
    "estimate_round",
    "labels_for_calibration",
    "make_sample",
    "no_results",
    "recalibrate",
    "report_html",
    "report_json",
    "report_workbook",
]
