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
    changes
        Plain data, see :mod:`scoring.grading.rule_files`.
    """

    version: str | None = None
    cut_offs: CutOffs | None = None
    cut_offs_version: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """What a run's manifest says of it."""
        return {
            "version": self.version,
            "cut_offs_version": self.cut_offs_version,
            "changes": dict(self.changes),
        }
