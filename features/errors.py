"""Errors of the features room."""

from law.errors import XinhengError


class FeaturesError(XinhengError):
    """Base of the features room."""


class ArchiveMissingError(FeaturesError, FileNotFoundError):
    """There is no archive to read; records were never imported or never built."""

    __str__ = XinhengError.__str__  # FileNotFoundError would print an errno


class ArchiveDamagedError(FeaturesError, ValueError):
    """A file of the archive is missing or does not say what its manifest says."""


class ArchiveOutdatedError(FeaturesError, ValueError):
    """The archive was built when the record kinds had other columns."""


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


class RecordAddressError(FeaturesError, ValueError):
    """A record was not named well enough to look for it."""


class UnknownRecordError(FeaturesError, LookupError):
    """The archive has no such record."""


class AmbiguousRecordError(FeaturesError, LookupError):
    """Several records fit; the message lists them."""


class CorrectionError(FeaturesError, ValueError):
    """A correction or withdrawal cannot be made as asked; all its faults are listed."""


class ArchiveBehindError(FeaturesError, ValueError):
    """The archive does not show the newest state of a record; it must be built again first."""


class CollectionCatalogueError(FeaturesError, ValueError):
    """The collection catalogue cannot be used; all its faults are listed."""


class IdentityError(FeaturesError, ValueError):
    """A decision on who is who cannot be taken as asked; all faults are listed."""


class KeyListError(FeaturesError, ValueError):
    """A step of the key-enterprise list cannot be taken as asked; all faults are listed."""


class EngineMissingError(FeaturesError, RuntimeError):
    """A data engine that was asked for is not installed."""
