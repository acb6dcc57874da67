"""A SIMULATED city: departmental files with a known true risk, for newcomers and tests."""

from features.simulation.export import CitySummary, simulate

__all__ = ["CitySummary", "simulate"]
