"""What the law and the office's own parameters say about a draw on the day it begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import law
from law.errors import NoValueError
from scoring.double_random.documents import Grade, LegalBasis


@dataclass(frozen=True)
class DrawRules:
    """Parameters of a draw. Ratios and shares are whole numbers per mille.

    `ratio_bounds_per_mille` is None where no bounds are published for the region.
    """

    ratios_per_mille: Mapping[Grade, int]
    ratio_bounds_per_mille: Mapping[Grade, tuple[int, int]] | None
    public_information_minimum_per_mille: int
    uniform_share_per_mille: int
    rest_rate_per_mille: int
    minimum_inspectors: int
    maximum_inspectors_single_item: int
    maximum_inspectors_joint: int
    minimum_randomness_bits: int
    basis: tuple[LegalBasis, ...]

    def maximum_inspectors(self, *, joint: bool) -> int:
        """The team size above which a reason must be given."""
        return self.maximum_inspectors_joint if joint else self.maximum_inspectors_single_item


def read_rules(day: date, *, region: str) -> DrawRules:
    """The rules in force on `day` in `region` (GB/T 2260).

    References
    ----------
    Parameters ``double_random.*``; acts and articles stand with each value.
    """
    basis: list[LegalBasis] = []

    def value(name: str) -> Any:
        found = law.lookup(f"double_random.{name}", on=day, region=region)
        basis.append(
            LegalBasis(
                name=f"double_random.{name}",
                since=found.since,
                region=found.region,
                status=found.status,
            )
        )
        return found.value

    def bounds() -> Mapping[Grade, tuple[int, int]] | None:
        try:
            found = value("sampling_ratio_bounds_per_mille")
        except NoValueError:
            return None
        return {grade: (low, high) for grade, (low, high) in found.items()}

    return DrawRules(
        ratios_per_mille=dict(value("sampling_ratio_per_mille")),
        ratio_bounds_per_mille=bounds(),
        public_information_minimum_per_mille=value("public_information_minimum_per_mille"),
        uniform_share_per_mille=value("uniform_share_per_mille"),
        rest_rate_per_mille=value("rest_rate_per_mille"),
        minimum_inspectors=value("minimum_inspectors"),
        maximum_inspectors_single_item=value("maximum_inspectors_single_item"),
        maximum_inspectors_joint=value("maximum_inspectors_joint"),
        minimum_randomness_bits=value("minimum_randomness_bits"),
        basis=tuple(basis),
    )
