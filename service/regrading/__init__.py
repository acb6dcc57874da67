"""Grades of single enterprises after an event, equal to what the batch would give."""
