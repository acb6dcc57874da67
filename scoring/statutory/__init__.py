"""Statutory sector scores beside the learned ones: food, special equipment, and the combination.

One door: :func:`assess`. The officer sees the general grade, the sector's and what they give
together; a province's own result stands beside them and changes nothing.
"""

from scoring.statutory.assess import COLUMNS, assess
from scoring.statutory.rules import StatutoryRules
from scoring.statutory.statements import Statements

__all__ = ["COLUMNS", "Statements", "StatutoryRules", "assess"]
