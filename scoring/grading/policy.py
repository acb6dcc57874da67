"""What an office published over law and model: cut-offs and changed rules, under one version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.rating.cutoffs import CutOffs


@dataclass(frozen=True)
class GradingPolicy:
    """A version of the office's grading rules; by default none, so that model and law decide.

    Attributes
    ----------
    version
        Of the rules, such as ``R003``; None where nothing is published.
    cut_offs, cut_offs_version
        None where the model's own are used.
    cut_offs_model
        Version of the model whose probabilities the cut-offs were chosen on; None with the model's
        own.
    changes
        Plain data, see :mod:`scoring.grading.rule_files`.
    """

    version: str | None = None
    cut_offs: CutOffs | None = None
    cut_offs_version: str | None = None
    cut_offs_model: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """What a run's manifest says of it."""
        return {
            "version": self.version,
            "cut_offs_version": self.cut_offs_version,
            "cut_offs_model": self.cut_offs_model,
            "changes": dict(self.changes),
        }

    def chosen_on_other(self, model_version: str) -> str | None:
        """The model that the cut-offs were chosen on, where it is not `model_version`.

        A probability of another model does not mean the same, so shares and visits that the
        cut-offs were chosen for are not reached.
        """
        return self.cut_offs_model if self.cut_offs_model != model_version else None
