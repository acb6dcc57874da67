"""Errors of the simulated city."""

from features.errors import FeaturesError


class SimulationError(FeaturesError, ValueError):
    """A city cannot be simulated as asked; the message says which argument to change."""
