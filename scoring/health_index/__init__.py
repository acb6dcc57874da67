"""The composite health index of areas and industries (``docs/measures.md``); never a grade."""

from scoring.health_index.groups import By, GroupMean, group_means
from scoring.health_index.index import Definition, HealthScores, score_health
from scoring.health_index.reports import (
    STATEMENT_EN,
    STATEMENT_ZH,
    HealthReport,
    headers,
    health_page,
    health_workbook,
    rows,
    trend_headers,
    trend_rows,
)

__all__ = [
    "STATEMENT_EN",
    "STATEMENT_ZH",
    "By",
    "Definition",
    "GroupMean",
    "HealthReport",
    "HealthScores",
    "group_means",
    "headers",
    "health_page",
    "health_workbook",
    "rows",
    "score_health",
    "trend_headers",
    "trend_rows",
]
