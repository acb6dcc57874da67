"""Patrol cycles 甲/乙/丙: who is looked in on in which month, by ticket."""

from scoring.double_random.cycles.cycle_workbook import cycle_workbook
from scoring.double_random.cycles.documents import (
    CYCLES_VERSION,
    CycleCommitment,
    CycleDraw,
)
from scoring.double_random.cycles.frame import (
    MONTHS,
    CycleRules,
    make_cycle_frame,
    parse_cycle_frame,
)
from scoring.double_random.cycles.phases import Cycles, draw_cycles, make_cycle_seed

__all__ = [
    "CYCLES_VERSION",
    "MONTHS",
    "CycleCommitment",
    "CycleDraw",
    "CycleRules",
    "Cycles",
    "cycle_workbook",
    "draw_cycles",
    "make_cycle_frame",
    "make_cycle_seed",
    "parse_cycle_frame",
]
