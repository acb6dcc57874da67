"""Grades A to D: cut-offs on the probability, and the rules that act on what the model says.

One door: what other modules need of the rules of grading is imported from here.
"""

from scoring.grading.deciding import (
    BASES,
    DIRECT_RULE,
    FLOOR,
    HYSTERESIS,
    MODEL,
    OVERRIDE,
    PROVINCE,
    GradeDecisions,
    decide_grades,
)
from scoring.grading.inputs import GradeInputs
from scoring.grading.policy import GradingPolicy
from scoring.grading.rules import Rules

__all__ = [
    "BASES",
    "DIRECT_RULE",
    "FLOOR",
    "HYSTERESIS",
    "MODEL",
    "OVERRIDE",
    "PROVINCE",
    "GradeDecisions",
    "GradeInputs",
    "GradingPolicy",
    "Rules",
    "decide_grades",
]
