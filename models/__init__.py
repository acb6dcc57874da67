"""From inspections to a signed model; the main flow is train.py, docs/models.md maps the rooms."""
