"""The rules that act on what the model says: from law, then as the office changed them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import law

_DIRECT = "grading.direct_determination"
_FLOOR = "grading.new_enterprise_floor"
_MARGIN = "grading.hysteresis_margin_per_mille"
_PROVINCE = "grading.provincial_grade_decides"
_UNREVIEWED = "grading.apply_unconfirmed_direct_rules"


@dataclass(frozen=True)
class Rules:
    """What acts on the model's grade on one day in one region.

    Attributes
    ----------
    direct, switched_off
        Direct rules that are applied, and those that region or office switched off.
    hysteresis_per_mille
        Last month's grade stands until a cut-off is passed by this share of itself.
    unconfirmed
        Names of the parameters that await legal review.

    References
    ----------
    grading.direct_determination, .new_enterprise_floor, .hysteresis_margin_per_mille,
    .provincial_grade_decides, .apply_unconfirmed_direct_rules (all unconfirmed).
    """

    direct: tuple[dict[str, Any], ...]
    floor_grade: str
    floor_months: int
    unconfirmed: tuple[str, ...]
    hysteresis_per_mille: int = 0
    provincial_decides: bool = False
    switched_off: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, on: date, *, region: str, overlay: Path | None = None) -> "Rules":
        """The rules in force in `region` on day `on`; `overlay`: the office's own law."""
        names = (_DIRECT, _FLOOR, _MARGIN, _PROVINCE, _UNREVIEWED)
        found = {name: law.lookup(name, on=on, region=region, overlay=overlay) for name in names}
        floor = found[_FLOOR].value
        unreviewed = bool(found[_UNREVIEWED].value)
        known = found[_DIRECT].value
        applied = [rule for rule in known if unreviewed or rule["status"] == "confirmed"]
        return cls(
            direct=tuple(applied),
            floor_grade=str(floor["grade"]),
            floor_months=int(floor["months"]),
            unconfirmed=tuple(name for name in names if found[name].status == "unconfirmed"),
            hysteresis_per_mille=int(found[_MARGIN].value),
            provincial_decides=bool(found[_PROVINCE].value),
            switched_off=tuple(rule for rule in known if rule not in applied),
        )

    def changed(self, changes: Mapping[str, Any]) -> "Rules":
        """These rules with the office's published changes; see :mod:`.rule_files` for the keys."""
        switches = changes.get("direct_rules", {})
        known = (*self.direct, *self.switched_off)
        wanted = {rule["key"]: rule in self.direct for rule in known} | switches
        floor = changes.get("floor", {})
        return replace(
            self,
            direct=tuple(rule for rule in known if wanted[rule["key"]]),
            switched_off=tuple(rule for rule in known if not wanted[rule["key"]]),
            floor_grade=floor.get("grade", self.floor_grade),
            floor_months=floor.get("months", self.floor_months),
            hysteresis_per_mille=changes.get(
                "hysteresis_margin_per_mille", self.hysteresis_per_mille
            ),
            provincial_decides=changes.get("provincial_grade_decides", self.provincial_decides),
        )

    def to_dict(self) -> dict[str, Any]:
        """What a run's manifest says of them."""
        return {
            "direct_rules": [rule["key"] for rule in self.direct],
            "switched_off": [rule["key"] for rule in self.switched_off],
            "floor": {"grade": self.floor_grade, "months": self.floor_months},
            "hysteresis_margin_per_mille": self.hysteresis_per_mille,
            "provincial_grade_decides": self.provincial_decides,
        }
