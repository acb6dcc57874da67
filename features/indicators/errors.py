"""Errors of the indicators."""

from features.errors import FeaturesError


class UnknownIndicatorError(FeaturesError, LookupError):
    """No indicator of the catalogue has that name."""


class LabelError(FeaturesError, ValueError):
    """A label names something that inspections do not have."""
