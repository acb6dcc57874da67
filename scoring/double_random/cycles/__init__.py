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
from scoring.double_random.cycles.verification import (
    COMMITMENT,
    CYCLES,
    DRAW,
    FRAME,
    OBJECTS,
    OpenedCycles,
    open_cycle_files,
    verify_cycles,
)

__all__ = [
    "COMMITMENT",
    "CYCLES",
    "CYCLES_VERSION",
    "DRAW",
    "FRAME",
    "MONTHS",
    "OBJECTS",
    "CycleCommitment",
    "CycleDraw",
    "CycleRules",
    "Cycles",
    "OpenedCycles",
    "cycle_workbook",
    "draw_cycles",
    "make_cycle_frame",
    "make_cycle_seed",
    "open_cycle_files",
    "parse_cycle_frame",
    "verify_cycles",
]
