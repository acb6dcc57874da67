"""Measures by grade and event: plans, repeat offenders, guidance, levels, four in one.

The door of ``docs/measures.md``. Nothing here decides on an enterprise: it proposes and tells why.
"""

from scoring.measures.facts import Facts, Visits, read_facts, read_visits
from scoring.measures.guidance import propose_guidance
from scoring.measures.levels import (
    LevelOverride,
    Levels,
    append_override,
    industry_levels,
    overrides_in_force,
    read_overrides,
)
from scoring.measures.overview import count_by_area, four_in_one, read_places
from scoring.measures.plan import SupervisionPlan, plan_year
from scoring.measures.repeat_offenders import RepeatOffenders, find_repeat_offenders
from scoring.measures.rules import IndicatorRule, LawReader, SupervisionRules
from scoring.measures.runs import GradedRun, list_runs, open_run
from scoring.measures.summary import count_columns, count_measures
from scoring.measures.zones import KeyZone, parse_zones, read_zones

__all__ = [
    "Facts",
    "GradedRun",
    "IndicatorRule",
    "KeyZone",
    "LawReader",
    "LevelOverride",
    "Levels",
    "RepeatOffenders",
    "SupervisionPlan",
    "SupervisionRules",
    "Visits",
    "append_override",
    "count_by_area",
    "count_columns",
    "count_measures",
    "find_repeat_offenders",
    "four_in_one",
    "industry_levels",
    "list_runs",
    "open_run",
    "overrides_in_force",
    "parse_zones",
    "plan_year",
    "propose_guidance",
    "read_facts",
    "read_overrides",
    "read_places",
    "read_visits",
    "read_zones",
]
