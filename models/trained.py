"""What training returns, and what an artefact is written from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.configs.training import TrainingConfig
from models.learning.sector import Trial
from models.rating.scoring_model import ScoringModel
from models.study.reporting import ModelReport
from models.study.study import Study


@dataclass(frozen=True)
class TrainedModels:
    """Everything an artefact is written from.

    Attributes
    ----------
    scoring
        The models that are shipped.
    general_text
        LightGBM text of the general model, from which the scorecard was read.
    trees
        Trees of each model.
    cohorts
        One entry per model and window: rows, positives, and its part (training, test, shipped).
    reports
        Figures on the test window, by model; from models that knew nothing of it.
    bins
        Per general indicator, shares and bad rates of its bins among the rows learned from.
    trials
        How each sub-model did on a later window before it was admitted.
    study
        What a full model card adds; None for an ordinary one.
    snapshot
        What was learned from: archive build, last known day, region.
    """

    scoring: ScoringModel
    general_text: str
    trees: Mapping[str, int]
    cohorts: Sequence[Mapping[str, Any]]
    reports: Mapping[str, ModelReport]
    bins: Mapping[str, Mapping[str, Sequence[float | None]]]
    config: TrainingConfig
    definitions_hash: str
    snapshot: Mapping[str, str] = field(default_factory=dict)
    trials: Mapping[str, Trial] = field(default_factory=dict)
    study: Study | None = None
