"""Credit archives: every record of every enterprise, by ranges of enterprises.

The door: build from imports, open, read one enterprise, correct one record. Layout under the
archive's folder::

    CURRENT                      the name of the build in use, switched in one step
    <build_id>/manifest.json     boundaries of the ranges, inputs, SHA-256 of every file
    <build_id>/changed.parquet   enterprises that changed since the build it went on from
    <build_id>/range-0000/<kind>.parquet       sorted by enterprise, then by day known
    <build_id>/range-0000/<kind>-0001.parquet  and on, where a kind has many records there
    <build_id>/range-0000/enterprises.parquet  their numbers, and the kinds each has
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from features.archive.files import Archive, open_archive
from features.archive.record_versions import RecordAddress, RecordHistory, Version, find_record
from features.archive.view import EnterpriseView, read_enterprise, view_enterprise

if TYPE_CHECKING:
    from features.archive.build import build_archive
    from features.archive.corrections import Correction, correct_record, withdraw_record

__all__ = [
    "Archive",
    "Correction",
    "EnterpriseView",
    "RecordAddress",
    "RecordHistory",
    "Version",
    "build_archive",
    "correct_record",
    "find_record",
    "open_archive",
    "read_enterprise",
    "view_enterprise",
    "withdraw_record",
]

# Writing needs intake and identities, which who only looks an enterprise up should not wait for.
_WRITING = {
    "build_archive": "build",
    "Correction": "corrections",
    "correct_record": "corrections",
    "withdraw_record": "corrections",
}


def __getattr__(name: str) -> Any:
    if name in _WRITING:
        return getattr(import_module(f"features.archive.{_WRITING[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
