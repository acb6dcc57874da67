"""Enterprises: the grade over the API; table, archive and reasons in the console."""
