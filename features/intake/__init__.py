"""Intake: a department's file becomes records; what is wrong goes back with its reason."""

from features.intake.importing import import_file, undo_import
from features.intake.opened import Progress
from features.intake.persons import hash_person
from features.intake.preview import Preview, preview_file
from features.intake.quarantine import find_unknown_enterprises
from features.intake.report import ImportReport, list_imports, read_report
from features.mapping import find_source, get_mapping, load_mapping, load_mappings
from features.mapping_schema import Mapping

__all__ = [
    "ImportReport",
    "Mapping",
    "Preview",
    "Progress",
    "find_source",
    "find_unknown_enterprises",
    "get_mapping",
    "hash_person",
    "import_file",
    "list_imports",
    "load_mapping",
    "load_mappings",
    "preview_file",
    "read_report",
    "undo_import",
]
