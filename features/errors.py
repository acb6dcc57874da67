"""Errors of the features room."""

from law.errors import XinhengError


class FeaturesError(XinhengError):
    """Base of the features room."""


class ArchiveMissingError(FeaturesError, FileNotFoundError):
    """There is no archive to read; records were never imported or never built."""

    __str__ = XinhengError.__str__  # FileNotFoundError would print an errno


class ArchiveDamagedError(FeaturesError, ValueError):
    """A file of the archive is missing or does not say what its manifest says."""


class MappingError(FeaturesError, ValueError):
    """A mapping file cannot be used; all its faults are listed."""


class UnknownSourceError(FeaturesError, LookupError):
    """No mapping has that name, or none fits the file."""


class SourceFileError(FeaturesError, ValueError):
    """A department's file cannot be read at all; nothing of it was imported."""


class AsOfError(FeaturesError, ValueError):
    """The as-of day lies outside what the archive can answer."""


class UnknownImportError(FeaturesError, LookupError):
    """There is no import with that number."""


class IdentityError(FeaturesError, ValueError):
    """A decision on who is who cannot be taken as asked; all faults are listed."""


class KeyListError(FeaturesError, ValueError):
    """A step of the key-enterprise list cannot be taken as asked; all faults are listed."""
