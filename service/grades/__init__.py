"""Grades of a run: from its folder into the database that the console and the API read."""
