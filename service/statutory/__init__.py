"""Statutory scores: the sheet of one enterprise, a province's results, facts of score sheets."""
