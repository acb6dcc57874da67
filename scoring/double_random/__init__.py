"""Double-random draws (双随机、一公开): plan, freeze, draw, verify.

The room's door. Everything is a pure function of bytes; who reads and writes files, and who knows
the time, is `service.campaigns`.
"""

from scoring.double_random.campaign import ReadOut, draw, freeze
from scoring.double_random.graded_library import GradedLibrary
from scoring.double_random.planning import HandedIn, PlannedRound, make_plan
from scoring.double_random.preview import Preview
from scoring.double_random.rules import DrawRules, read_rules
from scoring.double_random.verification import Difference, make_manifest, verify
from scoring.double_random.wishes import PlanWishes
from scoring.double_random.workbook import make_workbook

__all__ = [
    "Difference",
    "DrawRules",
    "GradedLibrary",
    "HandedIn",
    "PlanWishes",
    "PlannedRound",
    "Preview",
    "ReadOut",
    "draw",
    "freeze",
    "make_manifest",
    "make_plan",
    "make_workbook",
    "read_rules",
    "verify",
]
