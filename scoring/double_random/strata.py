"""Strata and how many enterprises are drawn in each, in whole numbers."""

from collections.abc import Iterable, Sequence

from features.messages import Message
from scoring.double_random.documents import Grade, PlannedStratum
from scoring.errors import StratumError, refuse

GRADES: tuple[Grade, ...] = ("A", "B", "C", "D")
PER_MILLE = 1000
NO_AREA = "none"


def stratum_name(area_code: str, grade: str, *, rested: bool, items: str = "") -> str:
    """Name of a stratum as it stands in the frame, for instance ``440507.A.due``.

    `items` tells which items concern it where not all do: ``440507.A.due.i13``.
    """
    name = f"{area_code}.{grade}.{'rest' if rested else 'due'}"
    return f"{name}.{items}" if items else name


def ceil_per_mille(ratio_per_mille: int, number: int) -> int:
    """`ratio_per_mille` of `number`, rounded up."""
    return -(-ratio_per_mille * number // PER_MILLE)


def visits_at(ratio_per_mille: int, *, floor: int, population: int) -> int:
    """n_h = max(floor, ceil(r_h N_h)), never more than there are; none in an empty stratum."""
    return min(max(floor, ceil_per_mille(ratio_per_mille, population)), population)


def visits_in(stratum: PlannedStratum) -> int:
    """Visits of a stratum: those of its item with the largest ratio, which hold the others."""
    return visits_at(stratum.ratio_per_mille, floor=stratum.floor, population=stratum.population)


def reserves_in(stratum: PlannedStratum, *, reserve_per_mille: int) -> int:
    """How many next ranks stand by for enterprises that can't be visited."""
    drawn = visits_in(stratum)
    return min(ceil_per_mille(reserve_per_mille, drawn), stratum.population - drawn)


def total_visits(strata: Iterable[PlannedStratum]) -> int:
    """Visits of the whole round."""
    return sum(visits_in(stratum) for stratum in strata)


def spread_uniform_share(
    strata: Sequence[PlannedStratum], *, share_per_mille: int
) -> tuple[PlannedStratum, ...]:
    """Raise floors until the share of all visits would reach everybody with the same probability.

    With U visits spread over N enterprises, a stratum of N_h gets at least ceil(U N_h / N), and
    one at least: nobody's probability is zero, grade A included. U is the share of all visits
    *after* the floors, hence the loop; it ends because U only grows and can't pass N.
    """
    population = sum(stratum.population for stratum in strata)
    spread, uniform = tuple(strata), 0
    while population:
        needed = max(1, ceil_per_mille(share_per_mille, total_visits(spread)))
        if needed <= uniform:
            break
        uniform = needed
        spread = tuple(
            stratum.model_copy(
                update={"floor": max(stratum.floor, -(-uniform * stratum.population // population))}
            )
            for stratum in strata
        )
    return spread


def check_strata(strata: Sequence[PlannedStratum], populations: dict[str, int]) -> None:
    """Plan and frame must have the same strata of the same size; the plan may have empty ones.

    Raises
    ------
    StratumError
        Naming every stratum that is missing, stands twice or has another size.
    """
    faults: list[Message] = []
    planned = {stratum.stratum: stratum.population for stratum in strata}
    if len(planned) != len(strata):
        faults.append(Message("抽查方案中有重复的层", "a stratum stands twice in the plan"))
    faults += [
        Message(
            f"抽查方案缺少层 {name}（{populations[name]} 户）",
            f"stratum {name} ({populations[name]} enterprises) is missing from the plan",
        )
        for name in sorted(populations.keys() - planned.keys())
    ]
    for name, size in planned.items():
        found = populations.get(name, 0)
        if found != size:
            faults.append(
                Message(
                    f"层 {name} 方案为 {size} 户，抽样框为 {found} 户",
                    f"stratum {name} has {size} enterprises in the plan, {found} in the frame",
                )
            )
    refuse(StratumError, faults)
