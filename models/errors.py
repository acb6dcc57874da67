"""Errors of the models room."""

from law.errors import XinhengError


class ModelsError(XinhengError):
    """Base of the models room."""


class ConfigError(ModelsError, ValueError):
    """A training configuration or a label file cannot be used; all its faults are listed."""


class OverlappingWindowError(ModelsError, ValueError):
    """A training or calibration cohort knows something of the test window."""


class CohortError(ModelsError, ValueError):
    """A cohort has too few rows, or rows that contradict each other."""


class SingleClassError(ModelsError, ValueError):
    """Every row has the same label, so there is nothing to tell apart."""


class ColumnError(ModelsError, ValueError):
    """An indicator is absent from a matrix, or is not a number."""


class ArtefactMissingError(ModelsError, FileNotFoundError):
    """There is no model folder, or a file of it is gone."""

    __str__ = XinhengError.__str__  # FileNotFoundError would print an errno


class ArtefactExistsError(ModelsError, FileExistsError):
    """A model version is written once and never over another."""

    __str__ = XinhengError.__str__


class UnknownKeyError(ModelsError, PermissionError):
    """The model is signed by a key that this office does not trust."""

    __str__ = XinhengError.__str__


class ChangedFileError(ModelsError, ValueError):
    """A file of a model is not the one that was signed."""


class UnexpectedFileError(ModelsError, ValueError):
    """A model folder holds something that was not signed, or a link."""


class RegisterError(ModelsError, ValueError):
    """The register of models was changed, or an act cannot be entered into it."""


class DefinitionsChangedError(ModelsError, ValueError):
    """The indicators are no longer defined as when the model was trained."""


class KeyFileError(ModelsError, ValueError):
    """A file does not hold an Ed25519 key in PEM form, or would be overwritten."""
