"""Measures, key supervision and the health index with disk, archive and clock attached."""
