"""What learns: constrained boosting, the scorecard it collapses to, sub-models, calibration."""
